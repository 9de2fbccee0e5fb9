import { AuditAppendError } from "../audit/errors.ts";
import type { AuditEntry } from "../audit/record.ts";
import { LOG_RETRY_MS, SLICE_ITEMS, SLICE_MS, UNDER_WAY_ITEMS } from "../limits.ts";
import type { SignItem } from "../policy/subject.ts";
import type { AuditPosition, WireResult } from "../wire/batch.ts";
import type { Meters } from "./meters.ts";
import type { KeySigning, SignedDigest } from "./signing.ts";
import { openJudgeTurns } from "./turns.ts";

/** What the policy says of one item, with what the log is to keep of it. */
export type JudgeVerdict =
  | {
      readonly kind: "sign";
      /** SHA-256 of the frame. */
      readonly digest: Uint8Array;
      readonly nonce: bigint | undefined;
      readonly addressIndex: number | undefined;
    }
  | {
      readonly kind: "refuse";
      readonly rule: string;
      readonly reason: string;
      /** The record of it; undefined where it is only counted, because refusals came faster than they are recorded. */
      readonly entry: AuditEntry | undefined;
    };

export interface Judge {
  decide(client: string, item: SignItem): JudgeVerdict;
}

/** The log, as far as signing needs it. */
export interface Recorder {
  /** Resolves when the records are on disk; rejects when they may not be. In the order of the calls. */
  append(entries: readonly AuditEntry[]): Promise<AuditPosition>;
  /** The last record on disk. */
  head(): AuditPosition;
}

export interface SignAnswer {
  /** One for each item, in its order. */
  readonly results: readonly WireResult[];
  readonly position: AuditPosition;
}

/** Judges, signs, records, answers: the one path on which a signature is made. */
export interface SignPipeline {
  /**
   * Answers are ready in the order of the calls. Never rejects: what cannot be recorded or signed is refused.
   */
  submit(client: string, items: readonly SignItem[]): Promise<SignAnswer>;
  /** Items between `submit` and its answer. */
  inFlight(): number;
  /** False from a failure of the log or of the signing thread until the next record is on disk. */
  healthy(): boolean;
  /** Resolves when nothing is in flight. */
  idle(): Promise<void>;
}

export interface PipelineParts {
  readonly judge: Judge;
  readonly signing: KeySigning;
  readonly audit: Recorder;
  readonly meters: Meters;
  /** Told why, once for each time that the signer begins to refuse for want of its log or its key. */
  readonly onUnavailable: (rule: UnavailableRule, error: unknown) => void;
}

/** Not rules of the policy: the frame may be good, and this signer cannot vouch for anything now. */
export type UnavailableRule = "audit_unavailable" | "signing_unavailable";

export const UNAVAILABLE: Readonly<Record<UnavailableRule, string>> = {
  audit_unavailable: "the audit log cannot be written, and nothing is signed that it does not hold",
  signing_unavailable: "the signing thread has ended",
};

