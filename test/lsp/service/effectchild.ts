/**
 * Answers one request with an effect, and stops at a point of it until it is killed:
 *
 *     node test/lsp/service/effectchild.ts STORE POINT KEY NONCE
 *
 * STORE is the URL or the folder of a database, KEY the customer's private key in hex. POINT is `work` (written, not
 * committed) or `signature` (committed, not signed). It writes the point when it is there.
 */
import { openStore } from "../../../lsp/store/store.ts";
import { note, openEffect, SUCCESS } from "./effectrig.ts";
import { askAs } from "./requests.ts";
import { customerOf, keySigner } from "./rig.ts";

const [where = "", point = "", key = "", nonce = ""] = process.argv.slice(2);
const place = where.startsWith("postgres:") ? { url: where } : { folder: where };
const opened = await openStore({ ...place, network: "regtest", clock: Date.now });
if (!opened.ok) throw new Error(opened.error.code);

async function stopAt(here: string): Promise<void> {
  if (here !== point) return;
  process.stdout.write(`${here}\n`);
  setInterval(() => undefined, 60_000);
  await new Promise(() => undefined);
}

const signer = Object.assign(keySigner(), { hold: () => stopAt("signature") });
const { ask: handle } = openEffect(
  opened.value,
  async (trx) => {
    await note(trx, point);
    await stopAt("work");
    return SUCCESS;
  },
  signer,
);
await handle(askAs(customerOf(Buffer.from(key, "hex")), { method: "SwapIntoLn", nonce: BigInt(nonce) }));
