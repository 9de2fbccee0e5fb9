import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { fromJsonString, type JsonValue, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { GET_CFG, makeContext } from "../../../lsp/client/methods.ts";
import { makeFrame } from "../../../lsp/wire/frame.ts";
import { verifyFrame } from "../../../lsp/wire/signature.ts";
import { ResponseSchema } from "../../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import { goClient, grpcurl } from "../../regtest/build.ts";
import { freshNonce } from "../../signer/service/frames.ts";
import { needs } from "../../tools/need.ts";
import { grpcPython } from "../../tools/python.ts";
import { ROOT } from "../../tools/sources.ts";
import { bound } from "../../tools/speed.ts";
import { customerKey, NODE_ID, startTestLsp, type TestLsp } from "./lsp.ts";

// All of them offer gzip and see only messages that their library has inflated: that the LSP answers them with flag 0 is
// what lets them verify anything.

let lsp: TestLsp;
before(async () => {
  lsp = await startTestLsp();
});
after(() => lsp.stop());

test("grpc-js verifies the trailer over the raw bytes", async () => {
  const name = { "grpc.ssl_target_name_override": "localhost" };
  const client = new Client(lsp.address, credentials.createSsl(Buffer.from(lsp.certificate)), name);
  const { message, signature } = await signedRequest();
  const metadata = new Metadata();
  metadata.set("sig-bin", Buffer.from(signature));
  const same = (bytes: Buffer): Buffer => bytes;
  const reply = Promise.withResolvers<Buffer>();
  const trailers = Promise.withResolvers<Metadata>();
  const deadline = { deadline: Date.now() + bound(10_000) };
  client
    .makeUnaryRequest(GET_CFG.path, same, same, message, metadata, deadline, (error, value) => {
      if (error === null && value !== undefined) reply.resolve(value);
      else reply.reject(error);
    })
    .on("status", (status) => trailers.resolve(status.metadata));
  const [bytes, [theirs]] = [await reply.promise, (await trailers.promise).get("sig-bin")];
  client.close();
  assert(theirs instanceof Buffer);
  assert(isByLsp(bytes, theirs));
  assert.equal(GET_CFG.decode(bytes)?.outcome.kind, "success");
});

test("Python's grpcio, with coincurve for the signatures", needs("python3"), async () => {
  const interpreter = grpcPython();
  assert(interpreter !== undefined, "the Python packages cannot be installed");
  const script = join(import.meta.dirname, "client.py");
  const args = [script, join(ROOT, "proto"), lsp.address, lsp.certificateFile, customerKey(0x51).hex, NODE_ID];
  // In a process of its own while this one serves: so not spawnSync.
  const { stdout } = await promisify(execFile)(interpreter, args, { timeout: bound(60_000) });
  assert.deepEqual(JSON.parse(stdout), {
    verified: [true, true, true],
    either: ["success", "success", "failure"],
    node_ids: [NODE_ID, NODE_ID, NODE_ID],
    least: 12_000_000,
  });
});

test("Go's grpc-go, with a raw codec and another secp256k1", needs("go"), async () => {
  const running = promisify(execFile)(await goClient(), { timeout: bound(60_000) });
  const { address, certificateFile: certificate } = lsp;
  const asked = { address, certificate, privateKey: customerKey(0x52).hex, nodeId: NODE_ID };
  running.child.stdin?.end(JSON.stringify(asked));
  assert.deepEqual(JSON.parse((await running).stdout), {
    verified: true,
    nodeId: NODE_ID,
    either: 2,
    replayVerified: true,
    replayEither: 3,
  });
});

test("grpcurl: the call succeeds, the trailer is there", needs("go"), async () => {
  const { signature, json } = await signedRequest(0x53);
  const args = [
    ...["-v", "-cacert", lsp.certificateFile, "-import-path", join(ROOT, "proto"), "-proto", "btc_lsp.proto"],
    ...["-H", `sig-bin: ${Buffer.from(signature).toString("base64")}`, "-d", JSON.stringify(json)],
    ...["-max-time", "10", lsp.address, "BtcLsp.Service/GetCfg"],
  ];
  const { stdout } = await promisify(execFile)(await grpcurl(), args, { timeout: bound(60_000) });
  const [, body = "", trailer = ""] =
    /\nResponse contents:\n(\{.*\})\n\nResponse trailers received:\n.*?^sig-bin: (\S+)$/ms.exec(stdout) ?? [];
  // grpcurl shows JSON and not bytes. What the LSP sends is canonical, so written again it is what was signed.
  const bytes = toBinary(ResponseSchema, fromJsonString(ResponseSchema, body));
  assert(isByLsp(bytes, Buffer.from(trailer, "base64")), stdout);
});

async function signedRequest(byte?: number): Promise<{ message: Buffer; signature: Uint8Array; json: JsonValue }> {
  const { key } = customerKey(byte);
  const nonce = freshNonce();
  const message = Buffer.from(GET_CFG.encode(makeContext(nonce, key.publicKey), undefined));
  const signature = await key.sign(makeFrame(message, false));
  assert(signature.ok);
  const lnPubKey = { val: Buffer.from(key.publicKey).toString("base64") };
  return { message, signature: signature.value, json: { ctx: { nonce: { val: String(nonce) }, lnPubKey } } };
}

function isByLsp(message: Uint8Array, signature: Uint8Array): boolean {
  return verifyFrame(makeFrame(message, false), signature, Buffer.from(NODE_ID, "hex"));
}
