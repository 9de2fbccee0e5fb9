/**
 * `npm run bench:signer -- [--json] [--rounds N] [--ms N]`: signatures a second of the signer beside lnd's own
 * `signrpc.SignMessage`, and beside what libsecp256k1 can do at all. Frames of 102 bytes, 1 and 64 in flight.
 *
 * All take turns in every round, forward and backward, so that a machine that slows down slows all of them down; every
 * figure is the median of the rounds. The first run builds lnd and the load generator and says so.
 */
import { parseArgs } from "node:util";
import { endWithHelp } from "../tools/help.ts";
import { openSignerField } from "./contenders.ts";
import { total } from "./cpu.ts";
import { SIGNER_GOALS } from "./goals.ts";
import { policyNote } from "./policy.ts";
import { goalLine } from "./ratios.ts";
import { cpuTable, json, median, type Row, readRounds, roundRow, table, takeTurns } from "./rounds.ts";

endWithHelp("usage: npm run bench:signer -- [--json] [--rounds N] [--ms N]\n");
const { values } = parseArgs({
  options: {
    json: { type: "boolean" },
    rounds: { type: "string", default: "3" },
    ms: { type: "string", default: "2000" },
  },
});
const asked = readRounds(values);

const { contenders, flushMs, close } = await openSignerField();
const flushes: number[] = [];
const options = { ...asked, warmUpMs: 1_000, onRound: () => void flushes.push(flushMs()) };

try {
  const rows = await takeTurns(contenders, options);
  process.stdout.write(values.json === true ? json(rows) : report(rows));
} finally {
  await close();
}

function report(rows: readonly Row[]): string {
  const [note = "", ...lines] = table(contenders, rows, options);
  const disk = `one fdatasync of a record takes ${median(flushes).toFixed(2)} ms`;
  const cpu = cpuTable(rows, "signer", "sign", "log", "lnd", "rest", "load");
  return `${[note, disk, ...lines, "", ...cpu, policyNote(), "", ...reach(rows)].join("\n")}\n`;
}

/** What the signer is to reach, log on disk, over its socket. */
function reach(rows: readonly Row[]): string[] {
  const of = (name: string, inFlight: number): Row => roundRow(rows, name, inFlight);
  const [ours, limit, js, go] = ["stream-socket", "limit", "lnd-grpc-js", "lnd-ghz"].map((name) => of(name, 64)) as [
    ...[Row, Row, Row, Row],
  ];
  const alone = of("stream-socket", 1).perSecond / of("lnd-grpc-js", 1).perSecond;
  return Object.entries({
    "stream/js": ours.perSecond / js.perSecond,
    "stream/ghz": ours.perSecond / go.perSecond,
    "stream/limit": ours.perSecond / limit.perSecond,
    "p99 stream/js": ours.p99ms / js.p99ms,
    "p99 stream/ghz": ours.p99ms / go.p99ms,
    "stream/js alone": alone,
    "CPU stream/limit": total(ours.cpu, "load") / total(limit.cpu),
  } satisfies Record<keyof typeof SIGNER_GOALS, number>).map(([name, figure]) =>
    goalLine(SIGNER_GOALS[name as keyof typeof SIGNER_GOALS], figure),
  );
}
