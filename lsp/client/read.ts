import type { LnPeer } from "../../proto/gen/btc_lsp/data/high_level_pb.js";
import type { Response_Success as ConfigSuccess } from "../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import type { Response_Success as FromLnSuccess } from "../../proto/gen/btc_lsp/method/swap_from_ln_pb.js";
import type { Response_Success as IntoLnSuccess } from "../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import { type Msat, parseMsat } from "../money/msat.ts";
import { isCompressedKey } from "../wire/signature.ts";

/** What an LSP says of itself (docs/contract.md#fees-and-amounts). */
export interface AdvertisedConfig {
  /** To connect to, before a swap. */
  readonly nodes: readonly LnNode[];
  readonly swapIntoLn: AmountRange;
  readonly swapFromLn: AmountRange;
  /** The fee is this part of the amount, and `minFeeMsat` at least. */
  readonly feeRate: { readonly numerator: bigint; readonly denominator: bigint };
  readonly minFeeMsat: Msat;
}

export interface LnNode {
  /** 33 bytes, lower-case hex. */
  readonly nodeId: string;
  readonly host: string;
  readonly port: number;
}

export interface AmountRange {
  readonly minMsat: Msat;
  readonly maxMsat: Msat;
}

/** Where a swap into LN is paid to. */
export interface Deposit {
  readonly fundAddress: string;
  /** The original always says 0 here: the minimum of `GetCfg` is the one that counts (docs/contract.md#fees-and-amounts). */
  readonly minFundMsat: Msat;
}

/** What a swap from LN is paid with: BOLT 11. */
export interface HoldInvoice {
  readonly invoice: string;
}

// Amounts are two messages deep and each may be absent. A client that took an absent one for zero would pay no fee, so
// a success that lacks one is none.

interface Wrapped {
  readonly val?: { readonly val: bigint } | undefined;
}

/** undefined: a part is missing, or is not what the contract says. */
export function readAdvertisedConfig(success: ConfigSuccess): AdvertisedConfig | undefined {
  const nodes = success.lspLnNodes.map(readNode);
  const swapIntoLn = readRange(success.swapIntoLnMinAmt, success.swapIntoLnMaxAmt);
  const swapFromLn = readRange(success.swapFromLnMinAmt, success.swapFromLnMaxAmt);
  const feeRate = success.swapLnFeeRate?.val;
  const minFeeMsat = readMsat(success.swapLnMinFee);
  if (!nodes.every((node) => node !== undefined) || feeRate === undefined || feeRate.denominator === 0n)
    return undefined;
  if (swapIntoLn === undefined || swapFromLn === undefined || minFeeMsat === undefined) return undefined;
  const { numerator, denominator } = feeRate;
  return { nodes, swapIntoLn, swapFromLn, feeRate: { numerator, denominator }, minFeeMsat };
}

export function readDeposit({ fundOnChainAddress, minFundMoney }: IntoLnSuccess): Deposit | undefined {
  const fundAddress = fundOnChainAddress?.val?.val;
  const minFundMsat = readMsat(minFundMoney);
  if (fundAddress === undefined || fundAddress === "" || minFundMsat === undefined) return undefined;
  return { fundAddress, minFundMsat };
}

export function readInvoice({ fundLnHodlInvoice }: FromLnSuccess): HoldInvoice | undefined {
  const invoice = fundLnHodlInvoice?.val?.val;
  return invoice === undefined || invoice === "" ? undefined : { invoice };
}

function readNode({ pubKey, host, port }: LnPeer): LnNode | undefined {
  if (pubKey === undefined || host === undefined || port === undefined) return undefined;
  if (!isCompressedKey(pubKey.val) || host.val === "" || port.val > 65_535) return undefined;
  return { nodeId: Buffer.from(pubKey.val).toString("hex"), host: host.val, port: port.val };
}

function readRange(min: Wrapped | undefined, max: Wrapped | undefined): AmountRange | undefined {
  const [minMsat, maxMsat] = [readMsat(min), readMsat(max)];
  return minMsat === undefined || maxMsat === undefined ? undefined : { minMsat, maxMsat };
}

function readMsat(amount: Wrapped | undefined): Msat | undefined {
  return amount?.val === undefined ? undefined : parseMsat(amount.val.val);
}
