import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { errnoOf } from "../audit/errors.ts";

/**
 * What stops signing until a person lifts it: in force in memory at once, and on disk so that it holds over a restart. A
 * disk that refuses ends no process and lifts no pause: `save` is tried again, every second, until it is there.
 */
export interface Pause {
  /** ISO time of a person's pause. */
  since(): string | undefined;
  /** Clients that their share of refusals has paused. */
  clients(): readonly string[];
  /** In force when it returns, and on disk too unless `unsaved` says why not. @param at ISO time */
  pause(at: string): void;
  pauseClient(name: string): void;
  /** The errno of the last attempt to write what is in force now; undefined when it is on disk. */
  unsaved(): string | undefined;
  /** Writes what is not on disk yet; false where that fails again. */
  save(): boolean;
  /** Lifts everything. @throws the system's error where the file cannot be removed; then all stays paused */
  resume(): void;
}

interface Saved {
  readonly since: string | undefined;
  readonly clients: readonly string[];
}

export function openPause(dataDir: string): Pause {
  const path = join(dataDir, "paused.json");
  let state = read(path);
  let unsaved: string | undefined;
  const save = (): boolean => {
    try {
      writeDurably(path, `${JSON.stringify(state)}\n`);
      unsaved = undefined;
    } catch (error) {
      unsaved = errnoOf(error);
    }
    return unsaved === undefined;
  };
  // In memory first: nothing is signed from here on, even if the disk refuses.
  const set = (next: Saved): void => {
    state = next;
    save();
  };
  return {
    since: () => state.since,
    clients: () => state.clients,
    pause: (at) => set({ ...state, since: state.since ?? at }),
    pauseClient: (name) => set({ ...state, clients: [...new Set([...state.clients, name])] }),
    unsaved: () => unsaved,
    save: () => unsaved === undefined || save(),
    resume() {
      if (existsSync(path)) {
        unlinkSync(path);
        syncFolder(dirname(path));
      }
      state = { since: undefined, clients: [] };
      unsaved = undefined;
    },
  };
}

/** A file that cannot be understood pauses: somebody wanted a pause, and only a person may end it. */
function read(path: string): Saved {
  if (!existsSync(path)) return { since: undefined, clients: [] };
  try {
    const { since, clients } = JSON.parse(readFileSync(path, "utf8")) as Partial<Saved>;
    return { since, clients: (clients ?? []).map(String) };
  } catch {
    return { since: "unknown", clients: [] };
  }
}

/** A small file as a whole: after a crash either the old one is there or the new one. */
function writeDurably(path: string, text: string): void {
  const temporary = `${path}.new`;
  const file = openSync(temporary, "w", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
