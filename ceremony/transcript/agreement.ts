import { complaintOf, type RecordedEvent, recordName } from "../steps/agreement.ts";
import type { Config } from "../table/config.ts";
import type { TranscriptEvent } from "./chain.ts";
import type { TranscriptFinding } from "./faults.ts";
import { entryOf, type TranscriptFormat } from "./format.ts";

/** What the lines say together: the first record that contradicts an earlier one, or the configuration. */
export function checkAgreement(
  events: readonly TranscriptEvent[],
  config: Config,
  format: TranscriptFormat,
): TranscriptFinding | undefined {
  const past = new Map<string, RecordedEvent[]>();
  for (const event of events) {
    const name = recordName(event);
    const entry = entryOf(format, event.step, event.kind, String(event.data["what"]));
    for (const rule of entry?.agrees ?? []) {
      const complaint = complaintOf(rule, event, past, config);
      if (complaint !== undefined) return { line: event.seq, ...complaint };
    }
    const alike = past.get(name) ?? [];
    alike.push(event);
    past.set(name, alike);
  }
  return undefined;
}
