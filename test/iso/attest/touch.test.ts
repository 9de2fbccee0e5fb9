import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { NAMESPACE } from "../../../iso/attest/signers.ts";
import { presence } from "../../../iso/attest/sshsig.ts";
import { type Rejection, verifyAttestations } from "../../../iso/attest/verify.ts";
import { needs } from "../../tools/need.ts";
import { armoured, FLAGS, newToken } from "./token.ts";
import { newTree, type Tree } from "./tree.ts";

/** Attestations of ada, berta and carl; carl's is signed anew by a token, with these flags. */
function withToken(t: TestContext, flags: number): Tree {
  const tree = newTree(t);
  for (const name of ["ada", "berta", "carl"]) tree.attestAs(name);
  const token = newToken();
  const list = join(tree.root, "iso/attestations/allowed_signers");
  const others = readFileSync(list, "utf8").replace(/^carl .*\n/m, "");
  writeFileSync(list, `${others}carl namespaces="${NAMESPACE}" ${token.line}\n`);
  const file = join(tree.folder("carl"), "SHA256SUMS");
  writeFileSync(`${file}.sig`, token.sign(readFileSync(file), NAMESPACE, flags));
  return tree;
}

function openssh(tree: Tree): number | null {
  const file = join(tree.folder("carl"), "SHA256SUMS");
  const list = join(tree.root, "iso/attestations/allowed_signers");
  const args = ["-Y", "verify", "-f", list, "-I", "carl", "-n", NAMESPACE, "-s", `${file}.sig`];
  return spawnSync("ssh-keygen", args, { input: readFileSync(file) }).status;
}

function rejections(tree: Tree): Rejection[] {
  const report = verifyAttestations(tree.root);
  assert(report.ok);
  return report.value.judged.flatMap(({ result }) => (result.ok ? [] : [result.error]));
}

const signatureOf = (tree: Tree, name: string): string =>
  readFileSync(join(tree.folder(name), "SHA256SUMS.sig"), "latin1");

const blobOf = (text: string): Buffer => Buffer.from(text.split("\n").slice(1, -2).join(""), "base64");

describe("a signature by a token", needs("ssh", "git"), () => {
  for (const [name, flags] of [
    ["touched", FLAGS.touched],
    ["touched, and a PIN typed", FLAGS.touched | FLAGS.verified],
  ] as const)
    test(`${name}: good, by OpenSSH and here`, (t) => {
      const tree = withToken(t, flags);
      assert.equal(openssh(tree), 0);
      assert.deepEqual(rejections(tree), []);
    });

  for (const [name, flags] of [
    ["nobody touched it", FLAGS.none],
    ["a PIN, and nobody touched it", FLAGS.verified],
    ["every bit but the touch", 0xfe],
  ] as const)
    test(`${name}: good by OpenSSH, rejected here`, (t) => {
      const tree = withToken(t, flags);
      assert.equal(openssh(tree), 0, "OpenSSH does not look at the flag");
      assert.deepEqual(rejections(tree), ["touchless"]);
    });

  test("the flag is part of what is signed: set afterwards, the signature is none", (t) => {
    const tree = withToken(t, FLAGS.none);
    const blob = blobOf(signatureOf(tree, "carl"));
    blob[blob.length - 5] = FLAGS.touched;
    writeFileSync(join(tree.folder("carl"), "SHA256SUMS.sig"), armoured(blob));
    assert.notEqual(openssh(tree), 0);
    assert.deepEqual(rejections(tree), ["signature"]);
  });

  test("what ssh-keygen writes has presence; a byte more, less or elsewhere has no form", (t) => {
    const tree = newTree(t);
    tree.attestAs("ada");
    const text = signatureOf(tree, "ada");
    const token = newToken().sign(Buffer.from("x"), NAMESPACE, FLAGS.touched);
    for (const whole of [text, token]) {
      assert.deepEqual(presence(whole), { ok: true, value: undefined });
      const blob = blobOf(whole);
      for (const broken of [
        "",
        whole.trimEnd(),
        `\n${whole}`,
        `${whole}${whole}`,
        whole.replaceAll("\n", "\r\n"),
        whole.replace("SSH SIGNATURE", "PGP SIGNATURE"),
        armoured(Buffer.concat([blob, Buffer.alloc(1)])),
        armoured(Buffer.concat([blob, Buffer.alloc(4)])),
        armoured(blob.subarray(0, -1)),
        armoured(blob.subarray(0, -5)),
        armoured(blob.subarray(1)),
        armoured(Buffer.alloc(0)),
      ])
        assert.deepEqual(presence(broken), { ok: false, error: "form" });
    }
  });

  test("a token's key under the name of a disk's has no form: its flags would not be looked at", () => {
    const token = newToken();
    const blob = blobOf(token.sign(Buffer.from("x"), NAMESPACE, FLAGS.none));
    const renamed = Buffer.from(
      blob.toString("latin1").replaceAll("sk-ssh-ed25519@openssh.com", "xx-ssh-ed25519@openssh.com"),
      "latin1",
    );
    assert.deepEqual(presence(armoured(renamed)), { ok: false, error: "form" });
  });
});
