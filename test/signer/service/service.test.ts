import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect } from "node:http2";
import { connect as connectSocket } from "node:net";
import { after, before, describe, test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import native from "secp256k1/bindings.js";
import { HealthCheckRequestSchema, HealthCheckResponseSchema } from "../../../proto/gen/grpc/health/v1/health_pb.js";
import {
  Direction,
  GetIdentityResponseSchema,
  SignBatchResultSchema,
  SignBatchSchema,
  SignResponseSchema,
} from "../../../proto/gen/signer/v1/signer_pb.js";
import type { ServiceLog } from "../../../signer/app/serve.ts";
import { BATCH_ITEMS_MAX, STREAM_MESSAGE_BYTES_MAX } from "../../../signer/limits.ts";
import { bound } from "../../tools/speed.ts";
import { askAdminLine, type Caller, openSignerCaller, statusOfStream, until } from "./caller.ts";
import { badFrame, FRAMES_NODE_ID, frameOf, goodFrame, METHOD } from "./frames.ts";
import { frameRequest } from "./messages.ts";
import { type SignerRig, startSignerRig } from "./rig.ts";

const SIGN = "/signer.v1.Signer/Sign";
const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
const verifies = (signature: Uint8Array, frame: Uint8Array): boolean =>
  native.ecdsaVerify(native.signatureImport(signature), sha256(frame), Buffer.from(FRAMES_NODE_ID, "hex"));
const batchOf = (frames: readonly Uint8Array[], from = 0): Buffer =>
  Buffer.from(
    toBinary(
      SignBatchSchema,
      create(SignBatchSchema, {
        items: frames.map((frame, at) => ({
          id: BigInt(from + at),
          request: { frame, method: METHOD, direction: Direction.RESPONSE },
        })),
      }),
    ),
  );
const healthOf = (caller: Caller, service = "") =>
  caller.call(
    "/grpc.health.v1.Health/Check",
    toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service })),
    HealthCheckResponseSchema,
  );

