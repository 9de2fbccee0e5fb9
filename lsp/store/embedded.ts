import { PGlite } from "@electric-sql/pglite";
import { PGliteDialect } from "kysely";
import type { DatabaseRows, Engine } from "./engine.ts";
import { parseInteger } from "./postgres.ts";

const INT8 = 20;
const NUMERIC = 1700;

/**
 * Postgres in this process, its files in a folder of their own. It makes no fsync call at all, so it is for regtest and
 * for the demo. The caller has locked the folder.
 */
export async function openEmbedded(folder: string): Promise<Engine> {
  const database = await PGlite.create(folder, { parsers: { [INT8]: parseInteger, [NUMERIC]: parseInteger } });
  return {
    kind: "pglite",
    dialect: new PGliteDialect({ pglite: database }),
    inspect: () => Promise.resolve(undefined),
    async run({ text }, values) {
      const { rows } = await database.query<unknown[]>(text, [...values], { rowMode: "array" });
      return rows;
    },
    alone: (work) =>
      database.transaction((trx) =>
        work(async (text, values = []): Promise<DatabaseRows> => {
          const { rows } = await trx.query<unknown[]>(text, [...values], { rowMode: "array" });
          return rows;
        }),
      ),
    async close() {
      if (!database.closed) await database.close();
    },
  };
}
