/**
 * `npm run test:deep`: what takes too long for every run. Each part is the same test with a larger number; the numbers
 * and the day stand at the end of the output, for the summary in docs/deep.md.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "./tools/sources.ts";
import { measureSlowness, SLOWNESS_VARIABLE } from "./tools/speed.ts";

interface Part {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly files: readonly string[];
}

const PARTS: readonly Part[] = [
  {
    name: "10 million mutated frames at the policy",
    env: { FUZZ_COUNT: "10000000" },
    files: ["test/signer/policy/fuzz.test.ts"],
  },
  {
    name: "300 seeds beside lnd's own packages, ten of each leading zero",
    env: { DEEP: "1" },
    files: ["test/ceremony/oracle/oracle.test.ts"],
  },
  {
    name: "500 kills of the audit log, and 500 of the signer, under load",
    env: { DEEP: "1" },
    files: ["test/signer/audit/crash.test.ts", "test/signer/service/crash.test.ts"],
  },
  {
    name: "LSP and Postgres killed under load, eight times each",
    env: { DEEP: "8" },
    files: ["test/lsp/store/crash.test.ts", "test/lsp/load/crash.test.ts"],
  },
  {
    name: "a fault at every scene of the ceremony",
    env: { DEEP: "1" },
    files: [
      "test/ceremony/faults/kill.test.ts",
      "test/ceremony/faults/end.test.ts",
      "test/ceremony/faults/disk.test.ts",
    ],
  },
  {
    name: "a machine of its own for each gate of the boot test, and rehearsals of the other pairs",
    env: { DEEP: "1" },
    files: ["test/iso/boot/gates.test.ts", "test/iso/boot/play.test.ts"],
  },
];

const chosen = process.argv.slice(2);
const unknown = chosen.filter((word) => !PARTS.some(({ name }) => name.includes(word)));
if (unknown.length > 0) {
  const names = PARTS.map(({ name }) => `  ${name}\n`);
  process.stderr.write(`test:deep: no part is named ${unknown.join(", ")}\nparts:\n${names.join("")}`);
  process.exit(2);
}
const lines: string[] = [];
let failed = 0;
for (const { name, env, files } of PARTS) {
  if (chosen.length > 0 && !chosen.some((word) => name.includes(word))) continue;
  const start = performance.now();
  const { status } = spawnSync(process.execPath, ["--test", ...files.map((file) => join(ROOT, file))], {
    stdio: "inherit",
    env: { ...process.env, [SLOWNESS_VARIABLE]: String(measureSlowness()), ...env },
  });
  if (status !== 0) failed += 1;
  lines.push(`${status === 0 ? "passed" : "FAILED"}  ${name}  ${Math.round((performance.now() - start) / 1000)} s`);
}
console.log(`\n${new Date().toISOString().slice(0, 10)}\n${lines.join("\n")}`);
console.log(`${lines.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
