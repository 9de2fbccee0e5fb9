import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type native from "secp256k1/bindings.js";
import { buildBinding } from "../../../deploy/release/binding.ts";
import { needs } from "../../tools/need.ts";
import { ROOT } from "../../tools/sources.ts";

const SIGNATURES = 500;

const require = createRequire(import.meta.url);

/** The binding over one compiled file, as `bindings.js` of the package makes it. */
function load(file: string): typeof native {
  const wrap = require("secp256k1/lib/index.js") as (addon: unknown) => typeof native;
  const { Secp256k1 } = require(file) as { readonly Secp256k1: new () => unknown };
  return wrap(new Secp256k1());
}

test("the binding that the package brings compiled does what its sources do, byte for byte", needs("gcc"), (t) => {
  const folder = mkdtempSync(join(tmpdir(), "binding-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "secp256k1.node");
  buildBinding(file);
  const brought = load(join(ROOT, "node_modules/secp256k1/prebuilds/linux-x64/secp256k1.glibc.node"));
  const built = load(file);
  for (const seed of Array.from({ length: SIGNATURES }, (_, at) => hash("sha256", `key ${at}`, "buffer"))) {
    const [digest, data] = [hash("sha256", seed, "buffer"), hash("sha512", seed, "buffer").subarray(0, 32)];
    const publicKey = brought.publicKeyCreate(seed, true);
    assert.deepEqual(built.publicKeyCreate(seed, true), publicKey);
    for (const options of [undefined, { data }]) {
      const { signature } = brought.ecdsaSign(digest, seed, options);
      assert.deepEqual(built.ecdsaSign(digest, seed, options).signature, signature);
      assert.deepEqual(built.signatureExport(signature), brought.signatureExport(signature));
      assert(built.ecdsaVerify(signature, digest, publicKey));
      assert(!built.ecdsaVerify(signature, seed, publicKey));
      assert(!brought.ecdsaVerify(signature, seed, publicKey));
    }
  }
});
