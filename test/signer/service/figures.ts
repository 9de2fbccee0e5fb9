/**
 * The figures of docs/signer.md: `node test/signer/service/figures.ts [MS] [ROUNDS]`. Alternating rounds, median of them, one
 * process for the signer and one for the load.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openSigner } from "../../../signer/client/client.ts";
import { FRAMES_NODE_ID } from "./frames.ts";
import { bareLimit, type Load, runLoad, streamAsk, unaryAsk } from "./load.ts";

const [ms = 1500, rounds = 3] = process.argv.slice(2).map(Number);
async function startHost(...args: string[]): Promise<{ socket: string; end: () => void }> {
  const file = join(import.meta.dirname, "host.ts");
  const host = spawn(process.execPath, [file, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = (await once(createInterface({ input: host.stdout }), "line")) as [string];
  const { socket } = JSON.parse(line) as { socket: string };
  return { socket, end: () => host.stdin.end() };
}

const [host, inline] = [await startHost(), await startHost("inline")];
const open = ({ socket }: { socket: string }, batchItems?: number) =>
  openSigner({
    place: { socket },
    nodeId: FRAMES_NODE_ID,
    network: "regtest",
    ...(batchItems === undefined ? {} : { batchItems }),
  });
const client = open(host);
const [small, large, single] = [open(host, 16), open(host, 64), open(inline)];
const unary = unaryAsk(host.socket);
const kinds = {
  "stream 64": () => runLoad(streamAsk(client), 64, ms),
  "stream 1": () => runLoad(streamAsk(client), 1, ms),
  "sign 64": () => runLoad(unary.ask, 64, ms),
  "sign 1": () => runLoad(unary.ask, 1, ms),
  "stream 64, messages of 16": () => runLoad(streamAsk(small), 64, ms),
  "stream 64, messages of 64": () => runLoad(streamAsk(large), 64, ms),
  "stream 64, one thread": () => runLoad(streamAsk(single), 64, ms),
  "stream 1, one thread": () => runLoad(streamAsk(single), 1, ms),
};
await runLoad(streamAsk(client), 64, 500);
await runLoad(unary.ask, 64, 500);
const results = new Map<string, Load[]>(Object.keys(kinds).map((name) => [name, []]));
const limits: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  limits.push(bareLimit(ms / 2));
  for (const [name, run] of Object.entries(kinds)) results.get(name)?.push(await run());
}
const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const limit = median(limits);
console.log(`limit                      ${limit.toFixed(0).padStart(7)}/s`);
for (const [name, loads] of results) {
  const rate = median(loads.map(({ perSecond }) => perSecond));
  const p50 = median(loads.map(({ p50ms }) => p50ms)).toFixed(2);
  const p99 = median(loads.map(({ p99ms }) => p99ms)).toFixed(2);
  console.log(
    `${name.padEnd(26)} ${rate.toFixed(0).padStart(7)}/s  ${((100 * rate) / limit).toFixed(0)} %  p50 ${p50}  p99 ${p99}`,
  );
}
await Promise.all([client, small, large, single].map((one) => one.close()));
unary.close();
host.end();
inline.end();
