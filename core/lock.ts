import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * One process per folder. Node has no flock, but SQLite takes a lock of the kernel (fcntl) on a file that it opens, and
 * the kernel gives it back when the process is gone, however it went: no stale file, no process number that means
 * another process by now, and two containers with one volume see it as well. Nothing is ever stored in the file. The LSP's
 * PGlite has its folder by it too: two processes on one destroy each other's rows.
 *
 * Nothing else in this process may open and close that file: the kernel would take the lock for given back.
 *
 * @returns what releases it; undefined if another process has it
 * @throws the error of SQLite if the file cannot be opened at all
 */
export function lockFolder(folder: string): (() => void) | undefined {
  const file = new DatabaseSync(join(folder, "lock"));
  try {
    // Without a journal, which would be a second file; nothing is ever written that would need one.
    file.exec("PRAGMA journal_mode=OFF; BEGIN EXCLUSIVE");
  } catch (error) {
    file.close();
    if (error instanceof Error && /locked|busy/.test(error.message)) return undefined;
    throw error;
  }
  return () => file.close();
}
