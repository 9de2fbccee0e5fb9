/** Limits of the audit log, with their reasons. */

/**
 * A segment is written ahead as a whole, so this is the size of the file from its first record on. 16 MiB hold about
 * 33,000 decisions: read at start in 0.15 s.
 */
export const SEGMENT_BYTES = 16 * 1024 * 1024;

/** Records between two checkpoints at most: signing one is 60 µs, so 0.06 µs a record. */
export const CHECKPOINT_EVERY = 1024;

/** A checkpoint comes also with the first batch after this time, so that a quiet log is signed as well. */
export const CHECKPOINT_MS = 60_000;

/**
 * `verify` with a key takes more records than this after the last signed checkpoint for a rewritten tail. A signer leaves
 * half of it at most: one interval, and one batch of the service on top.
 */
export const CHECKPOINT_OVERDUE = 4 * CHECKPOINT_EVERY;

/** Bytes that must stay free on the disk. Below, nothing is appended and so nothing signed: the log needs room to end. */
export const RESERVE_BYTES = 4 * SEGMENT_BYTES;

/** Warn while so much is left at the present rate: time for somebody to come back from a weekend. */
export const WARN_SECONDS = 7 * 86_400;

/** Warn below this whatever the rate. */
export const WARN_BYTES = 16 * RESERVE_BYTES;

/** The free space is asked for at most this often: statfs costs 5 µs, and a disk fills slower. */
export const DISK_EVERY_MS = 1000;

/** Half-life of the mean rate: a burst of minutes is no trend. */
export const RATE_HALF_LIFE_MS = 600_000;

/** Filler is written in pieces: a longer one would hold up the flush that comes after it. */
export const AHEAD_BYTES = 256 * 1024;

/**
 * A batch of so many records at most, that came while no flush was under way, is flushed on this thread; with more, the
 * thread has other signatures to make meanwhile. Measured (test/bench/audit.ts, a quiet machine of two cores), one in
 * flight: 6.6k a second on this thread, 4.7k on the thread pool. 64 in flight: 23.6k and 22.8k, the same within the
 * noise; but there this thread would stand still for each flush, 0.13 ms, and much longer on a disk that others use.
 */
export const INLINE_RECORDS = 1;