describe("the service over a socket", () => {
  let rig: SignerRig;
  let caller: Caller;
  before(async () => {
    rig = await startSignerRig();
    caller = openSignerCaller(`unix:${rig.socket}`);
  });
  after(async () => {
    caller.close();
    await rig.end();
  });

  test("signs a good frame, and says where the log stands", async () => {
    const frame = goodFrame();
    const { result, auditSeq, auditHead } = await caller.call(SIGN, frameRequest(frame, METHOD), SignResponseSchema);
    assert(result.case === "signature" && verifies(result.value, frame));
    assert(auditSeq > 0n);
    assert.equal(auditHead.length, 32);
  });

  test("refuses with a rule and a reason, as an answer", async () => {
    const { result } = await caller.call(SIGN, frameRequest(badFrame(), METHOD), SignResponseSchema);
    assert(result.case === "refusal");
    assert.equal(result.value.rule, "content.key");
    const unspecified = frameRequest(goodFrame(), METHOD, Direction.DIRECTION_UNSPECIFIED);
    const { result: second } = await caller.call(SIGN, unspecified, SignResponseSchema);
    assert(second.case === "refusal");
    assert.equal(second.value.rule, "ask.direction");
  });

  test("a stream gives each item its result, under its id, with one message for one message", async () => {
    const frames = Array.from({ length: 40 }, (_, at) => (at % 7 === 3 ? badFrame() : goodFrame()));
    const stream = caller.stream();
    const answers: Buffer[] = [];
    stream.on("data", (answer: Buffer) => void answers.push(answer));
    stream.write(batchOf(frames, 1000));
    await until(() => answers.length === 1, "an answer");
    const { results, auditSeq } = fromBinary(SignBatchResultSchema, answers[0] ?? Buffer.alloc(0));
    assert(auditSeq > 40n);
    for (const [at, frame] of frames.entries()) {
      const found = results.find(({ id }) => id === BigInt(1000 + at));
      assert(found !== undefined);
      assert.equal(found.result.case, at % 7 === 3 ? "refusal" : "signature");
      if (found.result.case === "signature") assert(verifies(found.result.value, frame));
    }
    stream.end();
    await new Promise((resolve) => stream.on("end", resolve));
  });

  test("positions on a stream never go back, whatever is signed on which thread", async () => {
    const stream = caller.stream();
    stream.on("error", () => undefined);
    const seqs: bigint[] = [];
    stream.on("data", (answer: Buffer) => void seqs.push(fromBinary(SignBatchResultSchema, answer).auditSeq));
    const sizes = Array.from({ length: 60 }, (_, at) => [1, 30, 2, 5][at % 4] ?? 1);
    for (const size of sizes) stream.write(batchOf(Array.from({ length: size }, () => goodFrame())));
    await until(() => seqs.length === sizes.length, "all answers");
    assert.deepEqual(
      seqs,
      [...seqs].sort((a, b) => Number(a - b)),
    );
    stream.cancel();
  });

  test("a reader that does not read is not buffered for, and misses nothing when it reads", async () => {
    // Raw HTTP/2: a grpc-js client buffers on its own side what nobody reads.
    const batches = 300;
    const session = connect("http://signer", { createConnection: () => connectSocket(rig.socket) });
    const stream = session.request({
      ":method": "POST",
      ":path": "/signer.v1.Signer/SignStream",
      "content-type": "application/grpc",
      te: "trailers",
    });
    const signed = async (): Promise<number> => Number(JSON.parse(await askAdminLine(rig.admin, "status\n")).signed);
    const before = await signed();
    stream.pause();
    for (let at = 0; at < batches; at += 1) {
      const message = batchOf(
        Array.from({ length: 64 }, () => goodFrame()),
        at * 64,
      );
      stream.write(frameOf(message));
    }
    let last = before;
    await until(async () => {
      await new Promise((resolve) => setTimeout(resolve, bound(125)));
      const now = await signed();
      const still = now === last && now > before;
      last = now;
      return still;
    }, "signing stops");
    const taken = (last - before) / 64;
    assert(taken < batches / 2, `${taken} batches were signed for a reader that took none`);
    const ids = new Set<bigint>();
    let bytes = Buffer.alloc(0);
    stream.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (let end = 0; bytes.length >= 5; bytes = bytes.subarray(end)) {
        end = 5 + bytes.readUInt32BE(1);
        if (bytes.length < end) break;
        for (const { id } of fromBinary(SignBatchResultSchema, bytes.subarray(5, end)).results) ids.add(id);
      }
    });
    stream.resume();
    await until(() => ids.size === batches * 64, "all results");
    session.destroy();
  });

  test("a batch of too many items, a message that is too large and one that is none end the stream", async () => {
    const many = caller.stream();
    many.write(batchOf(Array.from({ length: BATCH_ITEMS_MAX + 1 }, () => new Uint8Array())));
    assert.equal((await statusOfStream(many)).code, status.RESOURCE_EXHAUSTED);
    const large = caller.stream();
    large.write(batchOf([new Uint8Array(STREAM_MESSAGE_BYTES_MAX)]));
    assert.equal((await statusOfStream(large)).code, status.RESOURCE_EXHAUSTED);
    const none = caller.stream();
    none.write(Buffer.from("0a05", "hex"));
    assert.equal((await statusOfStream(none)).code, status.INVALID_ARGUMENT);
    await assert.rejects(caller.call(SIGN, Buffer.from("0a05", "hex"), SignResponseSchema), {
      code: status.INVALID_ARGUMENT,
    });
  });

  test("tells who it is", async () => {
    const identity = await caller.call("/signer.v1.Signer/GetIdentity", new Uint8Array(), GetIdentityResponseSchema);
    assert.equal(Buffer.from(identity.nodeId).toString("hex"), FRAMES_NODE_ID);
    assert.deepEqual([identity.network, identity.mode, identity.version], ["regtest", "rehearsal", "test"]);
  });

  test("health, by grpc.health.v1; reflection is not there", async () => {
    assert.equal((await healthOf(caller)).status, 1);
    assert.equal((await healthOf(caller, "signer.v1.Signer")).status, 1);
    await assert.rejects(healthOf(caller, "signer.v1.Other"), { code: status.NOT_FOUND });
    for (const version of ["v1", "v1alpha"]) {
      const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
      await assert.rejects(caller.call(path, new Uint8Array(), SignResponseSchema), { code: status.UNIMPLEMENTED });
    }
  });

  test("the admin socket knows four words and nothing else", async () => {
    assert.equal(await askAdminLine(rig.admin, "sign\n"), '{"ok":false,"error":"admin_command"}\n');
    assert.equal(await askAdminLine(rig.admin, "x".repeat(5000)), "");
    assert.equal(JSON.parse(await askAdminLine(rig.admin, "status\n")).node_id, FRAMES_NODE_ID);
  });
});

