import type { DescMessage, DescMethod, MessageShape } from "@bufbuild/protobuf";
import { ok, type Result } from "../../core/result.ts";
import type { Ctx } from "../../proto/gen/btc_lsp/data/high_level_pb.js";
import { decodeRequest } from "../wire/request.ts";
import type { RpcError } from "../wire/status.ts";
import type { CheckId } from "./checks.ts";

/** What a method makes of a request, before its nonce is taken. Nothing has happened yet. */
export type Plan =
  /** No effect: the answer is known. `tail` is the response without `ctx`, encoded; with a failure, its row. */
  | { readonly kind: "say"; readonly tail: Uint8Array; readonly outcome: "success" | CheckId }
  /** It cannot be answered now, whatever the nonce. */
  | { readonly kind: "stop"; readonly row: CheckId }
  /** Its nonce is taken in the transaction of the effect; the row is what comes of it. */
  | { readonly kind: "effect"; readonly row: CheckId };

/** A request that has been read. */
export interface AskedRequest {
  readonly ctx: Ctx | undefined;
  plan(): Plan;
}

export interface ServiceMethod {
  /** As the contract has it, `GetCfg`: a label in metrics. */
  readonly name: string;
  /** The gRPC path. */
  readonly path: string;
  read(message: Uint8Array): Result<AskedRequest, RpcError>;
}

/** A method of the contract with what it does. */
export function method<Input extends DescMessage>(
  desc: DescMethod & { readonly input: Input },
  plan: (request: MessageShape<Input>) => Plan,
): ServiceMethod {
  return {
    name: desc.name,
    path: `/${desc.parent.typeName}/${desc.name}`,
    read(message) {
      const request = decodeRequest(desc.input, message);
      if (!request.ok) return request;
      const { value } = request;
      return ok({ ctx: contextOf(value), plan: () => plan(value) });
    },
  };
}

/** Field 1 of every request is its `ctx`. */
function contextOf(request: object): Ctx | undefined {
  return "ctx" in request ? (request.ctx as Ctx | undefined) : undefined;
}
