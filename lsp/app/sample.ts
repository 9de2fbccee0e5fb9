import { ok, type Result } from "../../core/result.ts";
import { type LspStartError, refuse } from "../files.ts";
import { SAMPLE_MS } from "../limits.ts";
import { openReplies } from "../service/replies.ts";
import type { Sample } from "../service/samples.ts";
import type { ResponseSigner } from "../sign/signer.ts";
import type { Look } from "./probe.ts";

export interface SampleParts {
  readonly nodeId: string;
  readonly samples: () => readonly Sample[];
  readonly signer: Pick<ResponseSigner, "sign">;
  /** A reply nonce, or undefined while none is reserved. */
  readonly nonce: () => bigint | undefined;
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
}

/** Rules of the signer that refuse whatever is asked, and that a person or time lifts. */
const PASSING = /^(?:budget\.|signer\.|audit_unavailable$|signing_unavailable$)/;

/**
 * Whether the signer signs what customers are told: one signature of each kind of answer. A connection that is there, and
 * a signer that says it serves, do not say so: its policy may know other limits, its clock may be another one. Each
 * signature is a record in the signer's log, so what was signed counts for a while.
 */
export function lookAtSamples({ nodeId, samples, signer, nonce, monotonic }: SampleParts): Look {
  const replies = openReplies(nodeId);
  let goodUntil = Number.NEGATIVE_INFINITY;
  return async () => {
    if (monotonic() < goodUntil) return ok(undefined);
    for (const { name, path, tail } of samples()) {
      const next = nonce();
      if (next === undefined) return refuse("store_nonces");
      const found = judged(name, await signer.sign(replies.frame(next, tail, false), path));
      if (!found.ok) return found;
    }
    goodUntil = monotonic() + SAMPLE_MS;
    return ok(undefined);
  };
}

function judged(name: string, outcome: Awaited<ReturnType<ResponseSigner["sign"]>>): Result<undefined, LspStartError> {
  switch (outcome.kind) {
    case "signed":
      return ok(undefined);
    case "unavailable":
      return refuse("signer_not_serving", outcome.code);
    default: {
      const { rule, reason } = outcome;
      return refuse(PASSING.test(rule) ? "signer_not_serving" : "signer_refuses", `${name}: ${rule}: ${reason}`);
    }
  }
}
