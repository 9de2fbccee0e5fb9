/** Every limit of the LSP, each with its reason. Tests lower some of them; nothing else changes them. */

/** Of a request's metadata, names and values: grpc-core refuses more than this by default. */
export const METADATA_BYTES_MAX = 8_192;

/** Of a call of our client, from asking to the answer: a person waits no longer, and a signer that restarts is back by then. */
export const CLIENT_DEADLINE_MS = 10_000;

/** How far the nonce of an answer, which is its time, may be from the client's clock: the window of the signer's policy. */
export const CLIENT_NONCE_WINDOW_MS = 60_000;

/** Calls that wait in one client, which makes one at a time: a caller that is so far behind has to hear of it. */
export const CLIENT_WAITING_MAX = 1_000;

/** Bytes of a configuration file, a certificate chain or a secret; a page is 4 KiB. */
export const FILE_BYTES_MAX = 262_144;

/** lnd opens no smaller channel (`MinChanFundingSize`, 20,000 satoshi). */
export const CHAN_CAP_MSAT_MIN = 20_000_000n;

/** Twice what is left of the advertised maximum, 0.1 BTC, less its fee of 1/250: above it no deposit would be enough. */
export const CHAN_CAP_MSAT_MAX = 19_920_000_000n;

/** Default rate of one IP address: more customers than one household or office has, and a tenth of what one core does. */
export const ADDRESS_PER_SECOND = 200;
export const ADDRESS_BURST = 400;

/** Default rate of one key: a wallet asks a few times a minute; nonces of requests in parallel overtake each other anyway. */
export const KEY_PER_SECOND = 20;
export const KEY_BURST = 40;

/**
 * Default signed answers of one IP address in a day: a fiftieth of the signer's documented day (5,000,000), and more than
 * 1,000 wallets behind one address ask for.
 */
export const ADDRESS_ANSWERS_PER_DAY = 100_000;

/** Default keys of one IP address in a day that nobody knew before: each is a row of 250 bytes, kept for a while. */
export const ADDRESS_NEW_KEYS_PER_DAY = 1_000;

/** Default time that a start waits for lnd, signer and database: lnd's own start takes up to a minute on a slow disk. */
export const START_TIMEOUT_SECONDS = 60;

/** Milliseconds that a stop waits for what is in flight, for one request is over by then; systemd's TimeoutStopSec is longer. */
export const STOP_GRACE_MS = 5_000;

/** Milliseconds between two looks at lnd, signer and database: four small calls; what `/readyz` shows is not much older. */
export const CHECK_MS = 1_000;

/** Milliseconds that a signature of each kind of answer counts before the probe asks again: each is a record of the signer's log. */
export const SAMPLE_MS = 10_000;

/** Milliseconds that a start waits for the first word of a block: lnd tells its tip at once, or that the macaroon does not allow it. */
export const FIRST_BLOCK_MS = 2_000;

/** Milliseconds between two looks at the certificate's file. A renewal is weeks ahead of the end; this is for people who wait. */
export const TLS_POLL_MS = 2_000;

/** Milliseconds between two tries to unlock lnd: its scrypt takes a second of a core each time. */
export const UNLOCK_PAUSE_MS = 10_000;

/** Connections of the admin listener: a scraper, a probe, and people who look. */
export const ADMIN_CONNECTIONS_MAX = 32;

/** Milliseconds for a whole request of the admin listener; its requests have no body. */
export const ADMIN_REQUEST_MS = 5_000;

/** How deep messages of a request may nest. The contract has four levels; unknown fields are not looked into. */
export const MESSAGE_DEPTH_MAX = 8;

/** Connections for effects and for reading, as many as the original's pool. Nonces have connections of their own. */
export const STORE_CONNECTIONS = 10;

/** Connections of nonces: requests' have one, and replies' and the readiness probe do not wait for it. */
export const NONCE_CONNECTIONS = 2;

/** Milliseconds after which a connection for effects that nobody used is closed; those of nonces stay, for each request has one. */
export const STORE_UNUSED_MS = 30_000;

/** Milliseconds to get a connection: a server on the same network answers in a few, one that restarts not at all. */
export const STORE_CONNECT_MS = 3_000;

/** Milliseconds of one statement: a thousand times the usual, and shorter than a client's patience. */
export const STORE_STATEMENT_MS = 3_000;

/** Milliseconds that a statement waits for another transaction's lock; effects hold theirs for a few. */
export const STORE_LOCK_MS = 1_000;

/** Milliseconds that a transaction may do nothing: longer, and its process hangs while others wait for its locks. */
export const STORE_IDLE_MS = 5_000;

