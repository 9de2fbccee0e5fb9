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
import { openLspField } from "./lspfield.ts";
import { json, type Row, readRounds, roundRow, table, takeTurns } from "./rounds.ts";
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
  return `${[...table(contenders, rows, options), "", ...reach(rows)].join("\n")}\n`;
}

/** What the LSP is to reach, on Postgres. */
function reach(rows: readonly Row[]): string[] {
  const of = (name: string, inFlight: number): number => roundRow(rows, name, inFlight).perSecond;
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
