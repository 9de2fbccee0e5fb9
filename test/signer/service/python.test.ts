import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import native from "secp256k1/bindings.js";
import { makeAuthority, makeClient, makeServer, validFor } from "../../../signer/pki/authority.ts";
import { needs } from "../../tools/need.ts";
import { grpcPython } from "../../tools/python.ts";
import { ROOT } from "../../tools/sources.ts";
import { bound } from "../../tools/speed.ts";
import { FRAMES_NODE_ID, goodFrame, METHOD } from "./frames.ts";
import { newSignerFolder, type SignerRigOptions, startSignerRig } from "./rig.ts";

interface Report {
  readonly node_id: string;
  readonly network: string;
  readonly signature: string;
  readonly ids: readonly string[];
  readonly verified: readonly boolean[];
  readonly rule: string;
}

/** In a process of its own while this one serves: so not spawnSync. */
async function ask(place: string, frame: Uint8Array, tls: readonly string[] = []): Promise<Report> {
  const interpreter = grpcPython();
  assert(interpreter !== undefined, "the Python packages cannot be installed");
  const args = [
    join(import.meta.dirname, "client.py"),
    join(ROOT, "proto"),
    place,
    METHOD,
    Buffer.from(frame).toString("hex"),
  ];
  const { stdout } = await promisify(execFile)(interpreter, [...args, ...tls], { timeout: bound(60_000) });
  return JSON.parse(stdout) as Report;
}

function check(report: Report, frame: Uint8Array): void {
  assert.equal(report.node_id, FRAMES_NODE_ID);
  assert.equal(report.network, "regtest");
  assert.deepEqual(report.verified, [true, true, true]);
  assert.deepEqual(new Set(report.ids), new Set(["18446744073709551615", "0"]));
  assert.equal(report.rule, "form.one-frame");
  const digest = createHash("sha256").update(frame).digest();
  const signature = native.signatureImport(Buffer.from(report.signature, "hex"));
  assert(native.ecdsaVerify(signature, digest, Buffer.from(FRAMES_NODE_ID, "hex")));
}

test(
  "a Python client, made of the .proto file alone, gets a signature over the socket that it verifies",
  needs("python3"),
  async () => {
    const rig = await startSignerRig();
    const frame = goodFrame();
    check(await ask(rig.socket, frame), frame);
    await rig.end();
  },
);

test("and over TLS", needs("python3"), async () => {
  const folder = newSignerFolder();
  const ca = makeAuthority("signer CA", validFor(10, Date.now()));
  const server = makeServer(ca, ["signer", "127.0.0.1"], validFor(10, Date.now()));
  const client = makeClient(ca, "lsp", validFor(10, Date.now()));
  const files = ["ca.crt", "lsp.crt", "lsp.key"].map((name) => join(folder, name));
  for (const [at, text] of [ca.certificate, client.certificate, client.privateKey].entries())
    writeFileSync(files[at] ?? "", text);
  const options: SignerRigOptions = {
    keys: {
      clients: [{ name: "lsp", fingerprints: [client.fingerprint] }],
      tls: { host: "127.0.0.1", port: 0, certificate: "-", "private-key": "-", authority: "-" },
    },
    tls: {
      host: "127.0.0.1",
      port: 0,
      certificate: server.certificate,
      authority: ca.certificate,
      privateKey: Buffer.from(server.privateKey),
    },
  };
  const rig = await startSignerRig(options);
  const frame = goodFrame();
  check(await ask(`127.0.0.1:${rig.service.port}`, frame, files), frame);
  await rig.end();
  rmSync(folder, { recursive: true });
});
