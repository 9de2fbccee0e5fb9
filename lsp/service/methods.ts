import type { DescMessage, DescMethod, MessageShape } from "@bufbuild/protobuf";
import type { Transaction } from "kysely";
import { ok, type Result } from "../../core/result.ts";
import type { Ctx } from "../../proto/gen/btc_lsp/data/high_level_pb.js";
import type { Database } from "../store/schema.ts";
import { decodeRequest } from "../wire/request.ts";
import type { RpcError } from "../wire/status.ts";
import { answerOfCheck, type FailureId, type StatusId } from "./checks.ts";

/** What a method makes of a request, before its nonce is taken. Nothing has happened yet. */
export type Plan =
  /** No effect: the answer is known. */
  | ({ readonly kind: "say" } & InBand)
  /** It cannot be answered now, whatever the nonce. */
  | { readonly kind: "stop"; readonly row: StatusId }
  /** Its nonce is taken in the transaction of `run`, and with it or not at all. */
  | { readonly kind: "effect"; readonly run: Effect };

/** An answer in band: a success, or the row of a failure. */
export interface InBand {
  readonly outcome: "success" | FailureId;
  /** The response without `ctx`, encoded. */
  readonly reply: Uint8Array;
}

/**
 * All that a request brings about, in one transaction: only statements of `trx`, for what is done elsewhere does not roll
 * back. What it has written stays with a success alone. What it throws rolls back its request's nonce too.
 */
export type Effect = (trx: Transaction<Database>) => Promise<EffectOutcome>;

export type EffectOutcome =
  | (InBand & {
      /** Made, in a transaction of its own, when the success could not be signed: the customer never learns of it. */
      readonly undo?: (trx: Transaction<Database>) => Promise<void>;
    })
  | { readonly outcome: StatusId; readonly reply?: undefined };

/** The answer of a row that is in band. */
export function refused(row: FailureId): InBand {
  return { outcome: row, reply: answerOfCheck(row).tail };
}

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
