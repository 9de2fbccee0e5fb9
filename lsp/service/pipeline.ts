import { networkOf } from "../../core/hosts.ts";
import {
  ADDRESS_ANSWERS_PER_DAY,
  ADDRESS_ENTRIES_MAX,
  ADDRESS_NEW_KEYS_PER_DAY,
  KEY_ENTRIES_MAX,
  SHARED_FAILURE_MS,
} from "../limits.ts";
import type { Incoming, Outgoing } from "../server/exchange.ts";
import { daily, openBuckets } from "../server/ratelimit.ts";
import { openRecent } from "../server/recent.ts";
import { takeNonceWith } from "../store/nonces.ts";
import { openFrame } from "../wire/frame.ts";
import { acceptsGzip, decodeBinary, SIGNATURE_HEADER } from "../wire/metadata.ts";
import { type RpcError, STATUS } from "../wire/status.ts";
import { answerOfCheck, type FailureId, type SharedId, type StatusId } from "./checks.ts";
import type { Effect, InBand, ServiceMethod } from "./methods.ts";
import type { RequestOutcome, ServiceParts } from "./parts.ts";
import { openReplies } from "./replies.ts";
import { openShared } from "./shared.ts";
import type { Verifier } from "./verifier.ts";

/** Answers one request, whose method is known. Rejects for a fault of the program alone. */
export type ServicePipeline = (method: ServiceMethod, incoming: Incoming) => Promise<Outgoing>;

/** An answer, and what it is. */
interface Ended {
  readonly outcome: RequestOutcome;
  readonly answer: Outgoing;
}

/** A request whose signature holds. */
interface Verified {
  readonly method: ServiceMethod;
  readonly key: Uint8Array;
  /** The key as text, to be looked up by. */
  readonly name: string;
  readonly nonce: bigint;
  /** Whether the answer is gzip. */
  readonly gzip: boolean;
  /** Whether it was counted for the key's rate. */
  readonly charged: boolean;
}

