import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import type { ClientError } from "../../../lsp/client/fault.ts";
import { GET_CFG } from "../../../lsp/client/methods.ts";
import type { RawReply } from "../../../lsp/client/transport.ts";
import { proveReply, type Standard } from "../../../lsp/client/verify.ts";
import { FIELD_PATHS, genericFailure } from "../../../lsp/wire/failures.ts";
import { makeFrame } from "../../../lsp/wire/frame.ts";
import { encodeBinary } from "../../../lsp/wire/metadata.ts";
import { encodeResponse } from "../../../lsp/wire/request.ts";
import { ResponseSchema } from "../../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import { customerKey } from "./lsp.ts";

type Init = MessageInitShape<typeof ResponseSchema>;

const { key: LSP } = customerKey(0x11);
const { key: OTHER } = customerKey(0x12);
const NOW_MS = 1_700_000_000_000;
const NOW = BigInt(NOW_MS) * 1000n;
const CTX = { nonce: { val: NOW }, lnPubKey: { val: LSP.publicKey } };
const AMOUNT = { val: { val: 12_000_000n } };
const SUCCESS = {
  lspLnNodes: [{ pubKey: { val: LSP.publicKey }, host: { val: "lsp.example" }, port: { val: 9735 } }],
  swapIntoLnMinAmt: AMOUNT,
  swapIntoLnMaxAmt: AMOUNT,
  swapFromLnMinAmt: AMOUNT,
  swapFromLnMaxAmt: AMOUNT,
  swapLnFeeRate: { val: { numerator: 1n, denominator: 250n } },
  swapLnMinFee: AMOUNT,
};
const GOOD = { ctx: CTX, either: { case: "success", value: SUCCESS } } as const satisfies Init;
const FAILURE = { case: "failure", value: genericFailure(FIELD_PATHS.none, "VERIFICATION_FAILED") } as const;
const REFUSAL = { kind: "failure", generic: [{ path: [], kind: "VERIFICATION_FAILED" }], specific: [], internal: [] };

const STANDARD: Standard = {
  publicKey: LSP.publicKey,
  offeredGzip: false,
  lastNonce: 0n,
  nowMs: NOW_MS,
  windowMs: 60_000,
};

test("what the LSP signed just now is proven, in each form that it may have", async () => {
  const plain = await replyOf(GOOD);
  const gzip = await replyOf(GOOD, { gzip: true });
  const early = { ...plain, headers: { ...plain.headers, ...plain.trailers }, trailers: {} };
  const unpadded = { ...plain, trailers: { ...plain.trailers, "sig-bin": signatureIn(plain).replace(/=+$/, "") } };
  for (const [reply, standard] of [
    [plain, STANDARD],
    [gzip, { ...STANDARD, offeredGzip: true }],
    [early, STANDARD],
    [unpadded, STANDARD],
    [plain, { ...STANDARD, nowMs: NOW_MS + 60_000 }],
    [plain, { ...STANDARD, nowMs: NOW_MS - 60_000 }],
    [plain, { ...STANDARD, lastNonce: NOW - 1n }],
  ] as const) {
    const proven = proveReply(reply, GET_CFG.decode, standard);
    assert(proven.ok);
    assert.equal(proven.value.nonce, NOW);
    assert.equal(proven.value.outcome.kind, "success");
    assert.deepEqual(proven.value.frame, reply.wire);
  }
});

test("what is not proven has a code for what is missing, and of its content nothing but a refusal", async () => {
  const plain = await replyOf(GOOD);
  const cases: readonly [string, RawReply, ClientError["code"], Partial<Standard>?][] = [
    ["HTTP", { ...plain, status: 404 }, "client_http"],
    ["a page", withHeaders(plain, { "content-type": "text/html" }), "client_http"],
    ["a name that begins alike", withHeaders(plain, { "content-type": "application/grpcish" }), "client_http"],
    ["no status", { ...plain, trailers: { "sig-bin": signatureIn(plain) } }, "client_http"],
    ["a status that is none", { ...plain, trailers: { ...plain.trailers, "grpc-status": "0x0" } }, "client_http"],
    ["a status", { ...plain, trailers: { ...plain.trailers, "grpc-status": "14" } }, "client_status"],
    ["nothing", { ...plain, wire: Buffer.alloc(0) }, "client_frame"],
    ["two frames", { ...plain, wire: Buffer.concat([plain.wire, plain.wire]) }, "client_frame"],
    ["gzip that was not offered", await replyOf(GOOD, { gzip: true }), "client_frame"],
    ["no signature", { ...plain, trailers: { "grpc-status": "0" } }, "client_unsigned"],
    ["two signatures", withSignature(plain, `${signatureIn(plain)}, ${signatureIn(plain)}`), "client_signature"],
    ["no base64", withSignature(plain, "!"), "client_signature"],
    ["the key that it names itself", await replyOf(GOOD, { by: OTHER }), "client_signature"],
    ["no message", await signed(Buffer.from([8, 0])), "client_reply_form"],
    ["no context", await replyOf({ either: GOOD.either }), "client_no_context"],
    ["no nonce", await replyOf({ ...GOOD, ctx: { lnPubKey: CTX.lnPubKey } }), "client_no_context"],
    ["no key", await replyOf({ ...GOOD, ctx: { nonce: CTX.nonce } }), "client_no_context"],
    [
      "another node's context",
      await replyOf({ ...GOOD, ctx: { ...CTX, lnPubKey: { val: OTHER.publicKey } } }),
      "client_other_node",
    ],
    ["the last one again", plain, "client_nonce_old", { lastNonce: NOW }],
    ["an old one", plain, "client_nonce_time", { nowMs: NOW_MS + 60_001 }],
    ["one of tomorrow", plain, "client_nonce_time", { nowMs: NOW_MS - 60_001 }],
    [
      "the end of time",
      await replyOf({ ...GOOD, ctx: { ...CTX, nonce: { val: 2n ** 64n - 1n } } }),
      "client_nonce_time",
    ],
  ];
  for (const [what, reply, code, standard] of cases) {
    const judged = proveReply(reply, GET_CFG.decode, { ...STANDARD, ...standard });
    assert.equal(judged.ok ? "proven" : judged.error.code, code, what);
    assert(!judged.ok);
    assert(code === "client_status" || judged.error.refusal === undefined, what);
  }
});

