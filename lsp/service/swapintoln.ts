import type { Network } from "../../core/network.ts";
import { Privacy } from "../../proto/gen/btc_lsp/data/high_level_pb.js";
import type { Request } from "../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import { isSpendable, readAddress } from "../money/address.ts";
import type { FailureId } from "./checks.ts";
import { type Plan, refused } from "./methods.ts";

/** Checks of SwapIntoLn's own fields; a request that is in order has an effect, which does not come before swaps do. */
export function planSwapIntoLn(request: Request, network: Network): Plan {
  const row = brokenRow(request, network);
  if (row !== undefined) return { kind: "say", ...refused(row) };
  return { kind: "effect", run: async () => ({ outcome: "swaps_to_come" }) };
}

/** In the order of the table. */
function brokenRow({ privacy, refundOnChainAddress }: Request, network: Network): FailureId | undefined {
  // An enumeration is open in proto3: a number without a name comes through.
  if (privacy !== Privacy.PUBLIC && privacy !== Privacy.PRIVATE) return "privacy";
  if (refundOnChainAddress === undefined) return "refund_missing";
  // Without the inner message the original has an empty text, which is no address.
  const address = readAddress(refundOnChainAddress.val?.val ?? "", network);
  if (address === undefined || !isSpendable(address)) return "refund_not_valid";
  return address.kind === "p2pkh" || address.kind === "p2sh" ? "refund_not_segwit" : undefined;
}