/** Milliseconds for all migrations of a start, waiting for another process that migrates included. */
export const MIGRATION_MS = 60_000;

/** Keys in one statement: larger ones would only make the first wait, and 64 keys already cost what one does. */
export const NONCE_KEYS_MAX = 1_024;

/**
 * When the last statement had as many keys as a crowd has, the next one waits for so many, for so many milliseconds at most.
 * A wallet is on a network where two milliseconds are not seen, and one that is alone is in no crowd.
 */
export const NONCE_COMPANY = { crowd: 8, keys: 32, ms: 2 } as const;

/** Calls that wait for a nonce statement before more are refused: at 3,000 a second under three seconds of work. */
export const NONCES_WAITING_MAX = 8_192;

/** Of reading what reply nonces are reserved and reserving more: after so many in a row, processes fight for it. */
export const REPLY_NONCE_TRIES = 5;

/** How far ahead of the clock reply nonces are reserved: what a restart may jump, and what a client has to bear. */
export const REPLY_NONCE_WINDOW_MS = 3_000;

/** Milliseconds between two reservations: each leaves two thirds of the window to a database that restarts. */
export const REPLY_NONCE_RENEW_MS = 1_000;

/** A reply nonce further ahead of the clock is not given: the signer's policy and our client refuse it from a minute on. */
export const REPLY_NONCE_AHEAD_MS = 10_000;

/**
 * A clock that goes ahead of the time that has passed by more is not believed, until it has stayed so for long enough: what
 * the signer would not sign either, and longer than a daemon that sets clocks takes to see its mistake.
 */
export const CLOCK_JUMP_MS = 60_000;
export const CLOCK_SETTLED_MS = 60_000;

/** Days that a key without a swap is remembered after its last request. SECURITY.md says what a replay after that can do. */
export const KEY_KEPT_DAYS = 30;

/** Rows of one statement that forgets keys, and milliseconds between two: a million keys are looked at in half an hour. */
export const PRUNE_ROWS = 5_000;
export const PRUNE_EVERY_MS = 10_000;

/** Milliseconds from a start to the first: by then a clock that was wrong at the start has been set. */
export const PRUNE_AFTER_MS = 3_600_000;

/** Milliseconds of one call of lnd. GetInfo and SignMessage take below 1 ms on an idle one; a stall is not yet a failure. */
export const LND_CALL_MS = 5_000;

/** Milliseconds of an unlock of lnd's wallet: its scrypt, then its databases, which may be compacted at that moment. */
export const LND_UNLOCK_MS = 60_000;

/**
 * First and last pause between two attempts to reach lnd, or to follow its blocks again, in milliseconds. It is our own
 * node: a try every two seconds harms nobody, and it is found soon after it is back.
 */
export const LND_BACKOFF_MS = { first: 250, last: 2_000 } as const;

/** Transactions of lnd's wallet that are asked for at a time; fewer where they are so large that `LND_BYTES_MAX` is passed. */
export const LND_TRANSACTIONS_PAGE = 512;
/** Signing a PSBT of twenty inputs by a remote signer: each key is a round trip of its own. */
export const LND_SIGN_MS = 30_000;
/** lnd's own limit for connecting to a peer that does not answer. */
export const LND_DIAL_SECONDS = 10n;
/** The largest answer of lnd that is read: grpc-js's own 4 MiB, said here because a larger history must be asked in parts. */
export const LND_BYTES_MAX = 4 << 20;

/**
 * How often a connection with a call on it is asked for a sign of life, and how long that may take, in milliseconds. lnd
 * closes connections that ask more often than every 5 s (`grpc.client-ping-min-wait`).
 */
export const LND_KEEPALIVE_MS = { every: 20_000, answer: 5_000 } as const;

/**
 * Milliseconds: how often lnd is asked what it is, how often while something is wrong, and how old an answer may be that
 * still counts. Two questions may go without answer before the LSP says that it has no lnd.
 */
export const NODE_INFO_MS = { every: 5_000, again: 1_000, staleAfter: 15_000 } as const;

/**
 * Connections of the public listener: with TLS one takes 82 KiB (measured), and a unit with LimitNOFILE=8192 has room for
 * them. Where all are taken, the network that has most of them gives one up to another that has fewer.
 */
export const CONNECTIONS_MAX = 4_096;

/** File descriptors that connections leave to all else: lnd, signer, database, files, the admin listener; about 60 are in use. */
export const DESCRIPTORS_KEPT = 256;

/** Milliseconds between two looks whether a file descriptor is left. Nobody is told of a connection that was lost for want of one. */
export const DESCRIPTORS_LOOK_MS = 1_000;

