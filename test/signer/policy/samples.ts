import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { bech32 } from "@scure/base";
import { HDKey } from "@scure/bip32";
import { accountsJson, watchOnlyAccounts } from "../../../ceremony/seed/accounts.ts";
import { walletIdentity } from "../../../ceremony/seed/derivation.ts";
import { Secret } from "../../../core/secret.ts";
import { encodeFrame } from "../../../proto/frame.ts";
import * as GetCfg from "../../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import * as SwapFromLn from "../../../proto/gen/btc_lsp/method/swap_from_ln_pb.js";
import * as SwapIntoLn from "../../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import { readAccountKey } from "../../../signer/policy/addresses.ts";
import { type Advertised, DEFAULT_POLICY, meaningOf, type PolicyConfig } from "../../../signer/policy/settings.ts";
import { openState } from "../../../signer/policy/state.ts";
import type { PolicyContext, Profile, SignItem } from "../../../signer/policy/subject.ts";

/** A wallet that everyone knows: entropy of sixteen ones. */
const entropy = Secret.copyOf(Buffer.alloc(16, 1));
export const NETWORK = "regtest";
export const SAMPLE_NODE_ID = walletIdentity(entropy, NETWORK).nodeId;
export const NODE_KEY = Buffer.from(SAMPLE_NODE_ID, "hex");
export const ACCOUNTS = accountsJson(watchOnlyAccounts(entropy, NETWORK));

/** 2023-11-14 22:13:20 UTC, and the nonce of that moment. */
export const NOW_MS = 1_700_000_000_000;
export const NONCE = BigInt(NOW_MS) * 1000n;

/** BIP173's example key, on regtest: of another wallet. */
export const FOREIGN_ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

export const CTX = { nonce: { val: NONCE }, lnPubKey: { val: NODE_KEY } };

export const ADVERTISED: Advertised = {
  nodes: [{ host: "127.0.0.1", port: 9736 }],
  swapIntoLnMinMsat: 12_000_000n,
  swapIntoLnMaxMsat: 10_000_000_000n,
  swapFromLnMinMsat: 12_000_000n,
  swapFromLnMaxMsat: 10_000_000_000n,
  feeRate: { numerator: 1n, denominator: 250n },
  minFeeMsat: 2_000_000n,
};

const money = (val: bigint) => ({ val: { val } });

export const CFG_SUCCESS = {
  lspLnNodes: [{ pubKey: { val: NODE_KEY }, host: { val: "127.0.0.1" }, port: { val: 9736 } }],
  swapIntoLnMinAmt: money(12_000_000n),
  swapIntoLnMaxAmt: money(10_000_000_000n),
  swapFromLnMinAmt: money(12_000_000n),
  swapFromLnMaxAmt: money(10_000_000_000n),
  swapLnFeeRate: { val: { numerator: 1n, denominator: 250n } },
  swapLnMinFee: money(2_000_000n),
};

export function getCfgFrame(message: MessageInitShape<typeof GetCfg.ResponseSchema>): Uint8Array {
  return toBinary(GetCfg.ResponseSchema, create(GetCfg.ResponseSchema, message));
}

export function cfgSuccess(change: Partial<typeof CFG_SUCCESS> = {}): Uint8Array {
  return getCfgFrame({ ctx: CTX, either: { case: "success", value: { ...CFG_SUCCESS, ...change } } });
}

export function swapInto(message: MessageInitShape<typeof SwapIntoLn.ResponseSchema>): Uint8Array {
  return toBinary(SwapIntoLn.ResponseSchema, create(SwapIntoLn.ResponseSchema, message));
}

/** As the service answers: an address, and a minimum of zero that is there. */
export function swapSuccess(address: string, nonce = NONCE, minimum = 0n): Uint8Array {
  const value = { fundOnChainAddress: { val: { val: address } }, minFundMoney: { val: { val: minimum } } };
  return swapInto({ ctx: { ...CTX, nonce: { val: nonce } }, either: { case: "success", value } });
}

export function swapRequest(): Uint8Array {
  const refundOnChainAddress = { val: { val: FOREIGN_ADDRESS } };
  const message = { ctx: CTX, refundOnChainAddress, privacy: 1 };
  return toBinary(SwapIntoLn.RequestSchema, create(SwapIntoLn.RequestSchema, message));
}

export function swapFrom(message: MessageInitShape<typeof SwapFromLn.ResponseSchema>): Uint8Array {
  return toBinary(SwapFromLn.ResponseSchema, create(SwapFromLn.ResponseSchema, message));
}

export type SampledMethod = "GetCfg" | "SwapIntoLn" | "SwapFromLn";

export function item(payload: Uint8Array, method: SampledMethod, direction: Profile = "response"): SignItem {
  return { frame: encodeFrame(payload), method: `/BtcLsp.Service/${method}`, direction };
}

export function zipped(payload: Uint8Array, method: SampledMethod): SignItem {
  return { ...item(payload, method), frame: encodeFrame(gzipSync(payload), true) };
}

export const WITH_MEANING: PolicyConfig = {
  ...DEFAULT_POLICY,
  meaning: meaningOf(accountKey()),
  advertised: ADVERTISED,
};

export function accountKey() {
  const key = readAccountKey(ACCOUNTS, NETWORK);
  if (!key.ok) throw new Error(key.error.code);
  return key.value;
}

export function context(config: PolicyConfig = DEFAULT_POLICY, change: Partial<PolicyContext> = {}): PolicyContext {
  const state = openState(config, NETWORK, NOW_MS);
  return { nodeId: SAMPLE_NODE_ID, network: NETWORK, nowMs: NOW_MS, client: "lsp", config, state, ...change };
}

const rows = (JSON.parse(ACCOUNTS) as { accounts: { extended_public_key: string }[] }).accounts;
const account = HDKey.fromExtendedKey(rows[1]?.extended_public_key ?? "", { public: 0x045f1cf6, private: 0 });

/** `m/84'/0'/0'/0/index` of the sample wallet, by HDKey: another derivation than the policy's own. */
export function sampleAddress(index: number): string {
  const { publicKey } = account.deriveChild(0).deriveChild(index);
  const sha = createHash("sha256")
    .update(publicKey ?? "")
    .digest();
  const words = bech32.toWords(createHash("ripemd160").update(sha).digest());
  return bech32.encode("bcrt", [0, ...words]);
}
