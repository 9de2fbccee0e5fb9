import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import manifest from "../../../package.json" with { type: "json" };
import { ROOT } from "../../tools/sources.ts";

let template: Promise<string> | undefined;
const folders: string[] = [];

/**
 * A folder of a store with an empty database in it; it goes when this process ends. Making a database takes PGlite some
 * seconds of a core, so one is made for all test files and copied.
 */
export async function emptyFolder(): Promise<string> {
  template ??= findOrMake();
  const source = await template;
  if (folders.length === 0)
    process.once("exit", () => {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    });
  const folder = mkdtempSync(join(tmpdir(), "pglite-"));
  folders.push(folder);
  cpSync(source, join(folder, "pgdata"), { recursive: true });
  return folder;
}

async function findOrMake(): Promise<string> {
  const cache = join(ROOT, ".cache");
  const found = join(cache, `pglite-${manifest.dependencies["@electric-sql/pglite"]}`);
  if (existsSync(found)) return found;
  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(join(cache, "pglite-unfinished-"));
  const database = await PGlite.create(join(unfinished, "pgdata"));
  await database.close();
  try {
    // Only a whole database ever has the name; of two processes that make one, the second's is not needed.
    renameSync(join(unfinished, "pgdata"), found);
  } catch (error) {
    if (!existsSync(found)) throw error;
  }
  rmSync(unfinished, { recursive: true, force: true });
  return found;
}
