import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type TranscriptVerdict, verifyTranscript } from "../../../ceremony/transcript/verify.ts";
import { type Notes, playRehearsal, type Table, type Watcher } from "../../rehearsal/player.ts";
import { REHEARSED_CHECKOUT, throwDice } from "../../rehearsal/rehearse.ts";
import { EmulatedTerminal } from "../../rehearsal/terminal.ts";
import { eventually } from "../../tools/wait.ts";

/** Two rehearsals at a time: the smallest machine has two cores, and a rehearsal waits half of its time. */
export const FAULTS_TOGETHER = { concurrency: 2 } as const;

/** A fault must be noticed and everything be gone within this; the longest work without a look around is one scrypt. */
const GONE_MS = 2_500;

/** A shell stays at the terminal when the ceremony goes, as at a console, and says how it went and left the keyboard. */
const SHELL = `"$@"; code=$?; case "$(stty -a)" in *-icanon*) keys=raw;; *) keys=cooked;; esac
echo "left $code $keys"; while read -r line; do :; done`;

class Pause extends Error {}

/** One ceremony at a terminal, with a folder for it. Ends with the test. */
export class FaultStage {
  readonly terminal: EmulatedTerminal;
  readonly out: string;

  /**
   * @param out where the ceremony writes; a new folder that goes with the test by default
   * @param preload a module that Node loads before the ceremony
   * @param options of the ceremony, besides where it writes
   */
  constructor(t: TestContext, out?: string, preload?: string, options: readonly string[] = []) {
    const folder = mkdtempSync(join(tmpdir(), "faults-"));
    this.out = out ?? join(folder, "out");
    const [node = "", ...rest] = REHEARSED_CHECKOUT;
    const command = [node, ...(preload === undefined ? [] : ["--import", preload]), ...rest];
    this.terminal = new EmulatedTerminal("/bin/sh", ["-c", SHELL, "sh", ...command, "--out", this.out, ...options]);
    t.after(async () => {
      await this.terminal.close();
      rmSync(folder, { recursive: true, force: true });
    });
  }

  /** The process that keeps the transcript. */
  get parent(): number {
    return only(childrenOf(this.terminal.pid));
  }

  /** The vault, or the test restore. */
  get inner(): number {
    return only(childrenOf(this.parent));
  }

  /** Plays as people do, to the end. */
  play(watch?: Watcher): Promise<Notes> {
    return playRehearsal(this.terminal, TABLE, watch);
  }

  /** Plays until a scene is on the screen, and leaves it there. */
  async playUntil(scene: string): Promise<void> {
    try {
      await this.play((name) => {
        if (name === scene) throw new Pause();
      });
      assert.fail(`the scene ${scene} never came`);
    } catch (error) {
      if (!(error instanceof Pause)) throw error;
    }
  }

  /** Waits for the ceremony's own end: its exit code, the keyboard given back, and nothing left on the screen. */
  async assertLeft(code: number, before: readonly string[] = []): Promise<string> {
    const screen = await this.terminal.waitFor(/^left \d+ \w+$/m);
    assert.ok(screen.includes(`left ${code} cooked`), screen.join("\n"));
    assert.deepEqual(this.terminal.processes(), [this.terminal.pid], "processes but the shell");
    this.assertCleared(before);
    return screen.join("\n");
  }

  assertCleared(before: readonly string[]): void {
    const shown = [...this.terminal.screen(), ...this.terminal.scrollback()].filter((row) => row !== "");
    assert.deepEqual(
      shown.filter((row) => before.includes(row)),
      [],
      "rows of the ceremony that are still to be seen",
    );
  }

  /** Waits until only these processes of the session are left; how long it took, in milliseconds. */
  async untilLeft(...pids: readonly number[]): Promise<number> {
    const start = performance.now();
    let left: number[] = [];
    const gone = (): boolean => {
      left = this.terminal.processes().filter((pid) => !pids.includes(pid));
      return left.length === 0;
    };
    await eventually("the end of the other processes", gone, { ms: GONE_MS, pauseMs: 5, tell: () => `left: ${left}` });
    return performance.now() - start;
  }

  transcript(): TranscriptVerdict | undefined {
    const path = join(this.out, "transcript.jsonl");
    return existsSync(path) ? verifyTranscript(readFileSync(path)) : undefined;
  }

  /** The transcript is a beginning with nothing wrong in it, of whole lines, and ends with this reason. */
  assertEnded(reason: string): TranscriptVerdict {
    const verdict = this.transcript();
    assert.ok(verdict);
    assert.deepEqual([verdict.kind, verdict.ended, verdict.torn], ["stopped", reason, false], describeVerdict(verdict));
    return verdict;
  }

  files(): string[] {
    return readdirSync(this.out).sort();
  }
}

const TABLE: Table = {
  ceremonyId: "faults-1",
  date: new Date().toISOString().slice(0, 10),
  dice: throwDice(64),
  passphrase: "Only for 1 rehearsal!",
  passphraseDice: "",
  policy: "typed",
  plates: 1,
};

export function describeVerdict({ kind, fault, step, ended }: TranscriptVerdict): string {
  return `${kind} at ${step?.id}, ended ${ended}: ${JSON.stringify(fault)}`;
}

/** Children of all threads of a process. */
export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1")
      .split(" ")
      .filter((child) => child !== "")
      .map(Number),
  );
}

function only(pids: readonly number[]): number {
  const [pid] = pids;
  assert.ok(pid !== undefined && pids.length === 1, `one process wanted: ${pids.join(", ")}`);
  return pid;
}
