/**
 * What taking nonces costs: `node test/lsp/store/figures.ts [SECONDS]`. 256 keys as in the bench of the LSP; each caller
 * takes one nonce after the other of keys that nobody else has. "durable" is what the disk does: commits of one row by
 * one caller, without the gate.
 */
import { sql } from "kysely";
import { takeNonce } from "../../../lsp/store/nonces.ts";
import { openStore, type Store } from "../../../lsp/store/store.ts";
import { emptyFolder } from "./folder.ts";
import { startPostgres } from "./postgres.ts";
import { numberedKey, value } from "./values.ts";

const MS = Number(process.argv[2] ?? 3) * 1_000;
const KEYS = 256;

type Call = (store: Store, key: Buffer, nonce: bigint) => Promise<unknown>;

const gate: Call = async (store, key, nonce) => value(await store.nonces.take(key, nonce));
const effect: Call = async (store, key, nonce) => value(await store.transaction((trx) => takeNonce(trx, key, nonce)));
const durable: Call = (store) => sql`UPDATE reply_nonces SET updated_at = now()`.execute(store.db);

const server = await startPostgres();
const places = { postgres: { url: server.url }, pglite: { folder: await emptyFolder() } };
const stores = new Map<string, Store>();
for (const [kind, where] of Object.entries(places))
  stores.set(kind, value(await openStore({ ...where, network: "regtest", clock: Date.now })));

const rows: Record<string, unknown>[] = [];
let nonce = BigInt(Date.now()) * 1_000n;
for (const [name, call, callers] of [
  ["gate", gate, 1],
  ["gate", gate, 16],
  ["gate", gate, 64],
  ["gate", gate, 256],
  ["effect", effect, 1],
  ["effect", effect, 64],
  ["durable", durable, 1],
] as const) {
  for (const [kind, store] of stores) rows.push({ name, kind, callers, ...(await measure(store, call, callers)) });
}
process.stdout.write(`${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
for (const store of stores.values()) await store.close();
await server.stop();

async function measure(store: Store, call: Call, callers: number): Promise<Record<string, number>> {
  const times: number[] = [];
  const start = performance.now();
  const cpu = process.cpuUsage();
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let key = caller; performance.now() < start + MS; key = (key + callers) % KEYS) {
        nonce += 1n;
        const began = performance.now();
        await call(store, numberedKey(key), nonce);
        times.push(performance.now() - began);
      }
    }),
  );
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  const at = (share: number): number => Number((times[Math.floor(times.length * share)] ?? 0).toFixed(2));
  return {
    perSecond: Math.round((times.length * 1_000) / (performance.now() - start)),
    p50ms: at(0.5),
    p99ms: at(0.99),
    cpuMicros: Math.round((user + system) / times.length),
  };
}
