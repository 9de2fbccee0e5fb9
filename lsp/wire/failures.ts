import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  InputFailureKind,
  type InputFailureSchema,
  type InternalFailureSchema,
} from "../../proto/gen/btc_lsp/data/high_level_pb.js";
import type { Response_Failure_InputFailure as RefundFailure } from "../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";

/** Where a request is wrong: field numbers from its root (spec/btc-lsp.md 1.7). */
export const PATHS = {
  nonce: [1, 1],
  key: [1, 2],
  /** The request as a whole: its signature. */
  none: [],
  refundAddress: [3],
  privacy: [4],
} as const satisfies Record<string, readonly number[]>;

/** `Failure` of any method. `specific` is of SwapIntoLn: the other methods have no such failures yet. */
export interface FailureInit {
  generic?: MessageInitShape<typeof InputFailureSchema>[];
  specific?: RefundFailure[];
  internal?: MessageInitShape<typeof InternalFailureSchema>[];
}

/** A failure that every method has: a field is missing, unreadable or does not hold. One each: the first wins. */
export function genericFailure(
  path: readonly number[],
  kind: "REQUIRED" | "PARSING_FAILED" | "VERIFICATION_FAILED",
): FailureInit {
  return { generic: [{ fieldLocation: path.map((val) => ({ val })), kind: InputFailureKind[kind] }] };
}