/** Connections of one IPv4 address or IPv6 /64: a wallet has one; behind one address may be an office or a carrier's NAT. */
export const ADDRESS_CONNECTIONS_MAX = 256;

/** New connections of one of them each second, after so many at once as it may have: a TLS handshake takes a millisecond of a core. */
export const ADDRESS_CONNECTIONS_PER_SECOND = 20;

/** Calls open on one connection. RFC 9113 6.5.2 recommends to allow at least 100. */
export const CONNECTION_STREAMS_MAX = 128;

/**
 * Calls in flight on all connections: at 64 KiB each their bodies take 128 MiB at most, and at 3,000 a second they are done
 * in one. Where all are taken, the network that has most of them gives up one that waits for its client.
 */
export const CALLS_MAX = 2_048;

/** Calls in flight of one IPv4 address or IPv6 /64, `grpc.health.v1` among them: two connections with all their streams. */
export const ADDRESS_CALLS_MAX = 256;

/** Headers of a request. A gRPC call has about ten; each has a cost beside its bytes. */
export const HEADERS_MAX = 64;

/** Milliseconds from a request's headers to its answer, also where the client would wait longer (the original's says 3000 s). */
export const CALL_MS_MAX = 30_000;

/** Milliseconds for a request's body to come, and for its answer to be taken: at most 64 KiB, also on a bad mobile line. */
export const BODY_MS_MAX = 10_000;

/** What is small: requests and answers of the contract are, and go in one packet, into any window that clients have. */
export const SMALL_BYTES_MAX = 1_024;

/** Milliseconds for the first so many bytes of a body to come, and for an answer of no more to be taken: a packet lost twice. */
export const SMALL_MS_MAX = 3_000;

/** Milliseconds for TCP, TLS and the first SETTINGS frame, and for the client to hang up after GOAWAY. */
export const HANDSHAKE_MS_MAX = 10_000;

/** Milliseconds that a connection may have no call. gRPC clients come back by themselves when it ends with GOAWAY. */
export const IDLE_MS_MAX = 300_000;

/** Pings of a connection without an answer between them. gRPC clients send one at most with each message, or one every 10 s. */
export const PINGS_MAX = 64;

/** Streams that a client may reset at once, and then each second (CVE-2023-44487, "rapid reset"). nghttp2's own: 1,000 and 33. */
export const RESETS_MAX = 256;
export const RESETS_PER_SECOND_MAX = 32;

/**
 * Bytes of a connection that belong to no admitted call: at once, and each second. Frames without content, on no stream, or
 * of calls over the rate are some 10 to 30 bytes each, so that these are thousands. An honest client has below 100 a call.
 * Each admitted call adds the largest request, of which it needs less.
 */
export const STRAY_BYTES_MAX = 262_144;
export const STRAY_BYTES_PER_SECOND = 8_192;

/** Streams over the limit of a connection before it ends. Node's own. */
export const REFUSED_STREAMS_MAX = 100;

/** Entries of one SETTINGS frame: HTTP/2 and its extensions know about ten. nghttp2's own bound. */
export const SETTINGS_MAX = 32;

/** Milliseconds between two looks at overdue calls and connections: one timer for all costs nothing per call. */
export const SWEEP_MS = 100;

/** A failure before verification is made and signed once in this time for all who fail so, in milliseconds: anybody can cause one. */
export const SHARED_FAILURE_MS = 1_000;

/** Addresses whose rates are remembered: 65,536 take about 10 MiB, and to have one forgotten takes half as many others. */
export const ADDRESS_ENTRIES_MAX = 65_536;

/** Keys whose rates and highest nonces are remembered: as many again, twice. */
export const KEY_ENTRIES_MAX = 65_536;

/** Milliseconds after an answer that could not be signed until the next one is tried; what comes between is refused at once. */
export const SIGN_RETRY_MS = 1_000;

/** Milliseconds between two looks of a start that waits. */
export const START_PAUSE_MS = 250;

/** Milliseconds for the signer to say who it is: on the same machine or network it takes one or two. */
export const SIGNER_IDENTITY_MS = 2_000;

/** Signatures that come in one turn of the event loop before a thread is woken for them: fewer are checked sooner than it wakes. */
export const VERIFY_QUEUE_MIN = 3;

/** Batches of signatures that wait for the other thread before this one helps. */
export const VERIFY_BATCHES_MAX = 2;

/** Milliseconds between two lines of the log about the same trouble, where every request would have one. */
export const SAY_AGAIN_MS = 10_000;
