import { Service } from "../../proto/gen/btc_lsp_pb.js";
import { amountsFor } from "../money/amounts.ts";
import { answerOfCheck, type FailureId } from "./checks.ts";
import { openGetCfg } from "./getcfg.ts";
import type { ServiceParts } from "./parts.ts";

/** An answer as a customer would get it, without its `ctx`: `tail` is the response's fields above 1, encoded. */
export interface Sample {
  /** `GetCfg success`, for the log. */
  readonly name: string;
  /** The gRPC path. */
  readonly path: string;
  readonly tail: Uint8Array;
}

/**
 * One answer of each kind that is signed: GetCfg's success, the failure that all methods share, and the one that is
 * SwapIntoLn's own. What differs within a kind is a number, which no rule of the signer's policy looks at alone.
 */
export function samplesOf({ node, settings }: Pick<ServiceParts, "node" | "settings">): readonly Sample[] {
  const { getCfg, swapIntoLn, swapFromLn } = Service.method;
  const amounts = amountsFor(settings.minChanCapMsat);
  const plan = amounts === undefined ? undefined : openGetCfg({ node, settings }, amounts)();
  const path = ({ name }: { readonly name: string }): string => `/${Service.typeName}/${name}`;
  const failure = (of: { readonly name: string }, row: FailureId): Sample => {
    return { name: `${of.name} ${row}`, path: path(of), tail: answerOfCheck(row).tail };
  };
  return [
    // Before lnd has told an address there is no answer to sign either.
    ...(plan?.kind === "say" ? [{ name: `${getCfg.name} success`, path: path(getCfg), tail: plan.reply }] : []),
    ...[getCfg, swapIntoLn, swapFromLn].map((of) => failure(of, "nonce_stale")),
    failure(swapIntoLn, "refund_not_valid"),
  ];
}
