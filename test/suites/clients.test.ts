import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { GET_CFG, makeContext } from "../../lsp/client/methods.ts";
import { makeFrame, openFrame } from "../../lsp/wire/frame.ts";
import { verifyFrame } from "../../lsp/wire/signature.ts";
import { customerKey, NODE_ID, startTestLsp, type TestLsp } from "../lsp/client/lsp.ts";
import { freshNonce } from "../signer/service/frames.ts";
import { needs } from "../tools/need.ts";
import { bound } from "../tools/speed.ts";
import { javaClient, tonicClient } from "./programs.ts";

// Programs that send a frame as it is, plain and gzip, and show the frame that came: the signature is over these bytes.

let lsp: TestLsp;
before(async () => {
  lsp = await startTestLsp();
});
after(() => lsp.stop());

interface Call {
  readonly encoding: "identity" | "gzip";
  readonly frame: Buffer;
  /** Base64, as a `-bin` value is on the wire. */
  readonly signature: string;
}

/** One call plain and one with gzip, by a customer of its own. */
async function makeCalls(byte: number): Promise<Call[]> {
  const { key } = customerKey(byte);
  const calls: Call[] = [];
  for (const encoding of ["identity", "gzip"] as const) {
    const message = Buffer.from(GET_CFG.encode(makeContext(freshNonce(), key.publicKey), undefined));
    const frame = makeFrame(message, encoding === "gzip");
    const signature = await key.sign(frame);
    assert(signature.ok);
    calls.push({ encoding, frame, signature: Buffer.from(signature.value).toString("base64") });
  }
  return calls;
}

/** The LSP answers with the flag that it was asked with where that is offered, signs that frame, and it is a success. */
function assertAnswered({ encoding }: Call, frame: Buffer, signature: string): void {
  assert.equal(frame[0], encoding === "gzip" ? 1 : 0, "the flag");
  assert(verifyFrame(frame, Buffer.from(signature, "base64"), Buffer.from(NODE_ID, "hex")), "the signature");
  const opened = openFrame(frame, encoding);
  assert(opened.ok);
  assert.equal(GET_CFG.decode(opened.value.message)?.outcome.kind, "success");
}

async function run(program: string, args: readonly string[], input: string): Promise<Buffer> {
  const child = spawn(program, args, { timeout: bound(60_000) });
  child.stdin.end(input);
  const [output, errors, [status]] = await Promise.all([
    buffer(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  assert.equal(status, 0, errors);
  return output;
}

/** Lines in, lines out, as tonic/src/main.rs and java/RawClient.java have them. */
async function assertAllAnswered(calls: readonly Call[], program: string, args: readonly string[]): Promise<void> {
  const lines = calls.map(({ encoding, frame, signature }) =>
    [GET_CFG.path, encoding, frame.toString("hex"), signature].join(" "),
  );
  const output = (await run(program, [...args, lsp.address, lsp.certificateFile], `${lines.join("\n")}\n`)).toString();
  const answers = output.trim().split("\n");
  assert.equal(answers.length, calls.length);
  for (const [at, call] of calls.entries()) {
    const [frame = "", signature = ""] = answers[at]?.split(" ") ?? [];
    assertAnswered(call, Buffer.from(frame, "hex"), signature);
  }
}

test("curl: the raw frame, plain and gzip", needs("curl"), async () => {
  for (const call of await makeCalls(0x61)) {
    const [sent, got] = [join(lsp.folder, "request"), join(lsp.folder, "headers")];
    writeFileSync(sent, call.frame);
    const headers = [
      ...["content-type: application/grpc", "te: trailers", `sig-bin: ${call.signature}`],
      ...[`grpc-encoding: ${call.encoding}`, `grpc-accept-encoding: ${call.encoding}`],
    ];
    const args = [
      ...["--silent", "--show-error", "--http2", "--cacert", lsp.certificateFile, "--dump-header", got],
      ...headers.flatMap((header) => ["--header", header]),
      ...["--data-binary", `@${sent}`, `https://${lsp.address}${GET_CFG.path}`],
    ];
    const body = await run("curl", args, "");
    const [, signature = ""] = /^sig-bin: (\S+)\r?$/m.exec(readFileSync(got, "latin1")) ?? [];
    assertAnswered(call, body, signature);
  }
});

test("tonic's channel: the raw frame, plain and gzip", needs("cargo"), async () => {
  await assertAllAnswered(await makeCalls(0x62), await tonicClient(), []);
});

test("grpc-java on netty: the raw frame, plain and gzip", needs("maven", "jdk"), async () => {
  await assertAllAnswered(await makeCalls(0x63), "java", ["-cp", await javaClient(), "RawClient"]);
});
