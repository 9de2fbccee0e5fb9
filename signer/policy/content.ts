import type { DescMessage } from "@bufbuild/protobuf";
import { isKnownFailure } from "../../proto/failuretexts.ts";
import type { Ctx } from "../../proto/gen/btc_lsp/data/high_level_pb.js";
import { isKeyAddress } from "./addresses.ts";
import { FUND_MONEY_MSAT } from "./limits.ts";
import { type RequestMessage, type ResponseMessage, SIGNED_METHODS } from "./methods.ts";
import type { Subject } from "./subject.ts";

// Rules that every message has to keep, whatever the signer knows of the wallet. Each says whether it refuses. The first
// one refuses where there is no message; the others then have nothing to say.

const MICROSECONDS = 1000n;

/**
 * Nonce and key are both there: without the nonce a signature would be good for ever. What was not read has neither, so
 * that nothing gets past this rule unread, whatever the rules before it come to be.
 */
export function lacksCtx({ form }: Subject): boolean {
  const ctx = form?.message?.ctx;
  return ctx?.nonce === undefined || ctx.lnPubKey === undefined;
}

export function namesAnotherKey({ form, context }: Subject): boolean {
  const key = form?.message?.ctx?.lnPubKey;
  return key !== undefined && !isKey(key.val, context.nodeId);
}

/** Nonces are microseconds since the Unix epoch, on both sides of the contract. */
export function isFarFromClock(subject: Subject): boolean {
  const { nowMs, config } = subject.context;
  const nonce = nonceOf(subject.form?.message?.ctx);
  if (nonce === undefined) return false;
  const distance = nonce - BigInt(nowMs) * MICROSECONDS;
  return (distance < 0n ? -distance : distance) > windowOf(config.nonceWindowMs);
}

/**
 * Guards against a clock set back: never sign a nonce more than one window below the highest signed. Of one
 * client: nonces of another, a minute ahead as they may be, are no reason to refuse this one's.
 */
export function isOlderThanSigned(subject: Subject): boolean {
  const { state, config, client } = subject.context;
  const nonce = nonceOf(subject.form?.message?.ctx);
  const highest = state.clients.get(client)?.highestNonce ?? 0n;
  return nonce !== undefined && nonce < highest - windowOf(config.nonceWindowMs);
}

/** SwapFromLn is declared and not implemented: its answer has neither, and never had (docs/contract.md#swapfromln). */
export function saysNothing({ form }: Subject): boolean {
  const response = responseOf(form?.message);
  return (
    response !== undefined &&
    response.$typeName !== "BtcLsp.Method.SwapFromLn.Response" &&
    response.either.case === undefined
  );
}

/** `grpc_server` and `math` are text under the node's signature: free, it could be any statement at all. */
export function speaksFreely({ form }: Subject): boolean {
  const either = responseOf(form?.message)?.either;
  if (either?.case !== "failure") return false;
  return either.value.internal.some((failure) => !isKnownFailure(failure));
}

/** Numbers that name no field of the request are a text of their own: three letters fit into each. */
export function namesNoField({ form, item }: Subject): boolean {
  const either = responseOf(form?.message)?.either;
  if (either?.case !== "failure") return false;
  const known = pathsOf(item.method);
  return either.value.generic.some(({ fieldLocation }) => !known.has(fieldLocation.map(({ val }) => val).join(".")));
}

const paths = new Map<string, ReadonlySet<string>>();

/** Of each field of a method's request, from its root, and of the request itself: "", "1", "1.2". */
function pathsOf(method: string): ReadonlySet<string> {
  const known = paths.get(method);
  if (known !== undefined) return known;
  const request = SIGNED_METHODS.get(method)?.request;
  const found = new Set(["", ...(request === undefined ? [] : pathsIn(request, ""))]);
  paths.set(method, found);
  return found;
}

function pathsIn(desc: DescMessage, prefix: string): string[] {
  return desc.fields.flatMap(({ number, message }) => {
    const path = `${prefix}${number}`;
    return [path, ...(message === undefined ? [] : pathsIn(message, `${path}.`))];
  });
}

/**
 * A SwapFromLn success is one text in two messages in field 1: the very bytes of a SwapIntoLn success, with an invoice
 * in the address's place. Until the invoice is judged, signing it would be signing any address.
 */
export function offersInvoice({ form }: Subject): boolean {
  const message = form?.message;
  return message?.$typeName === "BtcLsp.Method.SwapFromLn.Response" && message.either.case === "success";
}

/** An address of another network or another kind is nothing that lnd gives for a swap. */
export function hasWrongAddress({ form, context }: Subject): boolean {
  const address = addressIn(form?.message);
  if (address === undefined) return false;
  // What the wallet is known to have needs no second decoding.
  return context.state.addresses?.indexOf(address) === undefined && !isKeyAddress(address, context.network);
}

/** The nodes of a GetCfg success are this node; a node's key is also where a SwapIntoLn success has its address. */
export function namesAnotherNode({ form, context }: Subject): boolean {
  const message = form?.message;
  if (message?.$typeName !== "BtcLsp.Method.GetCfg.Response" || message.either.case !== "success") return false;
  const nodes = message.either.value.lspLnNodes;
  return nodes.length === 0 || nodes.some(({ pubKey }) => pubKey === undefined || !isKey(pubKey.val, context.nodeId));
}

/** `min_fund_money` is what GetCfg calls the least deposit, or the zero of the original: more would be another contract. */
export function asksTooMuch({ form, context }: Subject): boolean {
  const message = form?.message;
  if (message?.$typeName !== "BtcLsp.Method.SwapIntoLn.Response" || message.either.case !== "success") return false;
  const { advertised } = context.config;
  const max = typeof advertised === "object" ? advertised.swapIntoLnMinMsat : FUND_MONEY_MSAT;
  return (message.either.value.minFundMoney?.val?.val ?? 0n) > max;
}

/** The address of a SwapIntoLn success, "" if it has none; undefined for every other message. */
export function addressIn(message: ResponseMessage | RequestMessage | undefined): string | undefined {
  if (message?.$typeName !== "BtcLsp.Method.SwapIntoLn.Response" || message.either.case !== "success") return undefined;
  return message.either.value.fundOnChainAddress?.val?.val ?? "";
}

export function nonceOf(ctx: Ctx | undefined): bigint | undefined {
  return ctx?.nonce?.val;
}

function windowOf(ms: number): bigint {
  return BigInt(ms) * MICROSECONDS;
}

function isKey(key: Uint8Array, nodeId: string): boolean {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("hex") === nodeId;
}

function responseOf(message: ResponseMessage | RequestMessage | undefined): ResponseMessage | undefined {
  return message !== undefined && "either" in message ? message : undefined;
}
