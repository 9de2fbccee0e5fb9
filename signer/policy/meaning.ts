import type { Response_Success } from "../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import { budgetDay } from "./budget.ts";
import { addressIn } from "./content.ts";
import type { Advertised } from "./settings.ts";
import type { Subject } from "./subject.ts";

// Rules that need to be told something: of addresses nothing is known without the ceremony's accounts.json, of hosts,
// limits and fees nothing without `policy.advertised`. Each is judged where it is known, whatever is known of the other.

/** The address of a swap is one that lnd hands out of this very seed, near the highest that was signed. */
export function hasForeignAddress({ form, context }: Subject): boolean {
  const address = addressIn(form?.message);
  if (address === undefined || context.config.meaning === undefined) return false;
  return context.state.addresses?.indexOf(address) === undefined;
}

/** Each step skips addresses that lnd may hand out yet: so there are so many a day, over all clients. */
export function movesTooFar({ form, context }: Subject): boolean {
  const { config, state, nowMs } = context;
  const address = addressIn(form?.message);
  const index = address === undefined ? undefined : state.addresses?.indexOf(address);
  if (index === undefined || config.meaning === undefined || state.addresses === undefined) return false;
  const { highest } = state.addresses;
  const from = budgetDay(nowMs) > state.addressDay ? highest : state.addressFrom;
  return index > highest && index - from > config.meaning.addressesPerDay;
}

/** GetCfg says what the operator configured, and nothing where nothing is configured and something should be. */
export function advertisesOther({ form, context }: Subject): boolean {
  const message = form?.message;
  if (message?.$typeName !== "BtcLsp.Method.GetCfg.Response" || message.either.case !== "success") return false;
  const { advertised } = context.config;
  if (advertised === "any") return false;
  return advertised === undefined || !isAdvertised(message.either.value, advertised);
}

function isAdvertised(success: Response_Success, advertised: Advertised): boolean {
  const { lspLnNodes, swapLnFeeRate } = success;
  return (
    lspLnNodes.length === advertised.nodes.length &&
    advertised.nodes.every(({ host, port }, at) => {
      const node = lspLnNodes[at];
      return node?.host?.val === host && node.port?.val === port;
    }) &&
    success.swapIntoLnMinAmt?.val?.val === advertised.swapIntoLnMinMsat &&
    success.swapIntoLnMaxAmt?.val?.val === advertised.swapIntoLnMaxMsat &&
    success.swapFromLnMinAmt?.val?.val === advertised.swapFromLnMinMsat &&
    success.swapFromLnMaxAmt?.val?.val === advertised.swapFromLnMaxMsat &&
    swapLnFeeRate?.val?.numerator === advertised.feeRate.numerator &&
    swapLnFeeRate.val.denominator === advertised.feeRate.denominator &&
    success.swapLnMinFee?.val?.val === advertised.minFeeMsat
  );
}
