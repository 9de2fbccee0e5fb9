import { sql, type Transaction } from "kysely";
import type { Incoming, Outgoing } from "../../../lsp/server/exchange.ts";
import { type Effect, type EffectOutcome, method } from "../../../lsp/service/methods.ts";
import { openServicePipeline } from "../../../lsp/service/pipeline.ts";
import { openVerifier } from "../../../lsp/service/verifier.ts";
import type { ResponseSigner } from "../../../lsp/sign/signer.ts";
import type { Database } from "../../../lsp/store/schema.ts";
import type { Store } from "../../../lsp/store/store.ts";
import { encodeResponse } from "../../../lsp/wire/request.ts";
import { Service } from "../../../proto/gen/btc_lsp_pb.js";
import { keySigner, openParts } from "./rig.ts";

export async function makeNotes(store: Store): Promise<void> {
  const made = await store.transaction((trx) => sql`CREATE TABLE noted (what text UNIQUE)`.execute(trx));
  if (!made.ok) throw new Error(made.error.detail);
}

export async function note(trx: Transaction<Database>, what: string): Promise<void> {
  await sql`INSERT INTO noted VALUES (${what})`.execute(trx);
}

export async function notes(store: Store): Promise<string[]> {
  const { rows } = await sql<{ what: string }>`SELECT what FROM noted ORDER BY what`.execute(store.db);
  return rows.map(({ what }) => what);
}

/** A success of SwapIntoLn, in whose place the method stands. */
export const SUCCESS: EffectOutcome = {
  outcome: "success",
  reply: encodeResponse(Service.method.swapIntoLn.output, {
    $typeName: "BtcLsp.Method.SwapIntoLn.Response",
    either: { case: "success", value: { $typeName: "BtcLsp.Method.SwapIntoLn.Response.Success" } },
  }),
};

/** Answers requests to SwapIntoLn by this effect. */
export function openEffect(
  store: Store,
  run: Effect,
  signer: ResponseSigner = keySigner(),
): { ask: (incoming: Incoming) => Promise<Outgoing>; told: string[] } {
  const { parts, told } = openParts(store, { signer });
  const of = method(Service.method.swapIntoLn, () => ({ kind: "effect", run }));
  const pipeline = openServicePipeline(parts, openVerifier());
  return { ask: (incoming) => pipeline(of, incoming), told };
}
