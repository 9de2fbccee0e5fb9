import { NETWORKS } from "../../core/network.ts";
import { COUNT_MAX, DICE_ROLLS_MAX, HASH_ROWS, NOTE_MAX, PLATES_MAX } from "../limits.ts";
import { type Config, MODES, type Mode, PASSPHRASE_POLICIES } from "./config.ts";
import * as rule from "./fields.ts";
import type { RefusalId } from "./refusals.ts";

/** Who acts. `machine` is the program itself: checks, derived values, what was written. */
export const ACTORS = ["leader", "operator", "officer1", "officer2", "witness", "machine"] as const;
export type Actor = (typeof ACTORS)[number];

export const EVENT_KINDS = [
  "open",
  "check",
  "statement",
  "compare",
  "accepted",
  "commit",
  "refusal",
  "undo",
  "waiver",
  "exception",
  "abort",
  "done",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export type StepId =
  | "selftest"
  | "identity"
  | "people"
  | "share"
  | "dice"
  | "mix"
  | "passphrase"
  | "words"
  | "readback"
  | "opening"
  | "restore"
  | "compare"
  | "bundle"
  | "result"
  | "close";

/**
 * The process that runs a step. `vault` is the one process that ever holds a secret, from the machine share to the end
 * of the read-back; `restore` is a fresh one that gets only what is typed into it; `table` is their parent, which gets
 * events and public values.
 */
export type Room = "table" | "vault" | "restore";

/** One screen of a step, as the program shows it and as the printed script lists it. */
export interface Page {
  readonly id: string;
  readonly actor: Actor;
  /** What the leader reads aloud. */
  readonly aloud?: string;
  /** What the screen shows. */
  readonly shows: string;
  /** What it shows besides in a rehearsal. */
  readonly rehearsal?: string;
  /** A page that most ceremonies do not have: where a policy is another, or where something is wrong. */
  readonly only?: { readonly policy: string } | { readonly failure: string };
}

/** How often an event must stand in a complete transcript. */
export type Times = "one" | "two" | "five" | "some" | "any" | "plates";

/** One kind of record of a step: `what` names it in the event's data. */
export interface TableEntry {
  readonly what: string;
  readonly kind: EventKind;
  readonly times: Times;
  /** Whose act it is. Where it stands as often as there are people here, each of them does it once. */
  readonly by: readonly Actor[];
  readonly fields: rule.FieldRules;
  /** The version of this table that brought the entry: transcripts of an earlier one are whole without it. */
  readonly since?: number;
  /** Fields that transcripts of an earlier version of this table do not have. */
  readonly mayLack?: readonly string[];
}

/**
 * The version of this table, which the first line of a transcript names. It goes up when an entry comes that a complete
 * transcript must have: transcripts of the versions before stay what they are. Version 1 was not named yet.
 */
export const RECORDS_VERSION = 2;

export interface Step {
  readonly id: StepId;
  /** Position on the progress line; two steps of one number are parts of the same. */
  readonly number: number;
  /** At most seven characters: twelve of them are one line of 80 columns. */
  readonly short: string;
  readonly title: string;
  readonly room: Room;
  readonly modes: readonly Mode[];
  readonly pages: readonly Page[];
  readonly records: readonly TableEntry[];
  readonly refuses: readonly RefusalId[];
}

const entry = (
  what: string,
  kind: EventKind,
  times: Times,
  by: readonly Actor[],
  fields: rule.FieldRules = {},
  later: Pick<TableEntry, "since" | "mayLack"> = {},
): TableEntry => ({
  what,
  kind,
  times,
  by,
  fields,
  ...later,
});
const round = rule.int(1, 255);
const keys = {
  nodeId: rule.hexField(33),
  masterFingerprint: rule.hexField(4),
  birthdayDays: rule.int(0, 65535),
  internalVersion: rule.int(1, 1),
};
// A plate of another seed deciphers too, and may hold any byte where lnd writes its version (`aezeed/cipherseed.go`).
const restoredKeys = { ...keys, internalVersion: rule.int(0, 255) };

export const ROOM_ITEMS = ["phones_out", "cameras_covered", "door_closed", "cables_out", "paper_and_pens"] as const;
export const ABORT_REASONS = [
  "asked",
  "signal",
  "terminal_closed",
  "refused",
  "vault_lost",
  "restore_lost",
  "output_lost",
  "failure",
] as const;

/** What any step may record besides its own entries. */
export const ANYWHERE: readonly TableEntry[] = [
  entry("refused", "refusal", "any", ["machine"], {
    id: rule.checkId,
    attempt: rule.int(1, COUNT_MAX),
    position: rule.int(0, 24),
  }),
  entry("exception", "exception", "any", ["leader"], {
    note: rule.textField(new RegExp(`^[ -~]{1,${NOTE_MAX}}$`), `1 to ${NOTE_MAX} printable ASCII characters`),
  }),
  // Without the folder: a name that is typed could be anything, a word of the seed too.
  entry("moved", "exception", "any", ["operator"]),
  entry("ended", "abort", "any", ACTORS, { reason: rule.oneOf(...ABORT_REASONS) }),
];

/** Over any page at the table once a plate is engraved: the medium has failed, and another folder is asked for. */
export const OUTPUT_GONE: Page = {
  id: "elsewhere",
  actor: "operator",
  aloud: "The output folder cannot be written: full, read-only or gone. Operator, type another one.",
  shows: "a field for another folder; all that was recorded is written into it, and the transcript says so",
  only: { failure: "if the output folder fails after the plates are engraved" },
};

const EVERY_MODE = MODES;

/** The ceremony. The program, the transcript's schema and the printed script are all made from this table. */
export const STEPS: readonly Step[] = [
  {
    id: "selftest",
    number: 1,
    short: "Test",
    title: "Machine self-test",
    room: "table",
    modes: EVERY_MODE,
    pages: [
      {
        id: "checks",
        actor: "operator",
        aloud: "The machine tests itself. In production every check must pass.",
        shows: "one line for each check of the machine and of the arithmetic",
        rehearsal: "failed ones are waived with Enter",
      },
      {
        id: "font1",
        actor: "operator",
        aloud: "Operator, type what you see: F full, U upper half, L lower half, N nothing.",
        shows: "a pattern of six blocks; if they do not show as blocks, X is typed and the QR codes are left out",
      },
      {
        id: "font2",
        actor: "witness",
        aloud: "Witness, do the same with this other pattern.",
        shows: "a second pattern of six blocks",
      },
    ],
    records: [
      entry(
        "opened",
        "open",
        "one",
        ["machine"],
        {
          program: rule.hexField(32),
          form: rule.oneOf("executable", "checkout"),
          version: rule.versionField,
          ceremonyId: rule.ceremonyId,
          mode: rule.oneOf(...MODES),
          network: rule.oneOf(...NETWORKS),
          configHash: rule.hexField(32),
          config: rule.configuration,
          records: rule.int(RECORDS_VERSION, RECORDS_VERSION),
        },
        { mayLack: ["records"] },
      ),
      entry("checked", "check", "some", ["machine"], {
        id: rule.checkId,
        outcome: rule.oneOf("pass", "fail", "info"),
        value: rule.checkValue,
      }),
      entry("waived", "waiver", "any", ["leader"], { id: rule.checkId }),
      entry("font", "check", "two", ["operator", "witness"], { blocks: rule.bool }),
    ],
    refuses: ["selftest_failed", "font_mismatch"],
  },
  {
    id: "identity",
    number: 2,
    short: "Hash",
    title: "Identity of the program",
    room: "table",
    modes: EVERY_MODE,
    pages: [
      {
        id: "hash",
        actor: "leader",
        aloud: "This is the hash of the program that runs. Take your printed copies of it out.",
        shows: "SHA-256 of the program in groups of hex and in words of the PGP word list",
      },
      {
        id: "part1",
        actor: "officer1",
        aloud: "Officer one, type the part that is asked for from your own printed copy.",
        shows: "which row is asked for in words, drawn at random; the hash itself is hidden",
      },
      {
        id: "part2",
        actor: "officer2",
        aloud: "Officer two, type another part from your own printed copy.",
        shows: "which other row is asked for in hex",
      },
    ],
    records: [
      entry("program", "statement", "one", ["machine"], {
        hash: rule.hexField(32),
        form: rule.oneOf("executable", "checkout"),
      }),
      entry("compared", "compare", "two", ["officer1", "officer2"], {
        form: rule.oneOf("words", "hex"),
        row: rule.int(1, 8),
      }),
    ],
    refuses: ["identity_mismatch"],
  },
  {
    id: "people",
    number: 3,
    short: "People",
    title: "People, place and configuration",
    room: "table",
    modes: EVERY_MODE,
    pages: [
      { id: "id", actor: "operator", aloud: "Type the id of this ceremony.", shows: "a field for the ceremony's id" },
      {
        id: "idread",
        actor: "leader",
        aloud: "Everyone, look at the id: it stands in every record and cannot be changed. Is it right?",
        shows: "the id alone; N types it again",
      },
      {
        id: "date1",
        actor: "operator",
        aloud: "Operator, type today's date, from your own watch and not from this screen.",
        shows: "a field for the date",
      },
      {
        id: "date2",
        actor: "witness",
        aloud: "Witness, type today's date from your own watch.",
        shows: "a field for the date; both must agree with each other and with the machine's clock",
      },
      {
        id: "roles",
        actor: "operator",
        aloud: "Each of you, say your initials: leader, operator, officer one, officer two, witness.",
        shows: "five fields for initials; officers and witness are different people",
      },
      {
        id: "team",
        actor: "leader",
        aloud: "Each of you, look at your initials. Are they right?",
        shows: "the five roles with their initials; a number corrects one, which is recorded",
      },
      {
        id: "config1",
        actor: "officer1",
        aloud: "Officer one, read the configuration aloud and type the first and last word of its hash.",
        shows: "the configuration, line by line, and its hash in words",
      },
      {
        id: "config2",
        actor: "witness",
        aloud: "Witness, check the configuration and type the first and last word of its hash.",
        shows: "the same",
      },
      {
        id: "room",
        actor: "leader",
        aloud: "We go through the room. Everyone looks, the witness answers.",
        shows: "the room checklist, one item after the other",
      },
    ],
    records: [
      entry("corrected", "undo", "any", ["operator"], { field: rule.oneOf("ceremonyId") }),
      entry("ceremony", "statement", "one", ["operator"], { ceremonyId: rule.ceremonyId }),
      entry("date", "accepted", "two", ["operator", "witness"], { date: rule.date }),
      entry("clock", "check", "one", ["machine"], { date: rule.date }),
      entry("replaced", "undo", "any", ["operator"], {
        role: rule.oneOf("leader", "operator", "officer1", "officer2", "witness"),
        initials: rule.initials,
      }),
      entry("role", "statement", "five", ["leader", "operator", "officer1", "officer2", "witness"], {
        role: rule.oneOf("leader", "operator", "officer1", "officer2", "witness"),
        initials: rule.initials,
      }),
      entry("configuration", "compare", "two", ["officer1", "witness"], { configHash: rule.hexField(32) }),
      entry("room", "check", "five", ["witness"], { item: rule.oneOf(...ROOM_ITEMS) }),
    ],
    refuses: [
      "ceremony_id_form",
      "date_form",
      "date_differs",
      "date_clock",
      "date_future",
      "initials_form",
      "role_taken",
      "config_rejected",
      "config_copy",
      "room_not_ready",
    ],
  },
  {
    id: "share",
    number: 4,
    short: "Share",
    title: "The machine commits to its share",
    room: "vault",
    modes: EVERY_MODE,
    pages: [
      {
        id: "commitment",
        actor: "witness",
        aloud: "The machine has drawn its share. Witness, write these words down before any die is thrown.",
        shows: "the commitment to the machine's share, in words",
      },
      {
        id: "written",
        actor: "witness",
        aloud: "Witness, type the two words that are asked for, from your paper.",
        shows: "two random positions; the words are hidden",
      },
    ],
    records: [
      entry("committed", "commit", "one", ["machine"], { round, rounds: round, commitment: rule.hexField(32) }),
      entry("written", "compare", "one", ["witness"], { first: rule.int(1, 32), second: rule.int(1, 32) }),
    ],
    refuses: ["random_failed", "commitment_copy"],
  },
  {
    id: "dice",
    number: 5,
    short: "Dice",
    title: "Dice",
    room: "vault",
    modes: EVERY_MODE,
    pages: [
      {
        id: "throws",
        actor: "officer1",
        aloud:
          "Officers, throw in turns, eight throws each, and say the face. Operator, type it. U takes the last back.",
        shows: "how many are thrown, whose turn it is, the last eight faces",
      },
    ],
    records: [
      entry("undone", "undo", "any", ["operator"], { throw: rule.int(1, DICE_ROLLS_MAX) }),
      entry("thrown", "accepted", "one", ["operator"], { round, count: rule.int(1, DICE_ROLLS_MAX) }),
    ],
    refuses: [
      "dice_pasted",
      "dice_too_fast",
      "dice_face_too_often",
      "dice_run_too_long",
      "dice_by_plan",
      "dice_refused_thrice",
    ],
  },
  {
    id: "mix",
    number: 6,
    short: "Mix",
    title: "Mix",
    room: "vault",
    modes: EVERY_MODE,
    pages: [
      {
        id: "mixed",
        actor: "leader",
        aloud: "Share and dice are mixed. Witness, write down the first and last eight digits of the node id.",
        shows:
          "the formula in one line, the birthday, the node id, its first and last eight digits, the output commitment",
      },
      {
        id: "noted",
        actor: "witness",
        aloud: "Witness, type the first and last eight digits of the node id, from your paper.",
        shows: "a field for the sixteen digits; the node id is hidden",
      },
    ],
    records: [
      entry("mixed", "commit", "one", ["machine"], {
        algorithm: rule.oneOf("lsc/v1"),
        round,
        rounds: round,
        birthdayDate: rule.date,
        outputCommitment: rule.hexField(32),
        ...keys,
      }),
      entry("noted", "compare", "one", ["witness"], {}, { since: 2 }),
    ],
    refuses: ["mix_copy"],
  },
  {
    id: "passphrase",
    number: 7,
    short: "Pass",
    title: "Passphrase",
    room: "vault",
    modes: EVERY_MODE,
    pages: [
      {
        id: "keyboard",
        actor: "leader",
        aloud: "Leader, type the line as it stands, to prove the keyboard map.",
        shows: "a test line with letters, digits and signs",
        only: { policy: "with a passphrase" },
      },
      {
        id: "dice",
        actor: "leader",
        aloud: "Leader, alone at the screen: throw five dice for each of the eight words.",
        shows: "the words as they are found, and their strength",
        only: { policy: "with a passphrase by dice" },
      },
      {
        id: "first",
        actor: "leader",
        aloud: "Leader, alone at the screen: type the passphrase.",
        shows: "a field for the passphrase",
        only: { policy: "with a typed passphrase" },
      },
      {
        id: "second",
        actor: "leader",
        aloud: "Leader, type it a second time, from the paper.",
        shows: "a field for the same passphrase; what is typed is hidden",
        only: { policy: "with a passphrase" },
      },
    ],
    records: [
      entry("keyboard", "check", "any", ["leader"]),
      entry("passphrase", "accepted", "one", ["leader", "machine"], { policy: rule.oneOf(...PASSPHRASE_POLICIES) }),
    ],
    refuses: [
      "keyboard_test",
      "passphrase_empty",
      "passphrase_default",
      "passphrase_not_ascii",
      "passphrase_control",
      "passphrase_keypad",
      "passphrase_blanks",
      "passphrase_space",
      "passphrase_long",
      "passphrase_lines",
      "passphrase_short",
      "passphrase_dice_pasted",
      "passphrase_dice_too_fast",
      "passphrase_dice_uneven",
      "passphrase_dice_by_plan",
      "passphrase_differs",
    ],
  },
  {
    id: "words",
    number: 8,
    short: "Words",
    title: "The words go to steel",
    room: "vault",
    modes: EVERY_MODE,
    pages: [
      {
        id: "gate",
        actor: "officer1",
        aloud: "Everyone but officer one turns away from the screen now. Are the others turned away?",
        shows: "a question, and nothing secret until it is answered",
      },
      {
        id: "four",
        actor: "officer1",
        shows: "four words at a time: number, word, its first four letters in spaced capitals; blanked after 60 s",
      },
      {
        id: "plate",
        actor: "officer1",
        aloud: "Officer one, check the plate: 24 cells of up to four letters, birthday, version, fingerprint.",
        shows: "the plate guide: empty cells, birthday, version and the node's fingerprint; no words",
      },
    ],
    records: [
      entry("gate", "statement", "some", ["officer1"]),
      entry("shown", "statement", "some", ["officer1"], { blanked: rule.int(0, COUNT_MAX) }),
      entry("engraved", "statement", "some", ["officer1"], { plates: rule.int(1, PLATES_MAX) }),
    ],
    refuses: [],
  },
  {
    id: "readback",
    number: 9,
    short: "Read",
    title: "Read-back from the plate",
    room: "vault",
    modes: EVERY_MODE,
    pages: [
      {
        id: "type",
        actor: "officer2",
        aloud: "Officer two, type all 24 words from the plate. Four letters are enough.",
        shows: "the number of the word that is asked for; an error names the position and never the word",
      },
      {
        id: "wrong",
        actor: "officer2",
        aloud: "Positions differ. Compare them on the plate: was it typed wrong, or engraved wrong?",
        shows: "the positions that differ",
        only: { failure: "if the read-back finds another word" },
      },
    ],
    records: [
      entry("again", "statement", "any", ["officer2"]),
      entry("plate", "accepted", "plates", ["officer2"], {
        plate: rule.int(1, PLATES_MAX),
        attempts: rule.int(1, COUNT_MAX),
      }),
    ],
    refuses: ["readback_unknown_word", "readback_void", "readback_wrong_word"],
  },
  {
    id: "opening",
    number: 9,
    short: "Read",
    title: "Rehearsal only: the round is opened",
    room: "vault",
    modes: ["rehearsal"],
    pages: [
      {
        id: "opened",
        actor: "leader",
        aloud: "This is a rehearsal: copy these values, and recompute the words on another computer.",
        shows: "the machine share, its blind and the dice, from which everyone can recompute the seed",
      },
    ],
    records: [entry("opened", "statement", "one", ["leader"], { round })],
    refuses: [],
  },
  {
    id: "restore",
    number: 10,
    short: "Restore",
    title: "Test restore in a fresh process",
    room: "restore",
    modes: EVERY_MODE,
    pages: [
      {
        id: "words",
        actor: "officer2",
        aloud: "The words are forgotten. Officer two, type all 24 again from the plate.",
        shows: "the number of the word that is asked for",
      },
      {
        id: "wrong",
        actor: "officer2",
        aloud: "The words do not belong together. Look at the positions that are named first.",
        shows: "the positions at which one changed word, or one swap, would mend the checksum",
        only: { failure: "if the words do not fit each other" },
      },
      {
        id: "passphrase",
        actor: "leader",
        aloud: "Leader, type the passphrase from the paper.",
        shows: "a field for the passphrase",
        only: { policy: "with a passphrase" },
      },
    ],
    records: [
      entry("typed", "accepted", "one", ["officer2", "leader"], { attempts: rule.int(1, COUNT_MAX) }),
      entry("restored", "check", "two", ["machine"], { by: rule.oneOf("first", "second"), ...restoredKeys }),
    ],
    refuses: [
      "restore_unknown_word",
      "restore_void",
      "restore_bad_version",
      "restore_bad_checksum",
      "restore_wrong_passphrase",
    ],
  },
  {
    id: "compare",
    number: 10,
    short: "Restore",
    title: "The restored seed is compared",
    room: "table",
    modes: EVERY_MODE,
    pages: [
      {
        id: "compared",
        actor: "witness",
        aloud: "Both implementations restored the same node as the mix. Witness, hold your paper ready.",
        shows:
          "fingerprint, birthday and node id of the mix and of both restores; the digits on the witness's paper are covered",
      },
    ],
    records: [entry("equal", "compare", "one", ["witness", "machine"], { ...keys, accounts: rule.hexField(32) })],
    refuses: ["restore_differs"],
  },
  {
    id: "bundle",
    number: 11,
    short: "Node",
    title: "Identity bundle, where there is a signer",
    room: "table",
    modes: EVERY_MODE,
    pages: [
      {
        id: "recipient",
        actor: "officer2",
        aloud: "The identity key goes to this recipient and to no other. Officer two, take your printed copy out.",
        shows: "the signer's recipient as age writes it, in groups of hex and in words of the PGP word list",
      },
      {
        id: "part",
        actor: "officer2",
        aloud: "Officer two, type the row that is asked for from your printed copy.",
        shows: "which row is asked for in words, drawn at random; the recipient itself is hidden",
      },
      {
        id: "bundled",
        actor: "operator",
        aloud: "The bundle is written and read back. It holds the identity key alone, and only the signer opens it.",
        shows: "the file with its size and SHA-256",
      },
    ],
    records: [
      entry("recipient", "statement", "one", ["machine"], { recipient: rule.recipient }),
      entry("compared", "compare", "one", ["officer2"], { row: rule.int(1, HASH_ROWS) }),
      entry("written", "check", "one", ["machine"], {
        file: rule.oneOf("identity.age"),
        sha256: rule.hexField(32),
        bytes: rule.int(1, 10_000),
      }),
    ],
    refuses: ["recipient_copy", "recipient_rejected"],
  },
  {
    id: "result",
    number: 11,
    short: "Node",
    title: "Node id and files",
    room: "table",
    modes: EVERY_MODE,
    pages: [
      {
        id: "written",
        actor: "operator",
        aloud: "The files are written and read back.",
        shows: "each file with its size and SHA-256",
      },
      {
        id: "noted",
        actor: "witness",
        aloud: "Witness, type the first and last eight digits of the node id, from your paper.",
        shows: "a field for the sixteen digits; the node id is hidden",
      },
      {
        id: "lost",
        actor: "witness",
        aloud: "The paper of step six is lost. Witness, write the digits down again. It is recorded.",
        shows: "the first and last eight digits of the node id; Enter hides them",
        only: { failure: "if the witness has no paper of step 6" },
      },
      {
        id: "node",
        actor: "witness",
        aloud: "This is the id that lnd will show. Compare it with your paper, and scan the code if there is one.",
        shows: "the node id and the fingerprint in hex, beside the node id as a QR code",
      },
    ],
    records: [
      entry("written", "check", "two", ["machine"], {
        file: rule.oneOf("node.json", "accounts.json"),
        sha256: rule.hexField(32),
        bytes: rule.int(1, 1_000_000),
      }),
      entry("lost", "exception", "any", ["witness"]),
      entry("node", "compare", "one", ["witness"], {
        nodeId: rule.hexField(33),
        masterFingerprint: rule.hexField(4),
        qr: rule.bool,
      }),
    ],
    refuses: ["write_failed", "written_differs", "node_id_copy"],
  },
  {
    id: "close",
    number: 12,
    short: "Close",
    title: "Transcript head and close",
    room: "table",
    modes: EVERY_MODE,
    pages: [
      {
        id: "head",
        actor: "witness",
        aloud: "The transcript is closed. Witness, copy its head in words; nothing is recorded after this.",
        shows: "the transcript's head in words and as a QR code",
      },
      {
        id: "copied",
        actor: "witness",
        aloud: "Witness, type the two words that are asked for, from your paper.",
        shows: "two random positions; the head is hidden",
      },
      {
        id: "machine",
        actor: "leader",
        aloud: "Enter ends it. Then stick out, power off, battery and cable away, and wait sixty seconds.",
        shows: "what to do with the machine, the plates, the papers and the files",
      },
    ],
    records: [
      entry("complete", "done", "one", ["machine"], {
        events: rule.int(1, 99_999),
        // From the first event to this one. Without it a changed time of the last line would pass: no line follows it.
        seconds: rule.int(0, 9_999_999_999),
      }),
    ],
    refuses: ["head_copy"],
  },
];

/** The steps of one mode, in order. */
export function stepsOf(mode: Mode): readonly Step[] {
  return STEPS.filter((step) => step.modes.includes(mode));
}

/** The steps of one ceremony, in order: without a signer there is no bundle. */
export function stepsFor(config: Config): readonly Step[] {
  return stepsOf(config.mode).filter(({ id }) => id !== "bundle" || config.recipient !== undefined);
}

/** The entry that allows an event of this step, if there is one. */
export function entryOf(step: StepId, kind: EventKind, what: string): TableEntry | undefined {
  const row = STEPS.find((candidate) => candidate.id === step);
  return [...(row?.records ?? []), ...ANYWHERE].find((known) => known.kind === kind && known.what === what);
}
