import { create } from "@bufbuild/protobuf";
import type { Network } from "../../core/network.ts";
import { Privacy } from "../../proto/gen/btc_lsp/data/high_level_pb.js";
import { type Request, ResponseSchema } from "../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import { isSpendable, readAddress } from "../money/address.ts";
import { type CreationRules, createSwap, forgetSwap, type SwapWish } from "../swap/create.ts";
import { encodeResponse } from "../wire/request.ts";
import type { FailureId } from "./checks.ts";
import { type Effect, type Plan, refused } from "./methods.ts";

/**
 * Checks of SwapIntoLn's own fields; a request that is in order has an effect: a swap.
 *
 * @param rules undefined: swaps are not offered
 */
export function planSwapIntoLn(request: Request, network: Network, rules: CreationRules | undefined): Plan {
  const row = brokenRow(request, network);
  if (row !== undefined) return { kind: "say", ...refused(row) };
  if (rules === undefined) return { kind: "effect", run: async () => ({ outcome: "swaps_to_come" }) };
  return { kind: "effect", run: creating(wishOf(request), rules) };
}

function creating(wish: SwapWish, rules: CreationRules): Effect {
  return async (trx) => {
    const made = await createSwap(trx, wish, rules);
    if (made.kind === "refused") return refused(made.why === "refund_own" ? "refund_not_valid" : made.why);
    const { swapId, fundAddress } = made;
    const value = {
      fundOnChainAddress: { val: { val: fundAddress } },
      // The original says 0 here, whatever its minimum.
      minFundMoney: { val: { val: rules.amounts.min } },
    };
    const reply = encodeResponse(ResponseSchema, create(ResponseSchema, { either: { case: "success", value } }));
    return { outcome: "success", reply, undo: (later) => forgetSwap(later, swapId) };
  };
}

/** Of a request that broke no row. */
function wishOf({ ctx, privacy, refundOnChainAddress }: Request): SwapWish {
  return {
    key: ctx?.lnPubKey?.val ?? new Uint8Array(0),
    refundAddress: refundOnChainAddress?.val?.val ?? "",
    privacy: privacy === Privacy.PUBLIC ? "public" : "private",
  };
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
