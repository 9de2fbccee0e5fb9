import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { NAMESPACE, parseSigners } from "../../../iso/attest/signers.ts";
import { verifyAttestations } from "../../../iso/attest/verify.ts";
import { needs } from "../../tools/need.ts";
import { ROOT } from "../../tools/sources.ts";
import { newTree } from "./tree.ts";

describe("who may attest", needs("ssh", "git"), () => {
  test("the list of this project is in the one form", () => {
    const signers = parseSigners(readFileSync(join(ROOT, "iso/attestations/allowed_signers"), "utf8"));
    assert(signers.ok);
  });

  test("a name and a key stand in it once, and nothing that OpenSSH would take for more than one of them", (t) => {
    const tree = newTree(t);
    const [one, other] = ["ada", "berta"].map((name) => readFileSync(`${tree.key(name)}.pub`, "utf8").trim());
    const rsa = join(tree.root, "rsa");
    spawnSync("ssh-keygen", ["-q", "-t", "rsa", "-b", "2048", "-N", "", "-C", "", "-f", rsa]);
    const space = `namespaces="${NAMESPACE}"`;
    const codes = (text: string) => {
      const signers = parseSigners(text);
      return signers.ok ? signers.value.map(({ name }) => name) : `${signers.error.code} ${signers.error.line}`;
    };
    assert.deepEqual(codes(`# both\n\nada ${space} ${one}\nberta ${space} ${other} of Berta\n`), ["ada", "berta"]);
    assert.equal(codes(`ada ${space} ${one}\nberta ${space} ${one}\n`), "key_twice 2");
    assert.equal(codes(`ada ${space} ${one}\nada ${space} ${other}\n`), "signer_twice 2");
    for (const line of [
      `* ${space} ${one}`,
      `ada,berta ${space} ${one}`,
      `ada* ${space} ${one}`,
      `Ada ${space} ${one}`,
      `../ada ${space} ${one}`,
      `ada ${one}`,
      `ada namespaces="*" ${one}`,
      `ada namespaces="${NAMESPACE},file" ${one}`,
      `ada cert-authority,${space} ${one}`,
      `ada ${space},valid-before="20990101" ${one}`,
      `ada ${space} ${readFileSync(`${rsa}.pub`, "utf8").trim()}`,
      `ada ${space} sk-${one?.replace("ed25519", "ed25519@openssh.com")}`,
      `ada ${space} ${one?.slice(0, -4)}`,
      ` ada ${space} ${one}`,
      `ada\t${space} ${one}`,
    ])
      assert.equal(codes(`${line}\n`), "signers_malformed 1", line);
  });

  test("a list that is not in that form verifies nothing", (t) => {
    const tree = newTree(t);
    for (const name of ["ada", "berta", "carl"]) tree.attestAs(name);
    tree.allow("dora", "ada");
    assert.deepEqual(verifyAttestations(tree.root), { ok: false, error: "allowed_signers, line 5: key_twice" });
  });
});
