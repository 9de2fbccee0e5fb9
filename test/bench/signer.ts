/**
 * `npm run bench:signer -- [--json] [--rounds N] [--ms N]`: signatures a second of the signer beside lnd's own
 * `signrpc.SignMessage`, and beside what libsecp256k1 can do at all. Frames of 102 bytes, 1 and 64 in flight.
 *
 * All take turns in every round, forward and backward, so that a machine that slows down slows all of them down; every
 * figure is the median of the rounds. The first run builds lnd and the load generator and says so.
 */
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { type Figures, openField } from "./contenders.ts";

const IN_FLIGHT = [1, 64] as const;
const WARM_UP_MS = 1_000;

interface Row extends Figures {
  readonly name: string;
  readonly inFlight: number;
}

const { values } = parseArgs({
  options: {
    json: { type: "boolean" },
    rounds: { type: "string", default: "3" },
    ms: { type: "string", default: "2000" },
  },
});
const [rounds, ms] = [Number(values.rounds), Number(values.ms)];
if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError("--rounds is a number from 1");
if (!Number.isInteger(ms) || ms < 100) throw new RangeError("--ms is a number from 100");

const { contenders, flushMs, close } = await openField();
try {
  const cells = contenders.flatMap((contender) => IN_FLIGHT.map((inFlight) => ({ ...contender, inFlight })));
  const taken = cells.map((): Figures[] => []);
  const flushes: number[] = [];
  for (const { run } of contenders) await run(64, WARM_UP_MS);
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? [...cells.keys()] : [...cells.keys()].reverse();
    flushes.push(flushMs());
    for (const at of order) {
      const cell = cells[at];
      if (cell !== undefined) taken[at]?.push(await cell.run(cell.inFlight, ms));
    }
  }
  const rows = cells.map(({ name, inFlight }, at) => ({ name, inFlight, ...medians(taken[at] ?? []) }));
  process.stdout.write(values.json === true ? json(rows) : table(rows, median(flushes)));
} finally {
  await close();
}

/** An array with a row on each line. */
function json(rows: readonly Row[]): string {
  return `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`;
}

function table(rows: readonly Row[], flush: number): string {
  const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`;
  const lines = contenders.flatMap(({ name, what }) =>
    rows
      .filter((row) => row.name === name)
      .map(({ inFlight, perSecond, p50ms, p99ms }) =>
        [
          name.padEnd(14),
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
  const head = "name           in flight    per s   p50 ms   p99 ms";
  const note = `${rounds} rounds of ${ms} ms each, medians; ${machine}`;
  const disk = `one fdatasync of a record takes ${flush.toFixed(2)} ms`;
  return `${[note, disk, "", head, ...lines, "", ...reach(rows)].join("\n")}\n`;
}

/** What the signer is to reach, log on disk, over its socket. */
function reach(rows: readonly Row[]): string[] {
  const of = (name: string, inFlight: number): Row => {
    const row = rows.find((one) => one.name === name && one.inFlight === inFlight);
    if (row === undefined) throw new RangeError(`no row ${name} ${inFlight}`);
    return row;
  };
  const [ours, limit, js, go] = ["stream-socket", "limit", "lnd-grpc-js", "lnd-ghz"].map((name) => of(name, 64)) as [
    ...[Row, Row, Row, Row],
  ];
  const line = (what: string, ratio: number, wanted: "at least" | "at most", bound: number): string => {
    const met = wanted === "at least" ? ratio >= bound : ratio <= bound;
    return `${what.padEnd(52)} ${ratio.toFixed(2).padStart(6)}  ${wanted} ${bound.toFixed(2)}  ${met ? "met" : "MISSED"}`;
  };
  return [
    line("64 in flight: stream-socket / lnd-grpc-js", ours.perSecond / js.perSecond, "at least", 2.5),
    line("64 in flight: stream-socket / lnd-ghz", ours.perSecond / go.perSecond, "at least", 1),
    line("64 in flight: stream-socket / limit", ours.perSecond / limit.perSecond, "at least", 0.65),
    line("64 in flight: p99, stream-socket / lnd-grpc-js", ours.p99ms / js.p99ms, "at most", 1),
    line("64 in flight: p99, stream-socket / lnd-ghz", ours.p99ms / go.p99ms, "at most", 1.1),
    line(
      "1 in flight: stream-socket / lnd-grpc-js",
      of("stream-socket", 1).perSecond / of("lnd-grpc-js", 1).perSecond,
      "at least",
      1.2,
    ),
  ];
}

function medians(all: readonly Figures[]): Figures {
  const of = (pick: (figures: Figures) => number): number => Number(median(all.map(pick)).toPrecision(4));
  return { perSecond: of((one) => one.perSecond), p50ms: of((one) => one.p50ms), p99ms: of((one) => one.p99ms) };
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}
