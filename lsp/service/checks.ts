import { create } from "@bufbuild/protobuf";
import { SERVER_TEXTS } from "../../proto/failuretexts.ts";
import { ResponseSchema } from "../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import {
  FIELD_PATHS,
  type GenericFailure,
  genericFailure,
  type InternalFailure,
  type RefundFailure,
  refundFailure,
  serverFailure,
} from "../wire/failures.ts";
import { encodeResponse } from "../wire/request.ts";
import { STATUS, type Status } from "../wire/status.ts";

/** Which requests the check applies to. */
export type CheckScope = "every request" | "verified requests" | "GetCfg" | "SwapIntoLn" | "every answer";

export type CheckAnswer = StatusAnswer | FailureAnswer<"shared"> | FailureAnswer<"alone">;

interface StatusAnswer {
  readonly kind: "status";
  readonly status: Status;
  readonly message: string;
}

/** In band: gRPC status OK, and a response with `ctx` and this behind it. */
interface FailureAnswer<Signed extends "shared" | "alone"> {
  readonly kind: "failure";
  /** Field 3 of the response, encoded: the three methods have the same failures under the same numbers. */
  readonly tail: Uint8Array;
  readonly signed: Signed;
  /** For people. */
  readonly says: string;
}

interface Row {
  readonly id: string;
  /** Step in docs/contract.md#order-of-checks: letters for every call, numbers for SwapIntoLn; "-" where the original has none. */
  readonly step: string;
  readonly of: CheckScope;
  readonly when: string;
  readonly answer: CheckAnswer;
}

type GenericKind = Parameters<typeof genericFailure>[1];

/**
 * Everything that a request is asked, in this order. The first row that it breaks is its answer, and one only: "first
 * failure wins". A request that breaks none has its success. The last two rows come in the place of any answer.
 *
 * Rows of a `status` leave unsigned: their body is empty, and lnd signs no empty message. Failures before the signature is
 * verified are shared, since anybody can cause them and a signature costs what the signer has least of.
 */
export const CHECKS = [
  {
    id: "address_limit",
    step: "-",
    of: "every request",
    when: "the address is over its rate; the body is not read",
    answer: status(STATUS.resourceExhausted, "too many requests from this address"),
  },
  {
    id: "unknown_method",
    step: "F",
    of: "every request",
    when: "the path is none of the contract; the body is not read",
    answer: status(STATUS.unimplemented, "no such method"),
  },
  {
    id: "frame",
    step: "A",
    of: "every request",
    when: "the body is not exactly one frame, or its flag, encoding and gzip member do not go together",
    answer: status(STATUS.invalidArgument, "the body is not one gRPC message"),
  },
  {
    id: "frame_size",
    step: "-",
    of: "every request",
    when: "the frame inflates to more than the limit",
    answer: status(STATUS.resourceExhausted, "the message is too large"),
  },
  {
    id: "message",
    step: "A",
    of: "every request",
    when: "the frame's content is not the method's message",
    answer: status(STATUS.invalidArgument, "the message is not the method's"),
  },
  {
    id: "nonce_missing",
    step: "B",
    of: "every request",
    when: "`ctx` or `ctx.nonce` is absent",
    answer: generic("shared", "nonce", "REQUIRED"),
  },
  {
    id: "key_missing",
    step: "C",
    of: "every request",
    when: "`ctx.ln_pub_key` is absent",
    answer: generic("shared", "key", "REQUIRED"),
  },
  {
    id: "signature",
    step: "D",
    of: "every request",
    when: "the key is not a compressed public key or is the LSP's own, `sig-bin` is absent or not DER, or it is no signature of the frame",
    answer: generic("shared", "none", "VERIFICATION_FAILED"),
  },
  {
    id: "key_limit",
    step: "-",
    of: "verified requests",
    when: "the key is over its rate; a nonce that is not above the highest one tried is not charged to it",
    answer: status(STATUS.resourceExhausted, "too many requests with this key"),
  },
  {
    id: "deadline",
    step: "-",
    of: "verified requests",
    when: "the request's time is over before its nonce is taken",
    answer: status(STATUS.deadlineExceeded, "the deadline is over"),
  },
  {
    id: "signer_down",
    step: "-",
    of: "verified requests",
    when: "the signer cannot sign now; the nonce is not taken and can be used again",
    answer: status(STATUS.unavailable, "responses cannot be signed now"),
  },
  {
    id: "node_unknown",
    step: "-",
    of: "GetCfg",
    when: "neither the configuration nor lnd has told an address of the node; the nonce is not taken",
    answer: status(STATUS.unavailable, "the node's address is not known yet"),
  },
  {
    id: "answers_day",
    step: "-",
    of: "verified requests",
    when: "the address has had its signed answers of the day",
    answer: status(STATUS.resourceExhausted, "too many answers for this address today"),
  },
  {
    id: "new_keys_day",
    step: "-",
    of: "verified requests",
    when: "the database does not know the key, and the address has had its new keys of the day",
    answer: status(STATUS.resourceExhausted, "too many new keys from this address today"),
  },
  {
    id: "store_down",
    step: "-",
    of: "verified requests",
    when: "the database does not take the nonce, or has reserved none for the answer",
    answer: status(STATUS.unavailable, "the database is not available"),
  },
  {
    id: "nonce_stale",
    step: "E",
    of: "verified requests",
    when: "the nonce is not above the highest one of this key, as unsigned 64-bit",
    answer: generic("alone", "nonce", "VERIFICATION_FAILED"),
  },
  {
    id: "privacy",
    step: "1",
    of: "SwapIntoLn",
    when: "`privacy` is neither PUBLIC nor PRIVATE",
    answer: generic("alone", "privacy", "PARSING_FAILED"),
  },
  {
    id: "refund_missing",
    step: "2",
    of: "SwapIntoLn",
    when: "`refund_on_chain_address` is absent",
    answer: generic("alone", "refundAddress", "REQUIRED"),
  },
  {
    id: "refund_not_valid",
    step: "3",
    of: "SwapIntoLn",
    when: "the text is no address of this network, what is sent there is lost or anyone's, or it is an address of the LSP's swaps",
    answer: refund("NOT_VALID"),
  },
  {
    id: "refund_not_segwit",
    step: "5",
    of: "SwapIntoLn",
    when: "the address is P2PKH or P2SH",
    answer: refund("NOT_SEGWIT"),
  },
  {
    id: "paused",
    step: "-",
    of: "SwapIntoLn",
    when: "the operator has stopped new swaps",
    answer: server("paused"),
  },
  {
    id: "too_many_swaps",
    step: "-",
    of: "SwapIntoLn",
    when: "the key has 3 open swaps, or as many as the operator allows",
    answer: server("too_many_swaps"),
  },
  {
    id: "too_many_swaps_all",
    step: "-",
    of: "SwapIntoLn",
    when: "all keys together have 10,000 open swaps, or as many as the operator allows",
    answer: server("too_many_swaps_all"),
  },
  {
    id: "no_liquidity",
    step: "-",
    of: "SwapIntoLn",
    when: "the LSP's free coins do not cover what is held for open swaps and the minimum of one more",
    answer: server("no_liquidity"),
  },
  {
    id: "no_address",
    step: "-",
    of: "SwapIntoLn",
    when: "no address is ready",
    answer: server("no_address"),
  },
  {
    id: "swaps_to_come",
    step: "-",
    of: "SwapIntoLn",
    when: "nothing is wrong with it: swaps are not offered yet, and the five rows before this one are not asked",
    answer: status(STATUS.unimplemented, "swaps are not offered yet"),
  },
  {
    id: "unsigned",
    step: "-",
    of: "every answer",
    when: "it is one to be signed, and the signer does not sign it; the request's nonce may be taken",
    answer: status(STATUS.unavailable, "the response could not be signed"),
  },
  {
    id: "exception",
    step: "G",
    of: "every answer",
    when: "the server failed by its own fault; the error's text stays in the log",
    answer: status(STATUS.internal, "internal error"),
  },
] as const satisfies readonly Row[];

