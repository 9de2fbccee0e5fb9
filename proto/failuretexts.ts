import type { InternalFailure } from "./gen/btc_lsp/data/high_level_pb.js";

// The free text of a failure is a statement under the node's signature. So it is not free: what the LSP says, and what
// the signer signs, is a line of this table, letter by letter.

/** `InternalFailure.grpc_server`: what the LSP cannot do now, said so that a customer can tell what to do. */
export const SERVER_TEXTS = {
  no_liquidity: "no liquidity for a swap now; try again later",
  too_many_swaps: "too many open swaps with this key; finish one or let it expire",
  too_many_swaps_all: "too many open swaps; try again later",
  paused: "swaps are paused; try again later",
  no_address: "no address to fund now; try again later",
  from_ln_refused: "a swap from Lightning of this amount is not offered now; try again later",
} as const satisfies Record<string, string>;

/** `InternalFailure.math`: the original puts what its arithmetic throws there (docs/contract.md#failures). */
export const MATH_TEXTS = {
  overflow: "arithmetic overflow",
  underflow: "arithmetic underflow",
  divide_by_zero: "divide by zero",
  zero_denominator: "Ratio has zero denominator",
  loss_of_precision: "loss of precision",
} as const satisfies Record<string, string>;

const SERVER: ReadonlySet<string> = new Set(Object.values(SERVER_TEXTS));
const MATH: ReadonlySet<string> = new Set(Object.values(MATH_TEXTS));

/** Whether an internal failure says no more than the table: a line of it, or `redacted: true`. */
export function isKnownFailure({ either }: Pick<InternalFailure, "either">): boolean {
  switch (either.case) {
    case "redacted":
      return either.value;
    case "grpcServer":
      return SERVER.has(either.value);
    case "math":
      return MATH.has(either.value);
    default:
      return false;
  }
}