/** The rows of CHECKS in their order, with what stands between them: signature, nonce, answer. */
export function openServicePipeline(parts: ServiceParts, verifier: Verifier): ServicePipeline {
  const { store, signer, settings, monotonic, meters } = parts;
  const replies = openReplies(settings.nodeId);
  const keys = openBuckets(settings.perKey, KEY_ENTRIES_MAX);
  const shared = openShared<SharedId, Ended>(monotonic, SHARED_FAILURE_MS);
  /** By key: the highest nonce that was tried here. */
  const tried = openRecent<bigint>(KEY_ENTRIES_MAX);
  const day = settings.perAddressDay ?? { answers: ADDRESS_ANSWERS_PER_DAY, newKeys: ADDRESS_NEW_KEYS_PER_DAY };
  const answers = openBuckets(daily(day.answers), ADDRESS_ENTRIES_MAX);
  const newKeys = openBuckets(daily(day.newKeys), ADDRESS_ENTRIES_MAX);
  const own = Buffer.from(settings.nodeId, "hex");

  return async (method, incoming) => {
    const began = monotonic();
    let outcome: RequestOutcome = "exception";
    try {
      const ended = await judge(method, incoming);
      outcome = ended.outcome;
      return ended.answer;
    } finally {
      meters.answered(method.name, outcome, monotonic() - began);
    }
  };

  async function judge(method: ServiceMethod, { wire, headers, deadline, address }: Incoming): Promise<Ended> {
    const frame = openFrame(wire, headers["grpc-encoding"]);
    if (!frame.ok)
      return malformed(frame.error.status === STATUS.resourceExhausted ? "frame_size" : "frame", frame.error);
    const asked = method.read(frame.value.message);
    if (!asked.ok) return malformed("message", asked.error);
    const { ctx } = asked.value;
    if (ctx?.nonce === undefined) return failTogether("nonce_missing", method);
    if (ctx.lnPubKey === undefined) return failTogether("key_missing", method);
    const key = ctx.lnPubKey.val;
    // Any answer of ours is signed by it, and reads as a request: whoever has one could ask in the node's name.
    if (own.equals(key)) return failTogether("signature", method);
    const verdict = isSigned(wire, headers[SIGNATURE_HEADER], key);
    // An await takes a turn of the microtask queue, which most requests do not need here.
    if (!(typeof verdict === "boolean" ? verdict : await verdict)) return failTogether("signature", method);

    const now = monotonic();
    const name = Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
    const nonce = ctx.nonce.val;
    const highest = tried.get(name);
    // Whoever has an old request of a key can send it for ever, and must not use up the key's rate with it.
    const charged = highest === undefined || nonce > highest;
    if (charged && !keys.take(name, now)) return stop("key_limit");
    if (now >= deadline) return stop("deadline");
    if (!signer.healthy()) return stop("signer_down");
    const plan = asked.value.plan();
    if (plan.kind === "stop") return stop(plan.row);
    const network = networkOf(address);
    if (!answers.take(network, now)) return stop("answers_day");
    if (highest === undefined && !newKeys.take(network, now)) {
      const known = await store.knowsKey(key);
      if (!known.ok) return stop("store_down");
      if (!known.value) return stop("new_keys_day");
    }
    const gzip = frame.value.compressed && acceptsGzip(headers["grpc-accept-encoding"]);
    const request = { method, key, name, nonce, gzip, charged };
    return plan.kind === "say" ? say(request, plan) : act(request, plan.run);
  }

  function isSigned(wire: Uint8Array, header: string | undefined, key: Uint8Array): boolean | Promise<boolean> {
    const der = decodeBinary(header);
    if (der === undefined) return false;
    const began = monotonic();
    const verdict = verifier.verify(wire, der, key);
    if (typeof verdict !== "boolean") return verdict.then((valid) => verified(valid, began));
    return verified(verdict, began);
  }

  function verified(valid: boolean, began: number): boolean {
    meters.worked("verify", valid ? "valid" : "invalid", monotonic() - began);
    return valid;
  }

  /**
   * Without effect: the answer is signed while the nonce commits, and leaves after both. A nonce that was tried before is
   * refused nearly always, and a signature is not made for an answer that will not leave; the database decides all the
   * same.
   */
  async function say(request: Verified, { reply, outcome }: InBand): Promise<Ended> {
    const replyNonce = store.replyNonces.next();
    if (replyNonce === undefined) return stop("store_down");
    const wire = replies.frame(replyNonce, reply, request.gzip);
    const early = isNew(request) ? signer.sign(wire, request.method.path) : undefined;
    const began = monotonic();
    const taken = await store.nonces.take(request.key, request.nonce);
    committed(taken.ok ? taken.value : "failed", began);
    if (!taken.ok) return stop("store_down");
    if (taken.value === "stale") return failStale(request);
    const signed = await (early ?? signer.sign(wire, request.method.path));
    if (signed.kind !== "signed") return stop("unsigned");
    return { outcome, answer: { kind: "reply", wire, signature: signed.signature, gzip: request.gzip } };
  }

  /**
   * With an effect: the nonce is taken with it or not at all, and the answer is signed when both are on disk, for a signed
   * answer of what did not happen would be a promise. A customer whose answer is not signed has no address to pay.
   */
  async function act(request: Verified, run: Effect): Promise<Ended> {
    // Before anything happens: an effect is not begun that could not be answered.
    const replyNonce = store.replyNonces.next();
    if (replyNonce === undefined) return stop("store_down");
    isNew(request);
    const began = monotonic();
    const done = await store.transaction((trx) => takeNonceWith(trx, request.key, request.nonce, run));
    committed(done.ok ? (done.value === "stale" ? "stale" : "accepted") : "failed", began);
    if (!done.ok) return stop("store_down");
    if (done.value === "stale") return failStale(request);
    if (done.value.reply === undefined) return stop(done.value.outcome);
    const { outcome, reply, undo } = done.value;
    const wire = replies.frame(replyNonce, reply, request.gzip);
    const signed = await signer.sign(wire, request.method.path);
    if (signed.kind === "signed") {
      return { outcome, answer: { kind: "reply", wire, signature: signed.signature, gzip: request.gzip } };
    }
    // Where that fails too, what was done stands until its own time is over.
    if (undo !== undefined) await store.transaction(undo);
    return stop("unsigned");
  }

  /** This process did not know better, for it started later: the key is not charged after all. */
  function failStale({ name, method, gzip, charged }: Verified): Promise<Ended> {
    if (charged) keys.give(name);
    return fail("nonce_stale", method, gzip);
  }

  function isNew({ name, nonce }: Verified): boolean {
    const highest = tried.get(name);
    if (highest !== undefined && nonce <= highest) return false;
    tried.set(name, nonce);
    return true;
  }

  function committed(outcome: "accepted" | "stale" | "failed", began: number): void {
    meters.worked("database", outcome, monotonic() - began);
    if (outcome === "stale") meters.nonceRefused();
  }

  /**
   * One answer for all who fail so within a second, never gzip: the second form of it would be a second signature. Its bytes
   * are the same for every method, and so it is signed as an answer of the first that asks.
   */
  function failTogether(row: SharedId, method: ServiceMethod): Promise<Ended> {
    return shared.get(row, async () => (signer.healthy() ? fail(row, method, false) : stop("unsigned")));
  }

  /** A failure with a nonce and a signature of its own. */
  async function fail(row: SharedId | FailureId, { path }: ServiceMethod, gzip: boolean): Promise<Ended> {
    const nonce = store.replyNonces.next();
    if (nonce === undefined) return stop("unsigned");
    const wire = replies.frame(nonce, answerOfCheck(row).tail, gzip);
    const signed = await signer.sign(wire, path);
    if (signed.kind !== "signed") return stop("unsigned");
    return { outcome: row, answer: { kind: "reply", wire, signature: signed.signature, gzip } };
  }
}

function stop(row: StatusId): Ended {
  return { outcome: row, answer: answerOfCheck(row) };
}

/** The wire says more exactly what is wrong; the status is the row's. */
function malformed(row: "frame" | "frame_size" | "message", error: RpcError): Ended {
  return { outcome: row, answer: { kind: "status", ...error } };
}
