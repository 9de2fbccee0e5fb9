import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { builtCeremony } from "../build/artefact.ts";
import { needs } from "../tools/need.ts";
import { ROOT } from "../tools/sources.ts";
import { copyCheckout, evaluate, linkPackages, newFolder, newStore } from "./nix.ts";

/** The derivations of iso/payload.nix for a checkout, as they are made where there is no nixpkgs. */
const expression = (checkout: string): string =>
  `import ${checkout}/iso/payload.nix { platform = import ${ROOT}/iso/check.debian.nix; }`;

const read = (...path: string[]): string => readFileSync(join(...path), "utf8");

test("the pinned hash is that of dist/ceremony", async () => {
  await builtCeremony();
  const [first] = read(ROOT, "dist/SHA256SUMS").split("\n");
  assert.equal(read(ROOT, "iso/payload.sha256"), `${first}\n`, "if the change is meant: iso/pin");
});

test(
  "the packages of npm ci are the pinned ones, byte for byte, and Nix builds dist/ceremony of them",
  needs("nix", "busybox"),
  async (t) => {
    await builtCeremony();
    const folder = newFolder(t);
    const store = newStore(join(folder, "store"));
    const packages = linkPackages(folder);
    const added = store.add(packages);
    const pinned = evaluate<string>(`(${expression(ROOT)}).node_modules.outPath`);
    const hash = () => spawnSync("nix-hash", ["--type", "sha256", packages], { encoding: "utf8" }).stdout.trim();
    // The path of a fixed output is made of its hash and its name alone.
    if (added.stdout !== pinned)
      assert.fail(`node_modules is ${hash()}: npm ci, or iso/pin if the lock file was changed`);

    const built = store.build("--expr", expression(ROOT), "-A", "payload");
    assert(built.done, built.stderr);
    for (const name of ["ceremony", "ceremony.cdx.json", "SHA256SUMS"])
      assert(readFileSync(store.at(join(built.stdout, name))).equals(readFileSync(join(ROOT, "dist", name))), name);

    await t.test("built again it is the same", () => {
      const again = store.build("--check", "--expr", expression(ROOT), "-A", "payload");
      assert(again.done, again.stderr);
    });

    await t.test("one more byte in a source is another executable, and no build", () => {
      const other = copyCheckout(join(folder, "other"));
      appendFileSync(join(other, "ceremony/limits.ts"), "process.exitCode ??= 0;\n");
      const changed = store.build("--expr", expression(other), "-A", "payload");
      assert(!changed.done);
      assert.match(changed.stderr, /ceremony: FAILED/);
    });
  },
);

test("files that are not of the program change nothing, files that are change the derivation", needs("nix"), (t) => {
  const folder = newFolder(t);
  const checkout = copyCheckout(join(folder, "checkout"));
  const path = (name: "payload" | "node_modules") => evaluate<string>(`(${expression(checkout)}).${name}.drvPath`);
  const before = path("payload");
  mkdirSync(join(checkout, "node_modules"));
  writeFileSync(join(checkout, "node_modules/x"), "");
  writeFileSync(join(checkout, "iso/README.md"), "other");
  writeFileSync(join(checkout, "untracked.ts"), "");
  assert.equal(path("payload"), before);
  for (const name of [
    "ceremony/new.ts",
    "iso/build/bundle.ts",
    "iso/payload.sha256",
    "package-lock.json",
    "signer/bundle/payload.ts",
  ]) {
    const last = path("payload");
    appendFileSync(join(checkout, name), "\n");
    assert.notEqual(path("payload"), last, name);
  }
});

test("the lock file's packages are fetched with no script run, and nothing else is fetched", needs("nix"), () => {
  const { args, ...node } = evaluate<{
    args: string[];
    outputHashMode: string;
    outputHashAlgo: string;
    outputHash: string;
  }>(`let it = (${expression(ROOT)}).node_modules; in { inherit (it) args outputHashMode outputHashAlgo outputHash; }`);
  assert.match(args.join("\n"), /npm ci --ignore-scripts /);
  assert.doesNotMatch(args.join("\n"), /npm (?:run|install|exec)|npx/);
  assert.deepEqual([node.outputHashMode, node.outputHashAlgo], ["recursive", "sha256"]);
  assert.match(node.outputHash, /^[0-9a-f]{64}$/);
  assert(
    evaluate<boolean>(`!((${expression(ROOT)}).payload ? outputHash)`),
    "the executable itself must not be fetched",
  );
});
