/**
 * The test command: `npm test` runs everything, `npm test -- seed oracle` only the named parts.
 *
 * The parts, in this order: tools, check, build, then the test groups, which are the folders of `test/` that hold
 * `*.test.ts` files. All parts run, whatever fails before. With `CI=true` a missing tool or a skipped test is a failure.
 * `npm test -- --quick` runs the check and the tests that need no machine, node, database server, system tool or oracle.
 */
import { runGroups } from "./tools/groups.ts";
import { installTools, runInTerminal } from "./tools/install.ts";
import { thisMachine } from "./tools/machine.ts";
import { isQuick } from "./tools/quick.ts";
import { closingLines, type PartReport, type Report } from "./tools/report.ts";
import { runScript } from "./tools/script.ts";
import { ROOT, testGroups } from "./tools/sources.ts";
import { slowness } from "./tools/speed.ts";

interface Part {
  readonly name: string;
  readonly run: () => PartReport;
}

const parts: Part[] = [
  { name: "tools", run: tools },
  { name: "check", run: () => runScript(ROOT, "check") },
  { name: "build", run: () => runScript(ROOT, "build") },
];

const groups = testGroups();
const quick = process.argv.includes("--quick");
const chosen = process.argv.slice(2).filter((name) => name !== "--quick");
const known = [...new Set([...parts.map(({ name }) => name), ...groups.keys()])];
const unknown = chosen.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no such part: ${unknown.join(" ")}\nparts: --quick ${known.join(" ")}\n`);
  process.exit(2);
}
process.exitCode = await main();

async function main(): Promise<number> {
  const reports: PartReport[] = [];
  for (const { name, run } of parts) {
    if (quick ? name === "check" && isChosen(name) : isChosen(name) || name === "tools") {
      process.stdout.write(`== ${name}\n`);
      reports.push(run());
    }
  }
  const files = [...groups]
    .filter(([name]) => isChosen(name))
    .flatMap(([, group]) => group.filter((file) => !quick || isQuick(file)));
  const tests = await runGroups(files);
  const report: Report = { parts: reports, tests, slowness: slowness(), strict: process.env["CI"] === "true" };
  const { lines, failed } = closingLines(report);
  process.stdout.write(`${lines.join("\n")}\n`);
  return failed === 0 ? 0 : 1;
}

function isChosen(name: string): boolean {
  return chosen.length === 0 || chosen.includes(name);
}

function tools(): PartReport {
  const start = performance.now();
  const { missing, lines } = installTools(thisMachine, runInTerminal);
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
  return { name: "tools", ms: performance.now() - start, failed: false, missing };
}
