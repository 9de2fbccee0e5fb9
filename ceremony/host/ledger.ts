import { fail, ok, type Result } from "../../core/result.ts";
import type { StepDraft } from "../flow/play.ts";
import type { SittingFacts } from "../flow/turn.ts";
import { RECORDS_VERSION, type StepId } from "../table/steps.ts";
import { timestamp } from "../transcript/chain.ts";
import { type Output, type OutputError, openOutput, prepareFolder } from "./output.ts";

/** Stands for the id of a ceremony that was refused before people gave it one. */
export const UNNAMED = "unnamed";

/**
 * What became of events. `held`: the medium has failed after a plate was engraved, and they are in memory until people
 * have named another folder. Before that a new ceremony costs an hour; afterwards it costs the plates.
 */
export type Recorded = "kept" | "held" | "lost";

/** The transcript and the files of one ceremony, wherever they are. What is recorded is public, and kept here too. */
export interface Ledger {
  /** After the last event nothing is added: its hash is on paper already. */
  record(drafts: readonly StepDraft[]): Recorded;
  /** The ceremony has its id: what happened before was held, with its times. False if it could not be kept. */
  open(ceremonyId: string): boolean;
  isOpen(): boolean;
  write(file: string, text: string): ReturnType<Output["write"]>;
  head(): string | undefined;
  /**
   * Writes all of it anew into another folder, the same bytes, and says so in the transcript unless that is complete.
   * The folder before keeps what it has.
   */
  moveTo(folder: string): Result<undefined, OutputError>;
  folder(): string;
  /** The step of the last event, for an end that no step chose. */
  step(): StepId;
  now(): string;
  close(): void;
}

interface Entry {
  readonly draft: StepDraft;
  readonly at: string;
}

export function openLedger(facts: SittingFacts): Ledger {
  const now = (): string => timestamp(Date.now() / 1000);
  const started = now();
  const entries: Entry[] = [];
  const files = new Map<string, string>();
  let output: Output | undefined;
  let folder = facts.config.out;
  /** How many of the entries are on the medium. */
  let written = 0;
  let engraved = false;
  let last: Pick<StepDraft, "step" | "kind"> = { step: "selftest", kind: "open" };

  const flush = (to: Output): boolean => {
    for (const { draft, at } of entries.slice(written)) {
      if (!to.append(draft, at)) return false;
      written += 1;
    }
    return true;
  };

  return {
    record(drafts) {
      if (last.kind === "done") return "kept";
      const at = now();
      last = drafts.at(-1) ?? last;
      entries.push(...drafts.map((draft) => ({ draft, at })));
      const kept = output === undefined || flush(output);
      engraved ||= drafts.some(({ data }) => data["what"] === "engraved");
      return kept ? "kept" : engraved ? "held" : "lost";
    },
    open(ceremonyId) {
      const opened = openOutput(folder);
      if (!opened.ok) return false;
      output = opened.value;
      const { config, version, program } = facts;
      const data = {
        what: "opened",
        program: program.hash,
        form: program.form,
        version,
        ceremonyId,
        mode: config.mode,
        network: config.network,
        configHash: facts.configHash,
        config: { ...config },
        records: RECORDS_VERSION,
      };
      entries.unshift({ draft: { step: "selftest", actor: "machine", kind: "open", data }, at: started });
      return flush(output);
    },
    isOpen: () => output !== undefined,
    write(file, text) {
      const done = output?.write(file, text) ?? fail("failed");
      if (done.ok) files.set(file, text);
      return done;
    },
    head: () => output?.head(),
    moveTo(other) {
      const prepared = prepareFolder(other);
      if (!prepared.ok) return prepared;
      const opened = openOutput(other);
      if (!opened.ok) return opened;
      const moved: StepDraft = {
        step: last.step,
        actor: "operator",
        kind: "exception",
        data: { what: "moved" },
      };
      const [before, count] = [written, entries.length];
      if (last.kind !== "done") entries.push({ draft: moved, at: now() });
      written = 0;
      const whole = flush(opened.value) && [...files].every(([file, text]) => opened.value.write(file, text).ok);
      if (!whole) {
        entries.length = count;
        written = before;
        opened.value.close();
        return fail({ code: "out_unwritable", errno: "" });
      }
      output?.close();
      output = opened.value;
      folder = other;
      return ok(undefined);
    },
    folder: () => folder,
    step: () => last.step,
    now,
    close: () => output?.close(),
  };
}