test("a pause refuses everything, shows in health, and holds over a restart", async () => {
  const rig = await startSignerRig();
  assert.equal(JSON.parse(await askAdminLine(rig.admin, "pause\n")).serving, false);
  const ask = async (caller: Caller): Promise<string | undefined> => {
    const { result } = await caller.call(SIGN, frameRequest(goodFrame(), METHOD), SignResponseSchema);
    return result.case === "refusal" ? result.value.rule : result.case;
  };
  const first = openSignerCaller(`unix:${rig.socket}`);
  assert.equal(await ask(first), "signer.paused");
  first.close();
  await rig.stop();

  const again = await startSignerRig({ folder: rig.folder });
  const caller = openSignerCaller(`unix:${again.socket}`);
  assert.equal(await ask(caller), "signer.paused");
  assert.equal((await healthOf(caller)).status, 2);
  assert.equal(JSON.parse(await askAdminLine(again.admin, "resume\n")).serving, true);
  assert.equal(await ask(caller), "signature");
  assert.equal((await healthOf(caller)).status, 1);
  caller.close();
  await again.end();
});

test("a log that cannot be written: nothing is signed, and health says so", async () => {
  let broken = false;
  const wrapAudit = (log: ServiceLog): ServiceLog => ({
    append: (entries) => (broken ? Promise.reject(new Error("ENOSPC")) : log.append(entries)),
    note: (text) => log.note(text),
    nextAddress: (next) => log.nextAddress(next),
    setBack: (to) => log.setBack(to),
    hashOf: (seq) => log.hashOf(seq),
    key: () => log.key(),
    head: () => log.head(),
    disk: () => log.disk(),
    refusal: () => log.refusal(),
    close: () => log.close(),
  });
  const rig = await startSignerRig({ wrapAudit });
  const caller = openSignerCaller(`unix:${rig.socket}`);
  const ask = () => caller.call(SIGN, frameRequest(goodFrame(), METHOD), SignResponseSchema);
  assert.equal((await ask()).result.case, "signature");
  broken = true;
  const { result } = await ask();
  assert(result.case === "refusal");
  assert.equal(result.value.rule, "audit_unavailable");
  assert.equal((await healthOf(caller)).status, 2);
  assert.match(rig.logged(), /audit_unavailable/);
  broken = false;
  assert.equal((await ask()).result.case, "signature");
  assert.equal((await healthOf(caller)).status, 1);
  caller.close();
  await rig.end();
});

test("a signing thread that ended: refused, not silent", async () => {
  const rig = await startSignerRig({
    wrapSigning: (signing) => ({ sign: () => Promise.reject(new Error("gone")), close: () => signing.close() }),
  });
  const caller = openSignerCaller(`unix:${rig.socket}`);
  const { result } = await caller.call(SIGN, frameRequest(goodFrame(), METHOD), SignResponseSchema);
  assert(result.case === "refusal");
  assert.equal(result.value.rule, "signing_unavailable");
  assert.match(rig.logged(), /"broken"/);
  caller.close();
  await rig.end();
});

test("a stop finishes what is in flight", async () => {
  const rig = await startSignerRig();
  const caller = openSignerCaller(`unix:${rig.socket}`);
  const stream = caller.stream();
  let results = 0;
  stream.on("error", () => undefined);
  stream.on("data", (answer: Buffer) => {
    results += fromBinary(SignBatchResultSchema, answer).results.length;
  });
  stream.write(batchOf([goodFrame()]));
  await until(() => results === 1, "the first result");
  stream.write(batchOf(Array.from({ length: 500 }, () => goodFrame())));
  stream.end();
  await until(
    async () => Number(JSON.parse(await askAdminLine(rig.admin, "status\n")).in_flight) > 0 || results > 1,
    "work",
  );
  await rig.stop();
  assert.equal(results, 501);
  caller.close();
  await rig.end();
});
