import type { MessageInitShape } from "@bufbuild/protobuf";
import { SERVER_TEXTS } from "../../proto/failuretexts.ts";
import {
  InputFailureKind,
  type InputFailureSchema,
  type InternalFailureSchema,
} from "../../proto/gen/btc_lsp/data/high_level_pb.js";
import { Response_Failure_InputFailure as SpecificFailure } from "../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";

// What goes wrong inside the application is answered in band: gRPC status OK, and one `Failure` in the response, the
// first that was found (docs/contract.md#failures). Here they are as init objects of the generated messages, without `ctx`.

/** Where a request is wrong: field numbers from its root. */
export const FIELD_PATHS = {
  nonce: [1, 1],
  key: [1, 2],
  /** No field but all of it: the signature. The four causes look alike, as in the original. */
  none: [],
  refundAddress: [3],
  privacy: [4],
} as const satisfies Record<string, readonly number[]>;

export interface GenericFailure {
  readonly generic: [MessageInitShape<typeof InputFailureSchema>];
}

/** A `Failure` of any method: the field at `path` is missing, unreadable, or its check failed. */
export function genericFailure(
  path: readonly number[],
  kind: "REQUIRED" | "PARSING_FAILED" | "VERIFICATION_FAILED",
): GenericFailure {
  return { generic: [{ fieldLocation: path.map((val) => ({ val })), kind: InputFailureKind[kind] }] };
}

export interface RefundFailure {
  readonly specific: [SpecificFailure];
}

/** A `Failure` of SwapIntoLn: the refund address is none of this network, or none of native segwit. */
export function refundFailure(kind: "NOT_VALID" | "NOT_SEGWIT"): RefundFailure {
  return { specific: [SpecificFailure[`REFUND_ON_CHAIN_ADDRESS_IS_${kind}`]] };
}

export interface InternalFailure {
  readonly internal: [MessageInitShape<typeof InternalFailureSchema>];
}

/** A `Failure` of any method: something behind the LSP failed, and the client is not told what. */
export function internalFailure(): InternalFailure {
  return { internal: [{ either: { case: "redacted", value: true } }] };
}

/** A `Failure` of any method: the LSP cannot do it now, in the words of the one table that the signer signs. */
export function serverFailure(text: keyof typeof SERVER_TEXTS): InternalFailure {
  return { internal: [{ either: { case: "grpcServer", value: SERVER_TEXTS[text] } }] };
}
