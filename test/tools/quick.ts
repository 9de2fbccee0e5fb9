import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { importsOf } from "../project/source.ts";
import { groupOf, ROOT } from "./sources.ts";

/** Folders that `npm test -- --quick` leaves out, with all below them, and why. */
export const NOT_QUICK: Readonly<Record<string, string>> = {
  bench: "measures, and needs Go",
  "ceremony/check": "the known answers, with scrypt at full cost",
  "ceremony/flow": "plays every page of the ceremony, with scrypt at full cost",
  "ceremony/faults": "plays whole ceremonies, one for each fault",
  "ceremony/oracle": "lnd's Go packages",
  chain: "lnd and a whole rehearsal",
  demo: "the whole chain on regtest",
  deploy: "systemd, and the executable",
  iso: "Nix, QEMU, ssh-keygen, and the executable",
  "lsp/load": "hundreds of clients and kills",
  regtest: "btcd and lnd",
  rehearsal: "whole rehearsals in a terminal",
  suites: "conformance suites in Go, Rust and Java",
};

/** Files that start a node, a database server or a machine: a test that loads one is not quick either. */
const RIGS: ReadonlySet<string> = new Set([
  "test/demo/system.ts",
  "test/iso/boot/machine.ts",
  "test/lsp/store/postgres.ts",
  "test/regtest/build.ts",
  "test/regtest/chain.ts",
  "test/regtest/lnd.ts",
]);

/** Single files that take more than ten seconds, and what they do with them. */
export const SLOW_FILES: Readonly<Record<string, string>> = {
  "test/project/docs.test.ts": "starts every command of the README",
};

/** A system tool that a test asks for. Git lists files, and is quick. */
const TOOL = /\bneeds\((?!"git"\))/;

/** Whether a test file (absolute path) is in the quick run: no machine, node, database server, system tool or oracle. */
export function isQuick(file: string): boolean {
  const group = groupOf(file);
  if (Object.keys(NOT_QUICK).some((place) => group === place || group.startsWith(`${place}/`))) return false;
  const path = relative(ROOT, file);
  return !Object.hasOwn(SLOW_FILES, path) && slowParts(path).length === 0;
}

/** The rigs, and the files that ask for tools, among all that a test file loads from `test/`. */
export function slowParts(path: string): string[] {
  const reached = new Set([path]);
  for (const file of reached)
    for (const name of importsOf({ path: file, text: readText(file) }))
      if (name.startsWith("test/") && name.endsWith(".ts") && existsSync(join(ROOT, name))) reached.add(name);
  return [...reached].filter(
    (file) => RIGS.has(file) || (!file.startsWith("test/tools/") && TOOL.test(readText(file))),
  );
}

function readText(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}