test("an unproven failure is a hint; the same failure is proven when all of it is there", async () => {
  const whole = await replyOf({ ctx: CTX, either: FAILURE });
  const proven = proveReply(whole, GET_CFG.decode, STANDARD);
  assert(proven.ok);
  assert.deepEqual(proven.value.outcome, { kind: "failure", refusal: REFUSAL });
  const hints: readonly [RawReply, ClientError["code"], Partial<Standard>?][] = [
    [{ ...whole, trailers: { "grpc-status": "0" } }, "client_unsigned"],
    [await replyOf({ ctx: CTX, either: FAILURE }, { by: OTHER }), "client_signature"],
    // The original signs failures of authentication without ctx: whoever has one can send it to anybody, for ever.
    [await replyOf({ either: FAILURE }), "client_no_context"],
    // Failures that are made once a second and shared come twice.
    [whole, "client_nonce_old", { lastNonce: NOW }],
  ];
  for (const [reply, code, standard] of hints) {
    const judged = proveReply(reply, GET_CFG.decode, { ...STANDARD, ...standard });
    assert(!judged.ok);
    assert.equal(judged.error.code, code);
    assert.deepEqual(judged.error.refusal, REFUSAL);
  }
});

test("a status' message cannot write on the terminal", async () => {
  const trailers = { "grpc-status": "14", "grpc-message": `%1B[2J%E2%80%AEpay%0Ame${"!".repeat(500)}` };
  const judged = proveReply({ ...(await replyOf(GOOD)), trailers }, GET_CFG.decode, STANDARD);
  assert(!judged.ok && judged.error.refusal?.kind === "status");
  assert.equal(judged.error.refusal.name, "UNAVAILABLE");
  assert.match(judged.error.refusal.message, /^\?\[2J\?pay\?me!+…$/);
});

test("a success that lacks any part of the contract has no value", async () => {
  for (const part of Object.keys(SUCCESS).filter((name) => name !== "lspLnNodes")) {
    const value = { ...SUCCESS, [part]: undefined };
    const proven = proveReply(
      await replyOf({ ctx: CTX, either: { case: "success", value } }),
      GET_CFG.decode,
      STANDARD,
    );
    assert(proven.ok && proven.value.outcome.kind === "success", part);
    assert.equal(proven.value.outcome.value, undefined, part);
  }
});

test("no change of an answer's bytes or of its signature is proven", async () => {
  const [reply, gzip] = [await replyOf(GOOD), await replyOf(GOOD, { gzip: true })];
  const standard = { ...STANDARD, offeredGzip: true };
  const changed = fc.tuple(fc.constantFrom(reply, gzip), fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean());
  fc.assert(
    fc.property(changed, ([from, place, flip, inSignature]) => {
      const bytes = inSignature ? Buffer.from(signatureIn(from), "base64") : Buffer.from(from.wire);
      const at = place % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ flip;
      const reply = inSignature ? withSignature(from, encodeBinary(bytes)) : { ...from, wire: bytes };
      assert(!proveReply(reply, GET_CFG.decode, standard).ok);
    }),
    { numRuns: 2_000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (wire) => {
      assert(!proveReply({ ...reply, wire: Buffer.from(wire) }, GET_CFG.decode, standard).ok);
    }),
  );
});

interface Form {
  readonly gzip?: boolean;
  readonly by?: typeof LSP;
}

function replyOf(init: Init, { gzip = false, by = LSP }: Form = {}): Promise<RawReply> {
  return signed(encodeResponse(ResponseSchema, create(ResponseSchema, init)), gzip, by);
}

async function signed(message: Uint8Array, gzip = false, by = LSP): Promise<RawReply> {
  const wire = makeFrame(message, gzip);
  const signature = await by.sign(wire);
  assert(signature.ok);
  const encoding = gzip ? "gzip" : "identity";
  return {
    status: 200,
    headers: { "content-type": "application/grpc+proto", "grpc-encoding": encoding },
    trailers: { "grpc-status": "0", "sig-bin": encodeBinary(signature.value) },
    wire,
  };
}

function signatureIn({ trailers }: RawReply): string {
  return String(trailers["sig-bin"]);
}

function withSignature(reply: RawReply, signature: string): RawReply {
  return { ...reply, trailers: { ...reply.trailers, "sig-bin": signature } };
}

function withHeaders(reply: RawReply, headers: Record<string, string>): RawReply {
  return { ...reply, headers: { ...reply.headers, ...headers } };
}
