import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openTls } from "../../../lsp/server/tls.ts";
import { makeAuthority, makeServer, validFor } from "../../../signer/pki/authority.ts";

const HOST = { handshakeMs: 1_000, onSecure: () => undefined, onFailed: () => undefined };

test("a key that is not the certificate's is neither served nor read again, of whatever type it is", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pair-"));
  const files = { certificate: join(folder, "a.crt"), privateKey: join(folder, "a.key") };
  const { certificate, privateKey } = makeServer(
    makeAuthority("CA", validFor(1, Date.now())),
    ["a"],
    validFor(1, Date.now()),
  );
  writeFileSync(files.certificate, certificate);
  writeFileSync(files.privateKey, privateKey);
  const opened = await openTls(files, HOST);
  assert(opened.ok);
  const others = [
    generateKeyPairSync("rsa", { modulusLength: 2048 }),
    generateKeyPairSync("ec", { namedCurve: "P-256" }),
    generateKeyPairSync("ed25519"),
  ];
  for (const { privateKey: other } of others) {
    writeFileSync(files.privateKey, other.export({ type: "pkcs8", format: "pem" }));
    // OpenSSL's context has a slot for each type of key, and takes a pair of two types without a word.
    for (const found of [await openTls(files, HOST), await opened.value.reload()])
      assert.deepEqual(found, {
        ok: false,
        error: { code: "server_tls", reason: `${files.privateKey}: the key is not the certificate's` },
      });
  }
  writeFileSync(files.privateKey, privateKey);
  assert((await opened.value.reload()).ok);
  rmSync(folder, { recursive: true });
});
