import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import native from "secp256k1/bindings.js";
import { asMsat } from "../../../lsp/money/msat.ts";
import type { NodeInfo } from "../../../lsp/node/lnd.ts";
import type { Incoming, Outgoing } from "../../../lsp/server/exchange.ts";
import { answerOfCheck, type CheckId } from "../../../lsp/service/checks.ts";
import type { ServiceMeters, ServiceParts, ServiceSettings } from "../../../lsp/service/parts.ts";
import { type LspService, openService } from "../../../lsp/service/service.ts";
import type { Verifier } from "../../../lsp/service/verifier.ts";
import type { ResponseSigner, SignOutcome } from "../../../lsp/sign/signer.ts";
import { openStore, type Store } from "../../../lsp/store/store.ts";
import type { CreationRules } from "../../../lsp/swap/create.ts";
import { verifyFrame } from "../../../lsp/wire/signature.ts";
import { decodeCanonical } from "../../../proto/canonical.ts";
import { ResponseSchema as GetCfgResponse } from "../../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import { FRAMES_NODE_ID, KEY_HEX } from "../../signer/service/frames.ts";

/** The node's own key. */
const NODE_KEY = Buffer.from(KEY_HEX, "hex");

export const SETTINGS: ServiceSettings = {
  nodeId: FRAMES_NODE_ID,
  network: "regtest",
  advertise: { host: "127.0.0.1", port: 9736 },
  minChanCapMsat: 20_000_000n,
  perAddress: { perSecond: 1_000_000, burst: 1_000_000 },
  perKey: { perSecond: 1_000_000, burst: 1_000_000 },
  perAddressDay: { answers: 1_000_000, newKeys: 1_000_000 },
};

/** Rules under which every wish is granted. */
export const CREATION: CreationRules = {
  amounts: { min: asMsat(12_000_000n), max: asMsat(10_000_000_000n) },
  expiryHours: 168,
  paused: () => false,
  liquidity: () => asMsat(1_000_000_000_000n),
};

export interface ServiceRigOptions {
  readonly settings?: Partial<ServiceSettings>;
  readonly signer?: ResponseSigner;
  readonly store?: Partial<ServiceParts["store"]>;
  readonly creation?: CreationRules;
  readonly node?: () => NodeInfo | undefined;
  readonly verifier?: Verifier;
  readonly monotonic?: () => number;
  readonly ready?: () => boolean;
}

export interface ServiceRig {
  readonly service: LspService;
  /** What the meters were told, one line for each. */
  readonly told: string[];
}

/** A service on this store. */
export function openRig(store: Store, options: ServiceRigOptions = {}): ServiceRig {
  const { parts, told } = openParts(store, options);
  return { service: openService(parts, options.verifier), told };
}

/** What a service stands on. */
export function openParts(store: Store, options: ServiceRigOptions = {}): { parts: ServiceParts; told: string[] } {
  const told: string[] = [];
  const meters: ServiceMeters = {
    answered: (method, outcome) => told.push(`${method} ${outcome}`),
    worked: (work, outcome) => told.push(`${work} ${outcome}`),
    nonceRefused: () => told.push("nonce refused"),
  };
  const { nonces, replyNonces } = store;
  const transaction: Store["transaction"] = (work) => store.transaction(work);
  const knowsKey: Store["knowsKey"] = (key) => store.knowsKey(key);
  const parts: ServiceParts = {
    store: { nonces, replyNonces, transaction, knowsKey, ...options.store },
    signer: options.signer ?? keySigner(),
    node: { latest: options.node ?? (() => undefined) },
    settings: { ...SETTINGS, ...options.settings },
    monotonic: options.monotonic ?? (() => performance.now()),
    meters,
    ready: options.ready ?? (() => true),
    ...(options.creation === undefined ? {} : { creation: options.creation }),
  };
  return { parts, told };
}

/** PGlite in a folder of its own; the same rules as on a server, but for what a crash leaves. */
export async function openTestStore(): Promise<{ store: Store; now: number; end: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "pipeline-"));
  // A clock that stands: what is reserved for answers does not run out where a busy machine stops this process for seconds.
  const now = Date.now();
  const store = await openStore({ folder, network: "regtest", clock: () => now });
  assert(store.ok, JSON.stringify(store));
  const end = async (): Promise<void> => {
    await store.value.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { store: store.value, now, end };
}

