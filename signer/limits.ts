/** The signer's bounds, each with its reason. The policy's own numbers are configuration (`signer/app/config.ts`). */

/** Items in one batch. A batch is one flush and one message back; larger ones would only make the first item wait. */
export const BATCH_ITEMS_MAX = 1_024;

/** Items that one client gives before the next one has its turn: those of one ordinary message. */
export const SLICE_ITEMS = 32;

/** Items of all clients that are being signed and flushed: four slices keep both threads busy, 5 ms of work. */
export const UNDER_WAY_ITEMS = 128;

/**
 * Milliseconds of judging before the event loop reads what others ask: 32 ordinary frames are judged in 1 ms, those of a
 * message that is not cut into pieces on a slow machine in ten.
 */
export const SLICE_MS = 20;

/** Bytes of one message on a client's socket: a batch of ordinary frames many times over, or 16 of the largest. */
export const STREAM_MESSAGE_BYTES_MAX = 1_048_576;

/** Items of one client between reading and answer. At 18,000 a second this is under a quarter of a second of work. */
export const CLIENT_ITEMS_MAX = 4_096;

/** Bytes of one client between reading and answer. */
export const CLIENT_BYTES_MAX = 4_194_304;

/** Connections of one client: one for the service, some for its replacement and for a person who looks. */
export const CLIENT_CONNECTIONS_MAX = 8;

/** Calls open on one connection: a client with 64 questions in flight, each a call of its own, twice. */
export const CONNECTION_STREAMS_MAX = 128;

/** Calls of one client that are open, over all its connections: those of two. */
export const CLIENT_STREAMS_MAX = 256;

/** Bytes that one client has this process hold of messages that it has not finished: four of the largest. */
export const CLIENT_UNFINISHED_BYTES_MAX = 4_194_304;

/** Milliseconds from the first byte of a message to its last: a megabyte over a slow line. */
export const MESSAGE_MS = 10_000;

/** Milliseconds between two looks for messages that are overdue. */
export const SWEEP_MS = 1_000;

/**
 * Up to this many signatures are made on the main thread while the other one is idle: below it, waking the other thread
 * costs more than it saves (67 µs there and back against 35 µs a signature, two shared cores).
 */
export const INLINE_ITEMS_MAX = 3;

/** Milliseconds that a stop waits for what is in flight; systemd's TimeoutStopSec is longer. */
export const STOP_GRACE_MS = 5_000;

/** One line on the admin socket. */
export const ADMIN_LINE_BYTES_MAX = 1_024;

/** Bytes of a configuration file; a page is 4 KiB. */
export const CONFIG_BYTES_MAX = 262_144;

/** Length of a client's name: it is a label in metrics and a field in each record of the log. */
export const CLIENT_NAME_MAX = 32;

/**
 * Items that the client puts into one message. Two halves of 64 are then on their way at once: the signer signs one while
 * the other is flushed and answered (measured in `docs/signer.md`).
 */
export const CLIENT_BATCH_ITEMS = 32;

/** Items that wait in the client before it answers `busy` instead of keeping more in memory. */
export const CLIENT_WAITING_MAX = 8_192;

/** First and last pause between two attempts to reach the signer, in milliseconds. */
export const BACKOFF_MS = { first: 50, last: 5_000 } as const;

/**
 * How often the client's witness file gets a line, in milliseconds, while something is signed: it is evidence, not state,
 * and 70 MB a year.
 */
export const WITNESS_MS = 60_000;

/** Milliseconds until a log that had no room is tried again: the disk is looked at once a second. */
export const LOG_RETRY_MS = 500;

/** BIP32: indexes from 2^31 on are hardened, and no extended public key derives them. */
export const ADDRESS_INDEX_MAX = 2 ** 31 - 1;
