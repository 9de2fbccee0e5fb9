import type { Result } from "../../core/result.ts";
import { type LspStartError, refuse } from "../files.ts";
import { setBack } from "../store/setback.ts";
import { openStore } from "../store/store.ts";
import { openLog } from "./log.ts";
import { loadConfig, readUrl } from "./materials.ts";

/** `lsp nonces reset`: a sentence on what it did. What it did is in the log too, on standard error. */
export async function resetNonces(path: string): Promise<Result<string, LspStartError>> {
  const config = loadConfig(path);
  if (!config.ok) return config;
  const url = readUrl(config.value.database["url-file"]);
  if (!url.ok) return url;
  const { folder } = config.value.database;
  const store = await openStore({
    ...(url.value === undefined ? {} : { url: url.value }),
    ...(folder === undefined ? {} : { folder }),
    network: config.value.network,
    clock: Date.now,
  });
  if (!store.ok) return refuse(store.error.code, store.error.detail);
  const done = await setBack(store.value, Date.now());
  await store.value.close();
  if (!done.ok) return refuse(done.error.code, done.error.detail);
  if (done.value === undefined) return { ok: true, value: "nothing to set back" };
  const [from, to] = [done.value.from, done.value.to].map((micro) => new Date(Number(micro / 1_000n)).toISOString());
  openLog("info").warn({ from, to }, "reply nonces set back");
  return { ok: true, value: `set back from ${from} to ${to}` };
}
