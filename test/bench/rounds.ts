import { cpus, loadavg } from "node:os";
import { type Cpu, perCall, total } from "./cpu.ts";

export interface Figures {
  readonly perSecond: number;
  readonly p50ms: number;
  readonly p99ms: number;
  /** All calls that came to an end, also after the time. */
  readonly answers: number;
}

export interface Contender {
  readonly name: string;
  readonly what: string;
  /** Keeps so many calls open for so long. Rejects for every answer that is none. */
  run(inFlight: number, ms: number): Promise<Figures>;
  /** CPU so far of all that works for it, by part. */
  cpu?(): Cpu;
}

export interface Row extends Figures {
  readonly name: string;
  readonly inFlight: number;
  /** Microseconds a call, by part. */
  readonly cpu: Cpu;
}

export interface Rounds {
  readonly rounds: number;
  readonly ms: number;
  readonly warmUpMs: number;
  /** Before each round. */
  readonly onRound?: () => void;
  /** Calls that are open at once: 1 and 64, where nothing else is said. */
  readonly inFlight?: readonly number[];
}

const IN_FLIGHT = [1, 64] as const;

/** @throws RangeError for numbers that make no rounds */
export function readRounds({ rounds, ms }: { readonly rounds: string; readonly ms: string }): {
  rounds: number;
  ms: number;
} {
  const read = { rounds: Number(rounds), ms: Number(ms) };
  if (!Number.isInteger(read.rounds) || read.rounds < 1) throw new RangeError("--rounds is a number from 1");
  if (!Number.isInteger(read.ms) || read.ms < 100) throw new RangeError("--ms is a number from 100");
  return read;
}

/**
 * All take turns in every round, forward and backward, so that a machine that slows down slows all of them down; every
 * figure is the median of the rounds.
 */
export async function takeTurns(contenders: readonly Contender[], options: Rounds): Promise<Row[]> {
  const { rounds, ms, warmUpMs, onRound, inFlight: all = IN_FLIGHT } = options;
  const cells = contenders.flatMap((contender) => all.map((inFlight) => ({ contender, inFlight })));
  const taken = cells.map((): Taken[] => []);
  for (const { run } of contenders) if (warmUpMs > 0) await run(64, warmUpMs);
  for (let round = 0; round < rounds; round += 1) {
    onRound?.();
    const order = round % 2 === 0 ? [...cells.keys()] : [...cells.keys()].reverse();
    for (const at of order) {
      const cell = cells[at];
      if (cell !== undefined) taken[at]?.push(await measured(cell.contender, cell.inFlight, ms));
    }
  }
  return cells.map(({ contender: { name }, inFlight }, at) => ({ name, inFlight, ...medians(taken[at] ?? []) }));
}

type Taken = Figures & Pick<Row, "cpu">;

async function measured({ run, cpu = () => ({}) }: Contender, inFlight: number, ms: number): Promise<Taken> {
  const before = cpu();
  const figures = await run(inFlight, ms);
  return { ...figures, cpu: perCall(before, cpu(), figures.answers) };
}

/** An array with a row on each line. */
export function json(rows: readonly Row[]): string {
  return `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`;
}

/** What was measured, where; then a line for each row under a head. */
export function table(contenders: readonly Contender[], rows: readonly Row[], { rounds, ms }: Rounds): string[] {
  const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`;
  const width = Math.max(...contenders.map(({ name }) => name.length)) + 1;
  const lines = contenders.flatMap(({ name, what }) =>
    rows
      .filter((row) => row.name === name)
      .map(({ inFlight, perSecond, p50ms, p99ms }) =>
        [
          name.padEnd(width),
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
  const note = `${rounds} rounds of ${ms} ms each, medians; ${machine}`;
  return [note, "", `${"name".padEnd(width)} in flight    per s   p50 ms   p99 ms`, ...lines];
}

export function roundRow(rows: readonly Row[], name: string, inFlight: number): Row {
  const row = rows.find((one) => one.name === name && one.inFlight === inFlight);
  if (row === undefined) throw new RangeError(`no row ${name} ${inFlight}`);
  return row;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

function medians(all: readonly Taken[]): Taken {
  const of = (pick: (taken: Taken) => number): number => Number(median(all.map(pick)).toPrecision(4));
  const parts = [...new Set(all.flatMap(({ cpu }) => Object.keys(cpu)))];
  return {
    perSecond: of((one) => one.perSecond),
    p50ms: of((one) => one.p50ms),
    p99ms: of((one) => one.p99ms),
    answers: of((one) => one.answers),
    cpu: Object.fromEntries(parts.map((part) => [part, of(({ cpu }) => cpu[part] ?? 0)])),
  };
}

/** A line for each row: microseconds of CPU a call, of all parts and of each. */
export function cpuTable(rows: readonly Row[], ...order: readonly string[]): string[] {
  const width = Math.max(...rows.map(({ name }) => name.length)) + 1;
  const cell = (value: number | undefined): string => (value === undefined ? "-" : value.toFixed(0)).padStart(8);
  const line = (name: string, inFlight: string, cells: readonly string[]): string =>
    [name.padEnd(width), inFlight.padStart(9), ...cells].join(" ");
  const head = line(
    "CPU a call, µs",
    "in flight",
    ["all", ...order].map((part) => part.padStart(8)),
  );
  const lines = rows.map(({ name, inFlight, cpu }) =>
    line(name, String(inFlight), [cell(total(cpu)), ...order.map((part) => cell(cpu[part]))]),
  );
  return [head, ...lines];
}