export function openSignPipeline({ judge, signing, audit, meters, onUnavailable }: PipelineParts): SignPipeline {
  let inFlight = 0;
  let healthy = true;
  const idle: (() => void)[] = [];

  /**
   * Who listens to health sends nothing to a signer that is not healthy, so the log is tried without a question: an empty
   * append is refused as any other while there is no room. A log that has failed or was closed stays so.
   */
  const tryAgain = (): void => {
    setTimeout(() => {
      if (healthy) return;
      audit.append([]).then(
        () => {
          healthy = true;
        },
        (error: unknown) => {
          if (!(error instanceof AuditAppendError) || error.code === "audit_disk_reserve") tryAgain();
        },
      );
    }, LOG_RETRY_MS).unref();
  };

  const refuseAll = (count: number, rule: UnavailableRule, error: unknown): SignAnswer => {
    if (healthy) {
      onUnavailable(rule, error);
      if (rule === "audit_unavailable") tryAgain();
    }
    healthy = false;
    const refusal: WireResult = { kind: "refused", rule, reason: UNAVAILABLE[rule] };
    return { results: new Array<WireResult>(count).fill(refusal), position: audit.head() };
  };

  const answer = async (
    client: string,
    items: readonly SignItem[],
    verdicts: readonly JudgeVerdict[],
  ): Promise<SignAnswer> => {
    const digests = verdicts.flatMap((verdict) => (verdict.kind === "sign" ? [verdict.digest] : []));
    let signed: readonly SignedDigest[];
    try {
      const made = signing.sign(digests);
      signed = made instanceof Promise ? await made : made;
    } catch (error) {
      return refuseAll(items.length, "signing_unavailable", error);
    }
    const { results, entries } = resultsOf(client, items, verdicts, signed);
    if (entries.length === 0) return { results, position: audit.head() };
    try {
      const position = await audit.append(entries);
      healthy = true;
      return { results, position };
    } catch (error) {
      return refuseAll(items.length, "audit_unavailable", error);
    }
  };

  const turns = openJudgeTurns({
    sliceItems: SLICE_ITEMS,
    underWayItems: UNDER_WAY_ITEMS,
    sliceMs: SLICE_MS,
    monotonic: () => performance.now(),
    later: setImmediate,
  });

  /** All items of one call: judged by turns with those of other clients, answered as one. */
  const answerAll = (client: string, items: readonly SignItem[]): Promise<SignAnswer> =>
    new Promise((resolve) => {
      const results: WireResult[] = new Array(items.length);
      let next = 0;
      let open = items.length;
      const finish = (from: number, given: SignAnswer): void => {
        for (const [at, result] of given.results.entries()) results[from + at] = result;
        open -= given.results.length;
        // Slices finish in their order: the last one's place is the highest.
        if (open === 0) resolve({ results, position: given.position });
        turns.done(given.results.length);
      };
      turns.add(client, {
        left: () => items.length - next,
        start(max, isOver) {
          const from = next;
          const verdicts: JudgeVerdict[] = [];
          do verdicts.push(judge.decide(client, items[next++] as SignItem));
          while (verdicts.length < max && !isOver());
          void answer(client, items.slice(from, next), verdicts).then((given) => finish(from, given));
          return verdicts.length;
        },
      });
    });

  return {
    async submit(client, items) {
      const started = performance.now();
      inFlight += items.length;
      const given = items.length === 0 ? { results: [], position: audit.head() } : await answerAll(client, items);
      inFlight -= items.length;
      meters.answered(client, given.results, performance.now() - started);
      if (inFlight === 0) for (const resolve of idle.splice(0)) resolve();
      return given;
    },
    inFlight: () => inFlight,
    healthy: () => healthy,
    idle: () => (inFlight === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve))),
  };
}

/** Joins verdicts and signatures. A signature leaves this function only beside the record that names it. */
function resultsOf(
  client: string,
  items: readonly SignItem[],
  verdicts: readonly JudgeVerdict[],
  signed: readonly SignedDigest[],
): { results: WireResult[]; entries: AuditEntry[] } {
  const results: WireResult[] = [];
  const entries: AuditEntry[] = [];
  let next = 0;
  for (const [at, verdict] of verdicts.entries()) {
    if (verdict.kind === "refuse") {
      results.push({ kind: "refused", rule: verdict.rule, reason: verdict.reason });
      if (verdict.entry !== undefined) entries.push(verdict.entry);
      continue;
    }
    const { signature, digest } = signed[next++] as SignedDigest;
    results.push({ kind: "signed", signature });
    entries.push({
      client,
      method: items[at]?.method ?? "",
      frameDigest: verdict.digest,
      decision: "signed",
      signatureDigest: digest,
      ...(verdict.nonce === undefined ? {} : { nonce: verdict.nonce }),
      ...(verdict.addressIndex === undefined ? {} : { addressIndex: verdict.addressIndex }),
    });
  }
  return { results, entries };
}
