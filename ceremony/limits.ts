// Every limit of the ceremony with its reason. The code reads them from here, and so do the tests of the docs.

/** The screen that everything fits on: a text console, and the smallest that a script can be read from at a table. */
export const SCREEN_COLUMNS = 80;
export const SCREEN_ROWS = 24;

/** 64 throws keep 128 bits of min-entropy even if one face comes with p = 0.25 (docs/mix.md#why-64-throws). */
export const DICE_ROLLS_MIN = 64;
/** More than 128 throws add nothing to 128 bits of entropy and only tire the people who type them. */
export const DICE_ROLLS_MAX = 128;
/** The third refusal of thrown dice ends the ceremony: fair dice are refused three times in less than one in 100,000. */
export const DICE_REFUSALS_MAX = 3;

/** One plate, or two for two sites. Each is read back: more would be typed carelessly. */
export const PLATES_MAX = 2;

/** A folder's name that still fits on the line where two people confirm it. */
export const OUT_NAME_MAX = 60;

/**
 * Bytes that the output folder must take before a ceremony begins, and keeps free until its end. A ceremony leaves 147 kB
 * (measured), most of it accounts.json; the rest is for notes, refusals and undone throws.
 */
export const OUT_ROOM = 524_288;

/** Secret words are blanked after this long, key or no key: a person who walks away leaves no words behind. */
export const WORDS_BLANK_MS = 60_000;
/** Four words at a time are copied to a plate without losing one's place, and a photograph gets no more than four. */
export const WORDS_PER_PAGE = 4;

/** A production passphrase that is typed: 12 characters keep an officer from a single dictionary word. */
export const PASSPHRASE_MIN = 12;
/** Eight words of the EFF large list are 103 bits. */
export const PASSPHRASE_DICE_WORDS = 8;
/**
 * What every lncli can be given. lnd takes a passphrase of any length, but `lncli create` reads it from a terminal in
 * canonical mode (golang.org/x/term `ReadPassword`), where the kernel cuts a longer line without a word: at 4,096 bytes
 * on Linux, at 1,024 on macOS, and POSIX promises no more than 255 (`_POSIX_MAX_CANON`), of which one is the line's end.
 * Twenty-four words by dice are 239.
 */
export const PASSPHRASE_MAX = 254;

/** At the end the keyboard is given back when nothing was typed for this long: a second Enter, a key that was held. */
export const CHOSEN_QUIET_MS = 500;
/** The same after an end that nobody chose: a person who types from paper looks up at the end of a line at the latest. */
export const SUDDEN_QUIET_MS = 3000;

/** Longest word of the English list, and room for one slip of the finger. */
export const TYPED_WORD_MAX = 9;

/** Four words of a hash that are typed from paper, at most 43 characters, with slips and spaces; one line with its label. */
export const COPIED_MAX = 44;

/** An exception note is one line on the screen. */
export const NOTE_MAX = 160;

/** Initials: two to four capitals. */
export const INITIALS_MAX = 4;
/** A date, year-month-day. */
export const DATE_MAX = 10;
/** Attempts, and how often words were blanked, are counted this far: a key held down must not end the ceremony. */
export const COUNT_MAX = 999;
/** A ceremony id, as `transcript/rules.ts` allows it. */
export const CEREMONY_ID_MAX = 32;
/** People type the date of their watch, the machine has UTC: time zones reach a day apart, a wrong clock much further. */
export const CLOCK_DAYS_MAX = 1;
/** A turn of throws at the table: short enough to stay awake, long enough not to pass the dice around all the time. */
export const DICE_TURN = 8;
/** A hash is read aloud as eight rows of four bytes: four words, or two groups of four hex digits. */
export const HASH_ROWS = 8;

/** A face this often in 64 throws is refused: fair dice do it in 1.8 % of ceremonies, a face of p = 0.25 in one of six. */
export const DICE_FACE_LIMIT = 20;
/** One face this many times in a row is refused: fair dice do it in 0.1 % of ceremonies, a key that is held down at once. */
export const DICE_RUN_LIMIT = 7;

/** A face this often in the 40 throws of a passphrase is refused: fair dice do it once in 430 passphrases. */
export const PASSPHRASE_FACE_LIMIT = 16;

/** Plans are looked for in periods of up to half of the throws: a block that comes twice. */
export const PLAN_LAG_SHARE = 0.5;
/** A plan may be kept to with slips: half of the pairs that are compared, and never fewer than this. */
export const PLAN_HITS_MIN = 20;
/** A plan that is kept to eleven times in a row is one, wherever it stands; fair dice do it in 1 of 10,000 ceremonies. */
export const PLAN_RUN_LIMIT = 11;
/** Three of four steps are one of the same two: people who go up and down, or up and stay. */
export const PLAN_STEPS_SHARE = 0.75;
/** Nearly every block of six holds each face once: fair dice make one in 65, and nine of ten never. */
export const PLAN_BLOCKS_SHARE = 0.85;
/** Nobody reads a die and finds its key in 20 ms; a key that repeats or a pasted text arrives faster. */
export const KEY_GAP_MIN_MS = 20;

/** 2026-11-01, Unix seconds: this program did not exist before, so a clock that says so is wrong. Moved at a release. */
export const CLOCK_FLOOR = 1_793_491_200;
/** Ten years: a clock beyond is wrong too, and a birthday in the future hides every payment before it. */
export const CLOCK_CEILING_DAYS = 3652;

/**
 * Continuous tests of the generator, SP 800-90B 4.4 with H = 8 bits a byte and a false alarm once in 2^40. Repetition
 * count: 1 + ceil(40 / 8) equal bytes in a row.
 */
export const HEALTH_REPETITIONS = 6;
/** Adaptive proportion: window for alphabets larger than two. */
export const HEALTH_WINDOW = 512;
/** The least c at which 511 fair bytes match the first of their window c - 1 times once in 2^40; exact: 2^-40.9. */
export const HEALTH_PROPORTION = 20;
/** SP 800-90B 4.3: start-up tests run over at least 1,024 samples. */
export const HEALTH_START_BYTES = 1024;

/** `ceremony inspect` reads this much at most: 24 numbered words and a long passphrase are less than 1 KiB. */
export const INPUT_MAX = 65_536;

/** A line of a transcript in bytes: the longest that the table allows is the first, with the configuration, under 1 KiB. */
export const TRANSCRIPT_LINE_MAX = 4096;
