import type { Response_Success } from "../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import { addressIn } from "./content.ts";
import type { Advertised } from "./settings.ts";
import type { Subject } from "./subject.ts";

// Rules that need to know the wallet: off without the ceremony's accounts.json.

/** The address of a swap is one that lnd hands out of this very seed, near the highest that was signed. */
export function hasForeignAddress({ form, context }: Subject): boolean {
  const address = addressIn(form?.message);
  return address !== undefined && context.state.addresses?.indexOf(address) === undefined;
}

/** GetCfg says what the operator configured, and nothing where nothing is configured. */
export function advertisesOther({ form, context }: Subject): boolean {
  const message = form?.message;
  if (message?.$typeName !== "BtcLsp.Method.GetCfg.Response" || message.either.case !== "success") return false;
  const advertised = context.config.meaning?.advertised;
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
