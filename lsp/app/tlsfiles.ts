import { unwatchFile, watchFile } from "node:fs";
import { TLS_POLL_MS } from "../limits.ts";

/** As `watchFiles`, and at SIGHUP. Returns what ends it. */
export function onChange(paths: readonly string[], act: () => void): () => void {
  const watched = watchFiles(paths, TLS_POLL_MS, act);
  process.on("SIGHUP", act);
  return () => {
    process.off("SIGHUP", act);
    watched.close();
  };
}

export interface Watched {
  close(): void;
}

/**
 * Calls back when a file's mtime, size or inode changes (polled): tools that renew certificates replace files and links,
 * and an inotify watch loses those.
 */
export function watchFiles(paths: readonly string[], everyMs: number, onChange: () => void): Watched {
  let scheduled: NodeJS.Immediate | undefined;
  const changed = (): void => {
    // Certificate and key are replaced together: one reading for both.
    scheduled ??= setImmediate(() => {
      scheduled = undefined;
      onChange();
    });
  };
  for (const path of paths) watchFile(path, { interval: everyMs, persistent: false }, changed);
  return {
    close() {
      clearImmediate(scheduled);
      for (const path of paths) unwatchFile(path, changed);
    },
  };
}
