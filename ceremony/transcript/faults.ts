/**
 * Everything that `ceremony verify` can find wrong with a file. The code is the API: it stands in the answer, in
 * `docs/transcript.md` and in the name of the test that provokes it, and a test compares the three lists.
 */
export const TRANSCRIPT_FAULTS = {
  line_form: "not one line of canonical JSON of at most 4096 bytes",
  event_form: "not an event: seq, prev, step, actor, kind, at and data, each of its type",
  seq_order: "not the number after the line before",
  chain_broken: "does not continue the line before: this line or that one was changed",
  event_unknown: "the table of steps has no such record in this step",
  actor_wrong: "the act of another person",
  field_missing: "a field of the record is missing",
  field_unknown: "a field that the record does not have",
  field_wrong: "a value of the wrong type or out of its range",
  refusal_unknown: "not a refusal of this step",
  opening_missing: "the first line does not open a ceremony",
  step_order: "the step is not the one after the step before",
  step_incomplete: "the step before was left without what it must record",
  record_order: "something else of the same step comes first",
  record_repeated: "recorded more often than the table allows",
  person_repeated: "one person did what different people must do",
  value_repeated: "a value that must be another one each time",
  value_differs: "a value that contradicts an earlier line",
  waiver_forbidden: "production waives nothing",
  check_unwaived: "the ceremony went on past a failed check",
  after_end: "recorded after the end",
  saved_wide: 'saved as UTF-16 ("Unicode") by another program, and else in order',
  saved_mark: "saved with a byte order mark by another program, and else in order",
  saved_crlf: "saved with line ends of Windows (CRLF) by another program, and else in order",
  line_end_lost: "complete, and the last line end was lost on its way",
  head_differs: "the head is not the one that was written down: this is another transcript, or not all of it",
} as const satisfies Record<string, string>;

export type FaultCode = keyof typeof TRANSCRIPT_FAULTS;

/** The first thing wrong with a transcript. */
export interface TranscriptFinding {
  readonly line: number;
  readonly code: FaultCode;
  /** The field or record it is about, from the table; never a value of the file. */
  readonly detail: string;
}
