import { create, type DescEnum, toBinary } from "@bufbuild/protobuf";
import {
  type Ctx,
  CtxSchema,
  type InputFailure,
  InputFailureKindSchema,
  type InternalFailure,
  Privacy,
} from "../../proto/gen/btc_lsp/data/high_level_pb.js";
import * as config from "../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import * as fromLn from "../../proto/gen/btc_lsp/method/swap_from_ln_pb.js";
import * as intoLn from "../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import type { Msat } from "../money/msat.ts";
import { decodeRequest } from "../wire/request.ts";
import type { ServerRefusal } from "./fault.ts";
import type { AdvertisedConfig, Deposit, HoldInvoice } from "./read.ts";
import { readAdvertisedConfig, readDeposit, readInvoice } from "./read.ts";
import { printable } from "./text.ts";

export interface SwapIntoLnRequest {
  /** Where the LSP sends the coins back to if the swap fails: native segwit. */
  readonly refundAddress: string;
  /** The channel is not announced. */
  readonly isPrivate?: boolean;
}

export interface SwapFromLnRequest {
  readonly fundMsat: Msat;
  readonly fundAddress: string;
}

/** One method of the contract, from the client's side. */
export interface ClientMethod<Request, T> {
  readonly path: string;
  /** The request's message, serialized. */
  encode(ctx: Ctx, request: Request): Uint8Array;
  /** The answer's message, or undefined for bytes that are none. */
  decode(message: Uint8Array): ClientReply<T> | undefined;
}

export interface ClientReply<T> {
  readonly ctx: Ctx | undefined;
  readonly outcome: /** `value` is undefined where the success lacks a part that the contract has. */
    | { readonly kind: "success"; readonly value: T | undefined }
    | { readonly kind: "failure"; readonly refusal: ServerRefusal }
    | { readonly kind: "neither" };
}

export const GET_CFG: ClientMethod<undefined, AdvertisedConfig> = {
  path: "/BtcLsp.Service/GetCfg",
  encode: (ctx) => toBinary(config.RequestSchema, create(config.RequestSchema, { ctx })),
  decode: (message) =>
    replyOf(
      decodeRequest(config.ResponseSchema, message),
      readAdvertisedConfig,
      config.Response_Failure_InputFailureSchema,
    ),
};

export const SWAP_INTO_LN: ClientMethod<SwapIntoLnRequest, Deposit> = {
  path: "/BtcLsp.Service/SwapIntoLn",
  encode: (ctx, { refundAddress, isPrivate = false }) =>
    toBinary(
      intoLn.RequestSchema,
      create(intoLn.RequestSchema, {
        ctx,
        refundOnChainAddress: { val: { val: refundAddress } },
        privacy: isPrivate ? Privacy.PRIVATE : Privacy.PUBLIC,
      }),
    ),
  decode: (message) =>
    replyOf(decodeRequest(intoLn.ResponseSchema, message), readDeposit, intoLn.Response_Failure_InputFailureSchema),
};

export const SWAP_FROM_LN: ClientMethod<SwapFromLnRequest, HoldInvoice> = {
  path: "/BtcLsp.Service/SwapFromLn",
  encode: (ctx, { fundMsat, fundAddress }) =>
    toBinary(
      fromLn.RequestSchema,
      create(fromLn.RequestSchema, {
        ctx,
        fundMoney: { val: { val: fundMsat } },
        fundOnChainAddress: { val: { val: fundAddress } },
      }),
    ),
  decode: (message) =>
    replyOf(decodeRequest(fromLn.ResponseSchema, message), readInvoice, fromLn.Response_Failure_InputFailureSchema),
};

/** The part of every request that says who asks and when. */
export function makeContext(nonce: bigint, publicKey: Uint8Array): Ctx {
  return create(CtxSchema, { nonce: { val: nonce }, lnPubKey: { val: publicKey } });
}

/** What the three responses have in common. */
interface Response<S> {
  readonly ctx?: Ctx | undefined;
  readonly either:
    | { readonly case: "success"; readonly value: S }
    | { readonly case: "failure"; readonly value: Failure }
    | { readonly case: undefined };
}

interface Failure {
  readonly generic: readonly InputFailure[];
  readonly specific: readonly number[];
  readonly internal: readonly InternalFailure[];
}

function replyOf<S, T>(
  decoded: { readonly ok: true; readonly value: Response<S> } | { readonly ok: false },
  read: (success: S) => T | undefined,
  specific: DescEnum,
): ClientReply<T> | undefined {
  if (!decoded.ok) return undefined;
  const { ctx, either } = decoded.value;
  switch (either.case) {
    case "success":
      return { ctx, outcome: { kind: "success", value: read(either.value) } };
    case "failure":
      return { ctx, outcome: { kind: "failure", refusal: refusalOf(either.value, specific) } };
    default:
      return { ctx, outcome: { kind: "neither" } };
  }
}

function refusalOf({ generic, specific, internal }: Failure, names: DescEnum): ServerRefusal {
  return {
    kind: "failure",
    generic: generic.map(({ fieldLocation, kind }) => ({
      path: fieldLocation.map(({ val }) => val),
      kind: nameOf(InputFailureKindSchema, kind),
    })),
    specific: specific.map((value) => nameOf(names, value)),
    internal: internal.map(({ either }) =>
      either.case === "grpcServer" || either.case === "math" ? printable(either.value) : "redacted",
    ),
  };
}

/** A number that a later contract has a name for stays a number. */
function nameOf(names: DescEnum, value: number): string {
  return names.value[value]?.name ?? String(value);
}
