/**
 * `npm run bench:lsp -- [--json] [--rounds N] [--ms N]`: signed unary `GetCfg` calls over TLS, 1 and 64 in flight of 256
 * keys, with the signer's log on disk and durable nonces; beside the same LSP signed by lnd, a bare grpc-js echo, and what
 * libsecp256k1 alone could do in one thread. The first run builds lnd and says so.
 *
 * All take turns in every round, forward and backward, so that a machine that slows down slows all of them down; every
 * figure is the median of the rounds. The signer's log must have grown by exactly the answers.
 *
 * `--soak SECONDS`: one LSP on Postgres under steady load, its memory at the start, in the middle and at the end.
 */
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import type { Hit } from "./gun.ts";
import { openField } from "./lspfield.ts";
import { soak } from "./soak.ts";

const IN_FLIGHT = [1, 64] as const;
const WARM_UP_MS = 1_500;

interface Row {
  readonly name: string;
  readonly inFlight: number;
  readonly perSecond: number;
  readonly p50ms: number;
  readonly p99ms: number;
}

const { values } = parseArgs({
  options: {
    json: { type: "boolean" },
    rounds: { type: "string", default: "3" },
    ms: { type: "string", default: "2000" },
    soak: { type: "string" },
  },
});
const [rounds, ms] = [Number(values.rounds), Number(values.ms)];
if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError("--rounds is a number from 1");
if (!Number.isInteger(ms) || ms < 100) throw new RangeError("--ms is a number from 100");

const { contenders, close } = await openField();
try {
  if (values.soak !== undefined) process.stdout.write(await soak(contenders, Number(values.soak)));
  else await compare();
} finally {
  await close();
}

async function compare(): Promise<void> {
  const cells = contenders.flatMap((contender) => IN_FLIGHT.map((inFlight) => ({ ...contender, inFlight })));
  const taken = cells.map((): Hit[] => []);
  for (const { run } of contenders) await run(64, WARM_UP_MS);
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? [...cells.keys()] : [...cells.keys()].reverse();
    for (const at of order) {
      const cell = cells[at];
      if (cell !== undefined) taken[at]?.push(await cell.run(cell.inFlight, ms));
    }
  }
  const rows = cells.map(({ name, inFlight }, at) => ({ name, inFlight, ...medians(taken[at] ?? []) }));
  process.stdout.write(values.json === true ? json(rows) : table(rows));
}

/** An array with a row on each line. */
function json(rows: readonly Row[]): string {
  return `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`;
}

function table(rows: readonly Row[]): string {
  const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`;
  const lines = contenders.flatMap(({ name, what }) =>
    rows
      .filter((row) => row.name === name)
      .map(({ inFlight, perSecond, p50ms, p99ms }) =>
        [
          name.padEnd(18),
          String(inFlight).padStart(9),
          perSecond.toFixed(0).padStart(8),
          p50ms.toFixed(3).padStart(8),
          p99ms.toFixed(3).padStart(8),
          `  ${inFlight === 1 ? what : ""}`,
        ]
          .join(" ")
          .trimEnd(),
      ),
  );
  const head = "name               in flight    per s   p50 ms   p99 ms";
  const note = `${rounds} rounds of ${ms} ms each, medians; ${machine}`;
  return `${[note, "", head, ...lines, "", ...reach(rows)].join("\n")}\n`;
}

/** What the LSP is to reach, on Postgres. */
function reach(rows: readonly Row[]): string[] {
  const of = (name: string, inFlight: number): number => {
    const row = rows.find((one) => one.name === name && one.inFlight === inFlight);
    if (row === undefined) throw new RangeError(`no row ${name} ${inFlight}`);
    return row.perSecond;
  };
  const line = (what: string, ratio: number, bound: number | undefined, digits = 2): string => {
    const judged = bound === undefined ? "" : `at least ${bound.toFixed(digits)}  ${ratio >= bound ? "met" : "MISSED"}`;
    return `${what.padEnd(46)} ${ratio.toFixed(digits).padStart(6)}  ${judged}`.trimEnd();
  };
  const ours = of("lsp-postgres", 64);
  return [
    line("64 in flight: lsp-postgres / lsp-signed-by-lnd", ours / of("lsp-signed-by-lnd", 64), 1.5),
    line("64 in flight: lsp-postgres / limit", ours / of("limit", 64), 0.5),
    line("64 in flight: lsp-postgres, a second", ours, 3_000, 0),
    line("64 in flight: lsp-postgres / echo", ours / of("echo", 64), undefined),
    line("64 in flight: lsp-pglite / lsp-signed-by-lnd", of("lsp-pglite", 64) / of("lsp-signed-by-lnd", 64), undefined),
    line("1 in flight: lsp-postgres / lsp-signed-by-lnd", of("lsp-postgres", 1) / of("lsp-signed-by-lnd", 1), 1),
  ];
}

function medians(all: readonly Hit[]): Omit<Row, "name" | "inFlight"> {
  const of = (pick: (hit: Hit) => number): number => Number(median(all.map(pick)).toPrecision(4));
  return { perSecond: of((one) => one.perSecond), p50ms: of((one) => one.p50ms), p99ms: of((one) => one.p99ms) };
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}
