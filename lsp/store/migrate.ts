import { createHash } from "node:crypto";
import type { Network } from "../../core/network.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import type { Engine, Run } from "./engine.ts";
import { type StoreError, storeError } from "./errors.ts";
import type { Migration } from "./migrations.ts";

/** Key of the advisory lock; any number that nobody else takes in this database. */
const LOCK = "7020109";

/** Networks whose coins are worth nothing: there a store may lose what it said. */
export function isPlay(network: Network): boolean {
  return network === "regtest" || network === "simnet";
}

/** What a database remembers of a migration: 32 bytes, hex. */
export function checksum({ name, statements }: Migration): string {
  return createHash("sha256")
    .update(JSON.stringify([name, ...statements]))
    .digest("hex");
}

/**
 * Brings the database to the last of `migrations`, or refuses it, in one transaction: a start that fails leaves the
 * database as it was. Of two processes that start at once the second waits, and finds nothing left to do.
 *
 * @param version of this program
 * @returns the names of the migrations that it made
 */
export async function migrate(
  engine: Engine,
  network: Network,
  migrations: readonly Migration[],
  version: string,
): Promise<Result<readonly string[], StoreError>> {
  try {
    return await engine.alone(async (run) => {
      // Until the end of the transaction, however it ends.
      await run(`SELECT pg_advisory_xact_lock(${LOCK})`);
      const usable = await judge(run, engine, network, migrations, version);
      if (!usable.ok) return usable;
      const missing = migrations.slice(usable.value);
      for (const migration of missing) await apply(run, migration);
      if (usable.value === 0) await run("INSERT INTO store (network) VALUES ($1)", [network]);
      return ok(missing.map(({ name }) => name));
    });
  } catch (error) {
    const known = storeError(error);
    if (known === undefined) throw error;
    const refused = known.code === "store_failed" || known.code === "store_constraint";
    return fail(refused ? { code: "migration_failed", detail: known.detail } : known);
  }
}

/**
 * How many of the migrations the database has, if it is one that this program may use. It may have more: a newer program
 * runs beside this one, or ran before it, and each of its steps says whether this one still can.
 */
async function judge(
  run: Run,
  engine: Engine,
  network: Network,
  migrations: readonly Migration[],
  version: string,
): Promise<Result<number, StoreError>> {
  if (engine.kind === "postgres" && !isPlay(network)) {
    const [settings = []] = await run("SELECT current_setting('fsync'), current_setting('full_page_writes')");
    if (!settings.every((value) => value === "on"))
      return refuse("store_unsafe", `fsync, full_page_writes: ${settings}`);
  }
  await run(`CREATE TABLE IF NOT EXISTS migrations (
    number integer PRIMARY KEY,
    name text NOT NULL UNIQUE,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`);
  // Databases of before version 0.2 do not have it, and are asked once.
  await run("ALTER TABLE migrations ADD COLUMN IF NOT EXISTS oldest text");
  const made = await run("SELECT number, name, checksum, oldest FROM migrations ORDER BY number");
  for (const [i, [number, name, sum, oldest]] of made.entries()) {
    const expected = migrations[i];
    if (expected === undefined) {
      if (typeof oldest === "string" && !isOlder(version, oldest)) continue;
      return refuse("migration_unknown", `${name}, version ${version}, not below ${oldest ?? "another"}`);
    }
    if (number !== i + 1 || sum !== checksum(expected)) return refuse("migration_changed", expected.name);
  }
  if (made.length === 0) return ok(0);
  const [[found] = []] = await run("SELECT network FROM store");
  return found === network
    ? ok(Math.min(made.length, migrations.length))
    : refuse("store_network", `${found}, not ${network}`);
}

/** Whether a version comes before another: numbers with dots between them. */
function isOlder(version: string, other: string): boolean {
  const [own, asked] = [version, other].map((text) => text.split(".").map(Number));
  const at = (asked ?? []).findIndex((part, i) => part !== (own?.[i] ?? 0));
  return at !== -1 && (own?.[at] ?? 0) < (asked?.[at] ?? 0);
}

async function apply(run: Run, migration: Migration): Promise<void> {
  for (const statement of migration.statements) await run(statement);
  await run(
    `INSERT INTO migrations (number, name, checksum, oldest)
      SELECT coalesce(max(number), 0) + 1, $1, $2, $3 FROM migrations`,
    [migration.name, checksum(migration), migration.oldest],
  );
}

function refuse(code: StoreError["code"], detail: string): { readonly ok: false; readonly error: StoreError } {
  return fail({ code, detail });
}
