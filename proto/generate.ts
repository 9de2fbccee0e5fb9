/**
 * `npm run generate [FOLDER]`: the messages of every `.proto` file here as JavaScript with types, in `proto/gen` or in
 * FOLDER. It runs buf and protoc-gen-es from node_modules and needs no network.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

const PROTO = import.meta.dirname;
const TOOLS = join(PROTO, "..", "node_modules", ".bin");

const folder = resolve(process.env["INIT_CWD"] ?? ".", process.argv[2] ?? join(PROTO, "gen"));
const template = {
  version: "v2",
  // Not TypeScript: protoc-gen-es writes `export enum`, which Node's type stripping does not run.
  plugins: [{ local: "protoc-gen-es", out: folder, opt: ["target=js+dts", "import_extension=js"] }],
};

// A message that is gone must not stay behind.
rmSync(folder, { recursive: true, force: true });
const { status, error } = spawnSync(join(TOOLS, "buf"), ["generate", PROTO, "--template", JSON.stringify(template)], {
  stdio: "inherit",
  env: { ...process.env, PATH: [TOOLS, process.env["PATH"]].join(delimiter) },
});
if (error !== undefined) {
  process.stderr.write(`buf: ${error.message}\n`);
}
process.exitCode = status ?? 1;