export interface KeySigner extends ResponseSigner {
  /** Paths that were asked for, one for each signature. */
  readonly asked: string[];
  /** What it answers instead of a signature. */
  trouble: Exclude<SignOutcome, { kind: "signed" }> | undefined;
  isDown: boolean;
  /** Each answer waits for what this returns. */
  hold: () => Promise<unknown>;
}

/** Signs what it is given with the node's key, as lnd does. */
export function keySigner(): KeySigner {
  const signer: KeySigner = {
    asked: [],
    trouble: undefined,
    isDown: false,
    hold: () => Promise.resolve(),
    async sign(frame, method) {
      signer.asked.push(method);
      const signature = signFrameWith(frame, NODE_KEY);
      await signer.hold();
      return signer.trouble ?? { kind: "signed", signature };
    },
    healthy: () => !signer.isDown,
    close: () => Promise.resolve(),
  };
  return signer;
}

export function signFrameWith(wire: Uint8Array, privateKey: Uint8Array): Uint8Array {
  const digest = createHash("sha256").update(wire).digest();
  return native.signatureExport(native.ecdsaSign(digest, privateKey).signature);
}

/** Somebody who asks, with a key of his own. */
export interface Customer {
  readonly publicKey: Buffer;
  readonly privateKey: Buffer;
}

export function newCustomer(): Customer {
  return customerOf(randomBytes(32));
}

export function customerOf(privateKey: Buffer): Customer {
  return { privateKey, publicKey: Buffer.from(native.publicKeyCreate(privateKey, true)) };
}

/** What the server would hand over for this body. */
export function incoming(
  path: string,
  wire: Buffer,
  signature: Uint8Array | undefined,
  headers: Readonly<Record<string, string>> = {},
): Incoming {
  return {
    id: "0123456789abcdef",
    path,
    headers: {
      ...headers,
      ...(signature === undefined ? {} : { "sig-bin": Buffer.from(signature).toString("base64") }),
    },
    wire,
    address: "192.0.2.1",
    deadline: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
  };
}

export interface ReplyRead<Message> {
  readonly message: Message;
  readonly nonce: bigint;
  readonly wire: Buffer;
}

/**
 * The message of a signed reply without gzip: it is one frame, in canonical form, with this node's key in `ctx`, and signed
 * by it.
 */
export function readReply<Desc extends DescMessage>(schema: Desc, outgoing: Outgoing): ReplyRead<MessageShape<Desc>> {
  assert(outgoing.kind === "reply", JSON.stringify(outgoing));
  const { wire, signature, gzip } = outgoing;
  assert.equal(gzip, false);
  assert.equal(wire[0], 0);
  assert.equal(wire.readUInt32BE(1), wire.length - 5);
  assert.ok(verifyFrame(wire, signature, Buffer.from(FRAMES_NODE_ID, "hex")));
  const decoded = decodeCanonical(schema, wire.subarray(5));
  assert(decoded.ok, decoded.ok ? "" : decoded.error.code);
  const { ctx } = decoded.value as { ctx?: { nonce?: { val: bigint }; lnPubKey?: { val: Uint8Array } } };
  assert.equal(Buffer.from(ctx?.lnPubKey?.val ?? []).toString("hex"), FRAMES_NODE_ID);
  return { message: decoded.value, nonce: ctx?.nonce?.val ?? assert.fail("no nonce"), wire };
}

export function statusOfOutgoing(outgoing: Outgoing): number {
  assert(outgoing.kind === "status", JSON.stringify(outgoing));
  return outgoing.status;
}

/** Whether a `GetCfg` reply is a success or a failure. */
export function caseOf(outgoing: Outgoing): string | undefined {
  return readReply(GetCfgResponse, outgoing).message.either.case;
}

/** Whether this is the answer of the row. */
export function isRow(outgoing: Outgoing, id: CheckId): boolean {
  const answer = answerOfCheck(id);
  if (answer.kind === "status") return outgoing.kind === "status" && outgoing.message === answer.message;
  assert(outgoing.kind === "reply", JSON.stringify(outgoing));
  return outgoing.wire.subarray(-answer.tail.length).equals(answer.tail);
}
