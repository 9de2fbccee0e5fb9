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
import { parseArgs } from "node:util";
import { endWithHelp } from "../tools/help.ts";
import { total } from "./cpu.ts";
import { LSP_GOALS } from "./goals.ts";
import { openLspField } from "./lspfield.ts";
import { policyNote } from "./policy.ts";
import { goalLine } from "./ratios.ts";
import { cpuTable, json, type Row, readRounds, roundRow, table, takeTurns } from "./rounds.ts";
import { soak } from "./soak.ts";

endWithHelp("usage: npm run bench:lsp -- [--json] [--rounds N] [--ms N] [--soak SECONDS]\n");
const { values } = parseArgs({
  options: {
    json: { type: "boolean" },
    rounds: { type: "string", default: "3" },
    ms: { type: "string", default: "2000" },
    soak: { type: "string" },
  },
});
const options = { ...readRounds(values), warmUpMs: 5_000 };

const { contenders, close } = await openLspField();
try {
  process.stdout.write(values.soak === undefined ? await compare() : await soak(contenders, Number(values.soak)));
} finally {
  await close();
}

async function compare(): Promise<string> {
  const rows = await takeTurns(contenders, options);
  if (values.json === true) return json(rows);
  const cpu = cpuTable(rows, "main", "verify", "signer", "sign", "log", "postgres", "lnd", "rest", "load");
  return `${[...table(contenders, rows, options), "", ...cpu, policyNote(), "", ...reach(rows)].join("\n")}\n`;
}

/** What the LSP is to reach, on Postgres. */
function reach(rows: readonly Row[]): string[] {
  const row = (name: string, inFlight: number): Row => roundRow(rows, name, inFlight);
  const of = (name: string, inFlight: number): number => row(name, inFlight).perSecond;
  const [ours, limit] = [row("lsp-postgres", 64), row("limit", 64)];
  return Object.entries({
    "lsp/lnd": ours.perSecond / of("lsp-signed-by-lnd", 64),
    "lsp/limit": ours.perSecond / limit.perSecond,
    "lsp a second": ours.perSecond,
    "lsp/echo": ours.perSecond / of("echo", 64),
    "pglite/postgres": of("lsp-pglite", 64) / ours.perSecond,
    "lsp/lnd alone": of("lsp-postgres", 1) / of("lsp-signed-by-lnd", 1),
    "CPU lsp/limit": total(ours.cpu, "load") / total(limit.cpu),
    "CPU pglite/postgres": total(row("lsp-pglite", 64).cpu, "load") / total(ours.cpu, "load"),
  } satisfies Record<keyof typeof LSP_GOALS, number>).map(([name, figure]) =>
    goalLine(LSP_GOALS[name as keyof typeof LSP_GOALS], figure),
  );
}
