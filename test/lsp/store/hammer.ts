/**
 * Opens a store and does what an LSP does all the time, until it is killed:
 *
 *     node test/lsp/store/hammer.ts take STORE LOG KEYS    takes nonces, as many at a time as there are keys
 *     node test/lsp/store/hammer.ts hold STORE             opens the store, says what came of it, and waits
 *
 * STORE is the URL or the folder of a database. What was acknowledged goes to LOG, a line each: `n KEY NONCE` for a nonce
 * that was accepted, `r NONCE` for a nonce of a reply. A line is written after the acknowledgement, so none is there
 * that was not given.
 */
import { randomInt } from "node:crypto";
import { openSync, writeSync } from "node:fs";
import { openStore, type Store } from "../../../lsp/store/store.ts";
import { numberedKey } from "./values.ts";

const [mode = "", where = "", log = "", keys = "0"] = process.argv.slice(2);
const place = where.startsWith("postgres:") ? { url: where } : { folder: where };
const opened = await openStore({ ...place, network: "regtest", clock: Date.now });
process.stdout.write(`${opened.ok ? "opened" : opened.error.code}\n`);
if (!opened.ok) process.exit(1);
if (mode === "take") {
  const out = openSync(log, "a");
  await Promise.all(Array.from({ length: Number(keys) }, (_, key) => take(opened.value, key, out)));
} else {
  setInterval(() => undefined, 60_000);
}

async function take(store: Store, key: number, out: number): Promise<never> {
  for (;;) {
    const nonce = BigInt(Date.now()) * 1_000n + BigInt(randomInt(1_000));
    const [taken, reply] = [await store.nonces.take(numberedKey(key), nonce), store.replyNonces.next()];
    if (!taken.ok) continue;
    if (taken.value === "accepted") writeSync(out, `n ${key} ${nonce}\n`);
    if (reply !== undefined) writeSync(out, `r ${reply}\n`);
  }
}