type Check = (typeof CHECKS)[number];
type Answers = { readonly [Each in Check as Each["id"]]: Each["answer"] };

export type CheckId = Check["id"];
/** Rows whose answer is a gRPC status. */
export type StatusId = Extract<Check, { answer: StatusAnswer }>["id"];
/** Rows whose answer is in band, and one for all who break them within a second. */
export type SharedId = Extract<Check, { answer: FailureAnswer<"shared"> }>["id"];
/** Rows whose answer is in band, and signed for each request. */
export type FailureId = Extract<Check, { answer: FailureAnswer<"alone"> }>["id"];

// The keys are the ids of the table, each with its own answer.
const ANSWERS = Object.fromEntries(CHECKS.map(({ id, answer }) => [id, answer])) as Answers;

export function answerOfCheck<Id extends CheckId>(id: Id): Answers[Id] {
  return ANSWERS[id];
}

function status(code: Status, message: string): StatusAnswer {
  return { kind: "status", status: code, message };
}

function generic<Signed extends "shared" | "alone">(
  signed: Signed,
  path: keyof typeof FIELD_PATHS,
  kind: GenericKind,
): FailureAnswer<Signed> {
  return failure(signed, `generic [${FIELD_PATHS[path].join(",")}] ${kind}`, genericFailure(FIELD_PATHS[path], kind));
}

function refund(kind: "NOT_VALID" | "NOT_SEGWIT"): FailureAnswer<"alone"> {
  return failure("alone", `specific REFUND_ON_CHAIN_ADDRESS_IS_${kind}`, refundFailure(kind));
}

function server(text: keyof typeof SERVER_TEXTS): FailureAnswer<"alone"> {
  return failure("alone", `internal grpc_server "${SERVER_TEXTS[text]}"`, serverFailure(text));
}

function failure<Signed extends "shared" | "alone">(
  signed: Signed,
  says: string,
  value: GenericFailure | RefundFailure | InternalFailure,
): FailureAnswer<Signed> {
  const tail = encodeResponse(ResponseSchema, create(ResponseSchema, { either: { case: "failure", value } }));
  return { kind: "failure", tail, signed, says };
}
