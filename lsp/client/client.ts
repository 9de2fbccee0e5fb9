import type { Network } from "../../core/network.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import { CLIENT_DEADLINE_MS, CLIENT_NONCE_WINDOW_MS } from "../limits.ts";
import { isSpendable, readAddress } from "../money/address.ts";
import { makeFrame } from "../wire/frame.ts";
import { isCompressedKey, verifyFrame } from "../wire/signature.ts";
import { parsePlace, type TlsTrust } from "./address.ts";
import { type ClientError, fault } from "./fault.ts";
import type { RequestKey } from "./key.ts";
import {
  type ClientMethod,
  GET_CFG,
  makeContext,
  SWAP_FROM_LN,
  SWAP_INTO_LN,
  type SwapFromLnRequest,
  type SwapIntoLnRequest,
} from "./methods.ts";
import type { AdvertisedConfig, Deposit, HoldInvoice } from "./read.ts";
import { printable } from "./text.ts";
import { openTransport } from "./transport.ts";
import { openClientTurns } from "./turns.ts";
import { type Proven, proveReply } from "./verify.ts";

export interface LspClientOptions {
  /** `HOST:PORT`, an IPv6 host in brackets. */
  readonly address: string;
  readonly tls: TlsTrust | "plaintext-loopback";
  /** The LSP's, 33 bytes in hex, from somewhere else than the LSP's own answers: every answer has to be signed by it. */
  readonly nodeId: string;
  readonly key: RequestKey;
  /** Requests as gzip, and answers if the LSP likes. */
  readonly gzip?: boolean;
  /** Where given, bitcoin addresses are held to it, ours before they leave and the LSP's. */
  readonly network?: Network;
  /** From asking to the answer, waiting for earlier calls included. */
  readonly deadlineMs?: number;
  /** How far an answer's time may be from `clock`, which is milliseconds since 1970. */
  readonly windowMs?: number;
  readonly clock?: () => number;
}

/** What the LSP answered and signed. */
export interface ClientAnswer<T> extends Omit<Proven<T>, "outcome"> {
  readonly value: T;
}

export type Answered<T> = Promise<Result<ClientAnswer<T>, ClientError>>;

/** Calls never reject. An error's `code` says what to do, and whether what was asked for may have been done. */
export interface LspClient {
  getCfg(): Answered<AdvertisedConfig>;
  swapIntoLn(request: SwapIntoLnRequest): Answered<Deposit>;
  swapFromLn(request: SwapFromLnRequest): Answered<HoldInvoice>;
  /** Ends what is under way with `client_closed`. */
  close(): void;
}

/** A client for one LSP and one key. It connects with the first call and makes one call at a time. */
export function openLspClient(options: LspClientOptions): LspClient {
  const { network, deadlineMs = CLIENT_DEADLINE_MS } = options;
  const turns = openClientTurns(deadlineMs);
  const conversation = openConversation(options);

  const call = async <Q, T>(method: ClientMethod<Q, T>, request: Q): Answered<T> =>
    conversation.ok
      ? turns.take((deadline, signal) => conversation.value.ask(method, request, deadline, signal))
      : conversation;

  const isOurs = (text: string): boolean => network === undefined || readAddress(text, network) !== undefined;

  return {
    getCfg: () => call(GET_CFG, undefined),
    async swapIntoLn(request) {
      if (!isOurs(request.refundAddress)) return fail(fault("client_address_network", request.refundAddress));
      const answer = await call(SWAP_INTO_LN, request);
      if (!answer.ok || network === undefined) return answer;
      const { fundAddress } = answer.value.value;
      const found = readAddress(fundAddress, network);
      // Signed or not, coins that are sent to another network's address are gone.
      return found !== undefined && isSpendable(found)
        ? answer
        : fail(fault("client_address_network", printable(fundAddress)));
    },
    async swapFromLn(request) {
      if (!isOurs(request.fundAddress)) return fail(fault("client_address_network", request.fundAddress));
      return call(SWAP_FROM_LN, request);
    },
    close() {
      turns.close();
      if (conversation.ok) conversation.value.close();
    },
  };
}

/** Question and answer with one LSP, in turn: the nonces of both sides only go up. */
interface Conversation {
  ask<Q, T>(method: ClientMethod<Q, T>, request: Q, deadline: number, signal: AbortSignal): Answered<T>;
  close(): void;
}

function openConversation(options: LspClientOptions): Result<Conversation, ClientError> {
  const { address, tls, nodeId, key, gzip = false, windowMs = CLIENT_NONCE_WINDOW_MS, clock = Date.now } = options;
  const place = parsePlace(address, tls);
  if (!place.ok) return place;
  const publicKey = Buffer.from(nodeId, "hex");
  if (!/^[0-9a-fA-F]{66}$/.test(nodeId) || !isCompressedKey(publicKey)) return fail(fault("client_node_id", nodeId));
  const transport = openTransport(place.value);
  let askedNonce = 0n;
  let provenNonce = 0n;
  return ok({
    async ask(method, request, deadline, signal) {
      // Microseconds of the clock, and never one twice (docs/contract.md#nonces).
      const now = BigInt(Math.round(clock())) * 1000n;
      askedNonce = now > askedNonce ? now : askedNonce + 1n;
      const frame = makeFrame(method.encode(makeContext(askedNonce, key.publicKey), request), gzip);
      const signed = await unlessAborted(key.sign(frame), signal);
      if (!signed.ok) return signed;
      // A key that is not the one it says it is would look to the LSP like an attack, and to us like the LSP's fault.
      if (!verifyFrame(frame, signed.value, key.publicKey)) return fail(fault("client_key_signature"));
      const sent = { path: method.path, frame, signature: signed.value, gzip };
      const reply = await transport.call(sent, deadline, signal);
      if (!reply.ok) return reply;
      const standard = { publicKey, offeredGzip: gzip, lastNonce: provenNonce, nowMs: clock(), windowMs };
      const proven = proveReply(reply.value, method.decode, standard);
      if (!proven.ok) return proven;
      provenNonce = proven.value.nonce;
      return answerOf(proven.value);
    },
    close: () => transport.close(),
  });
}

function answerOf<T>({ outcome, ...proof }: Proven<T>): Result<ClientAnswer<T>, ClientError> {
  switch (outcome.kind) {
    case "failure":
      return fail({ ...fault("client_refused"), refusal: outcome.refusal });
    case "neither":
      return fail(fault("client_empty"));
    case "success":
      if (outcome.value === undefined) return fail(fault("client_reply_form", "the success lacks a part"));
      return ok({ ...proof, value: outcome.value });
  }
}

/** A key in another process may take for ever; the call does not. */
function unlessAborted<T>(work: Promise<Result<T, ClientError>>, signal: AbortSignal): Promise<Result<T, ClientError>> {
  return new Promise((resolve) => {
    const onAbort = (): void => resolve(fail(fault("client_not_done", "the key did not sign in time")));
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, () => resolve(fail(fault("client_key"))));
  });
}
