import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PERMISSIONS } from "../../../lsp/node/macaroon.ts";
import { type Lnd, startLnd } from "../../regtest/lnd.ts";
import { needs } from "../../tools/need.ts";
import { NODE_ID, startTestLsp, type TestLsp } from "./lsp.ts";
import { client } from "./run.ts";

/** Any wallet: the customer's. */
const WORDS =
  "about wolf boost other battle asthma refuse wedding few purchase track one " +
  "smooth tunnel immune glass infant tag manual multiply diagram orient wrist agent";

/** As `lsp client --help` says. */
const NEEDED = [...PERMISSIONS.info, ...PERMISSIONS.sign];

const { skip } = needs("go");

let lsp: TestLsp;
let lnd: Lnd;
let folder: string;
before(async () => {
  if (skip) return;
  folder = mkdtempSync(join(tmpdir(), "client-lnd-"));
  [lsp, lnd] = await Promise.all([startTestLsp(), startLnd({ words: WORDS.split(" ") })]);
});
after(async () => {
  if (skip) return;
  await Promise.all([lsp.stop(), lnd.stop()]);
  rmSync(folder, { recursive: true });
});

test("the customer's lnd signs, with a macaroon for the two calls that this needs", { skip }, async () => {
  const { code, stdout } = await ask(await bake(NEEDED));
  assert.equal(code, 0);
  assert.partialDeepStrictEqual(JSON.parse(stdout), { ok: true, nodeId: NODE_ID });
});

test("without either of the two the command says what is missing", { skip }, async () => {
  for (const uri of NEEDED) {
    const { code, stdout } = await ask(await bake([uri]));
    assert.equal(code, 1);
    assert.partialDeepStrictEqual(JSON.parse(stdout), { ok: false, code: "client_key", about: "lnd_denied" });
  }
});

/** The path of a file with a macaroon for these calls, in lnd's binary form. */
async function bake(uris: readonly string[]): Promise<string> {
  const permissions = uris.map((action) => ({ entity: "uri", action }));
  const { macaroon } = await lnd.call<{ macaroon: string }>("lnrpc.Lightning/BakeMacaroon", { permissions });
  const path = join(folder, "customer.macaroon");
  writeFileSync(path, Buffer.from(macaroon, "hex"), { mode: 0o600 });
  return path;
}

function ask(macaroon: string): Promise<{ code: number; stdout: string }> {
  return client(
    ...["get-cfg", "--json", "--address", lsp.address, "--node-id", NODE_ID, "--cert", lsp.certificateFile],
    ...["--lnd", lnd.target, "--lnd-cert", lnd.certificate, "--lnd-macaroon", macaroon],
  );
}
