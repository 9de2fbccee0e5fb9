import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Incoming } from "../../../lsp/server/exchange.ts";
import { makeFrame } from "../../../lsp/wire/frame.ts";
import { encodeResponse } from "../../../lsp/wire/request.ts";
import type { CtxSchema } from "../../../proto/gen/btc_lsp/data/high_level_pb.js";
import { RequestSchema as GetCfgRequest } from "../../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import { RequestSchema as SwapFromLnRequest } from "../../../proto/gen/btc_lsp/method/swap_from_ln_pb.js";
import { RequestSchema as SwapIntoLnRequest } from "../../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import { freshNonce } from "../../signer/service/frames.ts";
import { type Customer, incoming, signFrameWith } from "./rig.ts";

export const METHOD_PATHS = {
  GetCfg: "/BtcLsp.Service/GetCfg",
  SwapIntoLn: "/BtcLsp.Service/SwapIntoLn",
  SwapFromLn: "/BtcLsp.Service/SwapFromLn",
} as const;

const REFUND = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

export type CalledMethod = keyof typeof METHOD_PATHS;

/** A request as it can be asked wrongly. What is undefined is left away. */
export interface RequestDraft {
  readonly method: CalledMethod;
  readonly customer: Customer;
  readonly nonce: bigint | undefined;
  readonly key: Uint8Array | undefined;
  readonly refund: string | undefined;
  readonly privacy: number;
  readonly gzip: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

export function draft(customer: Customer, over: Partial<RequestDraft> = {}): RequestDraft {
  return {
    method: "GetCfg",
    customer,
    nonce: freshNonce(),
    key: customer.publicKey,
    refund: REFUND,
    privacy: 0,
    gzip: false,
    headers: {},
    ...over,
  };
}

/** The request, signed by its customer. */
export function incomingOf(of: RequestDraft): Incoming {
  const wire = makeFrame(encode(of), of.gzip);
  const headers = of.gzip ? { "grpc-encoding": "gzip", ...of.headers } : of.headers;
  return incoming(METHOD_PATHS[of.method], wire, signFrameWith(wire, of.customer.privateKey), headers);
}

export function askAs(customer: Customer, over: Partial<RequestDraft> = {}): Incoming {
  return incomingOf(draft(customer, over));
}

function encode({ method, nonce, key, refund, privacy }: RequestDraft): Uint8Array {
  const ctx: MessageInitShape<typeof CtxSchema> = {
    ...(nonce === undefined ? {} : { nonce: { val: nonce } }),
    ...(key === undefined ? {} : { lnPubKey: { val: key } }),
  };
  switch (method) {
    case "GetCfg":
      return encodeResponse(GetCfgRequest, create(GetCfgRequest, { ctx }));
    case "SwapFromLn":
      return encodeResponse(SwapFromLnRequest, create(SwapFromLnRequest, { ctx }));
    case "SwapIntoLn": {
      const refundOnChainAddress = refund === undefined ? {} : { refundOnChainAddress: { val: { val: refund } } };
      return encodeResponse(SwapIntoLnRequest, create(SwapIntoLnRequest, { ctx, privacy, ...refundOnChainAddress }));
    }
  }
}
