import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { pgpWords } from "../../../core/pgpwords.ts";
import { attest } from "../../../iso/attest/attest.ts";
import { type Rejection, reportLines, verifyAttestations } from "../../../iso/attest/verify.ts";
import { needs } from "../../tools/need.ts";
import { ROOT } from "../../tools/sources.ts";
import { newTree, type Tree, VERSION } from "./tree.ts";

function treeOf(t: TestContext, ...names: string[]): Tree {
  const tree = newTree(t);
  for (const name of names) tree.attestAs(name);
  return tree;
}

function verify(tree: Tree, image?: string) {
  const report = verifyAttestations(tree.root, image === undefined ? {} : { image });
  assert(report.ok, report.ok ? "" : report.error);
  return report.value;
}

describe("attestations", needs("ssh", "git"), () => {
  test("three builders with three keys agree: that is enough, and it says who and what, in hex and words", (t) => {
    const tree = treeOf(t, "ada", "berta", "carl");
    const report = verify(tree);
    assert.deepEqual([report.isGood, report.agreement.names, report.agreement.keys], [true, 3, 3]);
    const text = reportLines(report).join("\n");
    for (const name of ["ada", "berta", "carl"]) {
      const printed = spawnSync("ssh-keygen", ["-l", "-f", `${tree.key(name)}.pub`], { encoding: "utf8" }).stdout;
      assert(
        text.includes(`good      ${name}  ${printed.split(" ")[1]}`),
        "the fingerprint is the one that OpenSSH prints",
      );
    }
    const hash = readFileSync(join(tree.root, "iso/payload.sha256"), "utf8").slice(0, 64);
    const words = pgpWords(hash);
    assert(text.includes(`${hash}  dist/ceremony\n`));
    assert(text.includes(words.slice(0, 4).join(" ")) && text.includes(words.slice(-4).join(" ")));
    assert.match(text, /nobody attested dist\/ceremony\.iso/);
    assert.match(text, /^ {12}system: of berta$/m);
    assert.match(text, /3 builders with 3 keys, 3 are needed: they agree$/);
  });

  test("sha256sum alone reads an attestation, and finds one changed source", (t) => {
    const tree = treeOf(t, "ada");
    const check = () =>
      spawnSync("sha256sum", ["--check", "--strict", join(tree.folder("ada"), "SHA256SUMS")], { cwd: tree.root })
        .status;
    assert.equal(check(), 0);
    tree.write("ceremony/main.ts", "other");
    assert.notEqual(check(), 0);
  });

  test("none, one and two are short", (t) => {
    const tree = newTree(t);
    assert.equal(verify(tree).isGood, false);
    for (const name of ["ada", "berta"]) {
      tree.attestAs(name);
      assert.equal(verify(tree).isGood, false, name);
    }
    assert.match(reportLines(verify(tree)).join("\n"), /2 builders with 2 keys, 3 are needed: NOT ENOUGH$/);
    tree.attestAs("carl");
    assert.equal(verify(tree).isGood, true);
  });

  test("one who differs is shown and not outvoted, however many agree", (t) => {
    const tree = newTree(t);
    const [one, other] = ["image a", "image b"].map((text) => {
      tree.write(`dist/${text[6]}.iso`, text);
      return join(tree.root, `dist/${text[6]}.iso`);
    });
    for (const name of ["ada", "berta", "carl"]) tree.attestAs(name, one);
    assert.equal(verify(tree, one).isGood, true);
    assert.equal(verify(tree, other).isGood, false, "another image than the one that was built");
    assert.match(reportLines(verify(tree, other)).join("\n"), /THE IMAGE IS ANOTHER ONE/);
    tree.attestAs("dora", other);
    const report = verify(tree);
    assert.equal(report.isGood, false);
    assert.deepEqual(
      report.agreement.differences.map(({ path }) => path),
      ["dist/ceremony.iso"],
    );
    assert.match(reportLines(report).join("\n"), /^DIFFERENT dist\/ceremony\.iso$/m);
    rmSync(tree.folder("dora"), { recursive: true });
    tree.attestAs("emil");
    assert.equal(verify(tree).isGood, false, "one who has no image does not agree on it");
  });

  /** What is done to one of three good attestations, and what becomes of it. */
  const FORGERIES: readonly { readonly name: string; readonly as: Rejection; readonly forge: (tree: Tree) => void }[] =
    [
      {
        name: "a byte changed after signing",
        as: "signature",
        forge: (tree) => {
          const file = join(tree.folder("carl"), "SHA256SUMS");
          writeFileSync(file, readFileSync(file, "utf8").replace("dist/ceremony\n", "dist/cerem0ny\n"));
        },
      },
      {
        name: "signed for another purpose",
        as: "signature",
        forge: (tree) => tree.resign("carl", (text) => text, { namespace: "file" }),
      },
      {
        name: "signed by another builder of the list",
        as: "signature",
        forge: (tree) => tree.resign("carl", (text) => text, { key: "ada" }),
      },
      {
        name: "signed by a stranger",
        as: "signature",
        forge: (tree) => tree.resign("carl", (text) => text, { key: "mallory" }),
      },
      {
        name: "another's folder under one's own name",
        as: "signature",
        forge: (tree) => {
          rmSync(tree.folder("carl"), { recursive: true });
          cpSync(tree.folder("ada"), tree.folder("carl"), { recursive: true });
        },
      },
      {
        name: "another's sums, signed by oneself: nothing of one's own was built",
        as: "tools",
        forge: (tree) => tree.resign("carl", () => readFileSync(join(tree.folder("ada"), "SHA256SUMS"), "latin1")),
      },
      {
        name: "one's own of another version",
        as: "tools",
        forge: (tree) => tree.resign("carl", (text) => text.replace(`attestations/${VERSION}/`, "attestations/1.2.2/")),
      },
      {
        name: "other tools than those signed",
        as: "tools",
        forge: (tree) => writeFileSync(join(tree.folder("carl"), "TOOLS"), "nix: none\n"),
      },
      { name: "no signature", as: "files", forge: (tree) => rmSync(join(tree.folder("carl"), "SHA256SUMS.sig")) },
      { name: "a file more", as: "files", forge: (tree) => writeFileSync(join(tree.folder("carl"), "README"), "") },
      {
        name: "a link to another's",
        as: "files",
        forge: (tree) => {
          rmSync(join(tree.folder("carl"), "TOOLS"));
          symlinkSync("../ada/TOOLS", join(tree.folder("carl"), "TOOLS"));
        },
      },
      {
        name: "a file without end",
        as: "files",
        forge: (tree) => writeFileSync(join(tree.folder("carl"), "TOOLS"), "x".repeat(2 << 20)),
      },
      {
        name: "a name that is not in the list",
        as: "not_allowed",
        forge: (tree) => renameSync(tree.folder("carl"), tree.folder("dora")),
      },
      {
        name: "capital digits",
        as: "malformed",
        forge: (tree) => tree.resign("carl", (text) => text.replace(/^[0-9a-f]{64}/, (hash) => hash.toUpperCase())),
      },
      {
        name: "lines in another order",
        as: "malformed",
        forge: (tree) => tree.resign("carl", (text) => `${text.trim().split("\n").reverse().join("\n")}\n`),
      },
      {
        name: "a line twice",
        as: "malformed",
        forge: (tree) => tree.resign("carl", (text) => `${text.split("\n")[0]}\n${text}`),
      },
      {
        name: "line ends of another system",
        as: "malformed",
        forge: (tree) => tree.resign("carl", (text) => text.replaceAll("\n", "\r\n")),
      },
      {
        name: "a path that climbs out",
        as: "malformed",
        forge: (tree) => tree.resign("carl", (text) => text.replace(" ceremony/main.ts", " ../ceremony/main.ts")),
      },
      { name: "no last line end", as: "malformed", forge: (tree) => tree.resign("carl", (text) => text.trimEnd()) },
      { name: "nothing", as: "malformed", forge: (tree) => tree.resign("carl", () => "") },
      {
        name: "another source",
        as: "other_tree",
        forge: (tree) =>
          tree.resign("carl", (text) => text.replace(/^[0-9a-f]{64}(?= {2}ceremony\/main)/m, "0".repeat(64))),
      },
      {
        name: "a source less",
        as: "other_tree",
        forge: (tree) => tree.resign("carl", (text) => text.replace(/^\S+ {2}package-lock\.json\n/m, "")),
      },
      {
        name: "a source more",
        as: "other_tree",
        forge: (tree) => tree.resign("carl", (text) => text.replace(/^(\S+ {2}ceremony\/)main\.ts\n/m, "$1a.ts\n$&")),
      },
      {
        name: "another executable",
        as: "not_the_pinned",
        forge: (tree) =>
          tree.resign("carl", (text) => text.replace(/^[0-9a-f]{64}(?= {2}dist\/ceremony$)/m, "0".repeat(64))),
      },
      {
        name: "no bill",
        as: "not_the_pinned",
        forge: (tree) => tree.resign("carl", (text) => text.replace(/^\S+ {2}dist\/ceremony\.cdx\.json\n/m, "")),
      },
    ];

  for (const { name, as, forge } of FORGERIES)
    test(`forged: ${name}: ${as}`, (t) => {
      const tree = treeOf(t, "ada", "berta", "carl");
      forge(tree);
      const report = verify(tree);
      assert.deepEqual(
        report.judged.flatMap((one) => (one.result.ok ? [] : [one.result.error])),
        [as],
      );
      assert.deepEqual([report.isGood, report.agreement.names], [false, 2]);
      assert.match(reportLines(report).join("\n"), new RegExp(`^REJECTED {2}\\w+: ${as}$`, "m"));
    });

  test("three good ones and a forged fourth are not good: somebody has to look", (t) => {
    const tree = treeOf(t, "ada", "berta", "carl", "dora");
    tree.resign("dora", (text) => text, { key: "mallory" });
    assert.deepEqual([verify(tree).isGood, verify(tree).agreement.names], [false, 3]);
  });

  test("a source that changed since makes all of them another tree's", (t) => {
    const tree = treeOf(t, "ada", "berta", "carl");
    tree.write("ceremony/main.ts", "other");
    assert.deepEqual(
      verify(tree).judged.map(({ result }) => (result.ok ? "" : result.error)),
      ["other_tree", "other_tree", "other_tree"],
    );
  });

  test("what others wrote cannot move the cursor", (t) => {
    const tree = treeOf(t, "ada");
    const report = verify(tree);
    const lines = reportLines({
      ...report,
      judged: report.judged.map((one) => ({ ...one, tools: "nix: \u001b[2J\u009b1A\n" })),
    });
    assert(lines.includes("            nix: ?[2J?1A"));
    tree.write(`iso/attestations/${VERSION}/\u001b[2Jx`, "");
    assert(reportLines(verify(tree)).includes("REJECTED  ?[2Jx: not_allowed"));
  });

  test("attest signs only what is committed, built and pinned, and never twice", (t) => {
    const tree = newTree(t);
    tree.allow("ada");
    const code = () => {
      const done = attest({ root: tree.root, builder: "ada", key: tree.key("ada") });
      return done.ok ? "signed" : done.error.code;
    };
    tree.write("ceremony/new.ts", "");
    assert.equal(code(), "not_committed");
    tree.commit();
    tree.write("dist/ceremony", "another");
    assert.equal(code(), "not_the_pinned");
    rmSync(join(tree.root, "dist/ceremony"));
    assert.equal(code(), "not_built");
    tree.write("dist/ceremony", "an executable");
    const noKey = attest({ root: tree.root, builder: "ada", key: join(tree.root, "no-key") });
    assert.equal(noKey.ok ? "" : noKey.error.code, "not_signed");
    assert.equal(code(), "signed", "what could not be signed left nothing");
    assert.equal(code(), "attested_before");
    const tools = readFileSync(join(tree.folder("ada"), "TOOLS"), "utf8");
    assert.match(
      tools,
      /^tier: lock\ncommit: [0-9a-f]{40}\nsystem: .+\nkernel: .+\nnode: v24\..+\nnpm: \d.+\nnix: .+\ngit: .+\n$/,
    );
    // It can differ from builder to builder, so it is no part of what they agree on.
    assert.equal(verify(tree).judged[0]?.result.ok, true);
  });

  test("both commands, as people call them", () => {
    const call = (...args: string[]) => spawnSync("npm", ["run", "-s", ...args], { cwd: ROOT, encoding: "utf8" });
    assert.equal(call("attest").status, 2);
    assert.equal(call("attest", "--", "--builder", "../x", "--key", "k").status, 2);
    const verified = call("verify-attestations");
    assert.match(verified.stdout, /builders with \d+ keys, 3 are needed: (?:they agree|NOT ENOUGH)\n$/);
    assert.equal(verified.status, verified.stdout.includes("NOT ENOUGH") ? 1 : 0);
  });
});
