import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type IPty, spawn } from "@lydell/node-pty";
import headless from "@xterm/headless";
import { bound, slowness } from "../tools/speed.ts";
import type { Console, TypeOptions, WaitOptions, Wanted } from "./console.ts";
import { describeWait, isWanted, QUIET_MS, WAIT_MS } from "./console.ts";

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly cwd?: string;
  /** Added to a bare environment (PATH, HOME, TERM=linux, LANG=C.UTF-8): the caller's own would leak NODE_* into it. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How a program ended; `signal` is a name such as SIGKILL, with exit code 0. */
export interface Exit {
  readonly exitCode: number;
  readonly signal: string | undefined;
}

/** One character cell. Colours are palette numbers, DEFAULT_COLOUR, or TRUE_COLOUR plus RGB. */
export interface Cell {
  readonly char: string;
  readonly fg: number;
  readonly bg: number;
  readonly bold: boolean;
  readonly inverse: boolean;
}

export const DEFAULT_COLOUR = -1;
export const TRUE_COLOUR = 0x1000000;

const ANSWER_MS = 250;
const SCROLLBACK_ROWS = 10_000;

/** How long a killed session may take to leave /proc; a process that dumps core or is being traced takes longest. */
const GONE_MS = 5_000;

/** One program on one pseudo-terminal, seen through a real emulator. Always `close` it. */
export class EmulatedTerminal implements Console {
  readonly exit: Promise<Exit>;
  readonly #pty: IPty;
  readonly #emulator: headless.Terminal;
  readonly #watchers = new Set<() => void>();
  #ended: Exit | undefined;
  #unparsed = 0;
  #outputAt = 0;

  constructor(file: string, args: readonly string[], options: TerminalOptions = {}) {
    const { columns = 80, rows = 24 } = options;
    this.#emulator = new headless.Terminal({
      cols: columns,
      rows,
      scrollback: SCROLLBACK_ROWS,
      allowProposedApi: true,
    });
    this.#pty = spawn(file, [...args], {
      name: "linux",
      cols: columns,
      rows,
      cwd: options.cwd ?? process.cwd(),
      env: { ...bareEnvironment(), ...options.env },
      encoding: null,
    });
    // Cursor and attribute reports: the emulator answers as a console does.
    this.#emulator.onData((answer) => this.#write(answer));
    // With encoding null the data are Buffers, whatever the type says: the emulator decodes split UTF-8 itself.
    this.#pty.onData((data: string | Uint8Array) => {
      this.#unparsed++;
      this.#emulator.write(data, () => {
        this.#unparsed--;
        this.#outputAt = performance.now();
        this.#wake();
      });
    });
    this.exit = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode, signal }) => {
        // The empty write is parsed after all output, so whoever awaits `exit` sees the last screen.
        this.#emulator.write("", () => {
          this.#ended = { exitCode, signal: signalName(signal) };
          resolve(this.#ended);
          this.#wake();
        });
      });
    });
  }

  /** The program's process id; it leads a session and a process group of its own. */
  get pid(): number {
    return this.#pty.pid;
  }

  get columns(): number {
    return this.#emulator.cols;
  }

  get rows(): number {
    return this.#emulator.rows;
  }

  screen(): string[] {
    const { active } = this.#emulator.buffer;
    return rowsOfBuffer(active, active.baseY, this.rows);
  }

  /** All rows kept that are not on the screen: what scrolled away, and the normal rows behind an alternate screen. */
  scrollback(): string[] {
    const { active, normal } = this.#emulator.buffer;
    return rowsOfBuffer(normal, 0, active.type === "normal" ? normal.baseY : normal.length);
  }

  /** The screen cell by cell: `rows` rows of `columns` cells. */
  cells(): Cell[][] {
    const { active } = this.#emulator.buffer;
    return Array.from({ length: this.rows }, (_, row) => {
      const line = active.getLine(active.baseY + row);
      return Array.from({ length: this.columns }, (_, column) => toCell(line?.getCell(column)));
    });
  }

  /** Where the cursor is, from 0. */
  cursor(): { row: number; column: number } {
    const { active } = this.#emulator.buffer;
    return { row: active.cursorY, column: active.cursorX };
  }

  async press(keys: string): Promise<void> {
    this.#write(keys);
  }

  /**
   * One key at a time: the next is sent when the program has answered the last with output, or `answerMs` have passed,
   * and `gapMs` after that. A gap alone does not keep two keys out of one read on a busy machine, and one that begins
   * when the key is sent is shorter where it is read.
   */
  async type(text: string, options: TypeOptions = {}): Promise<void> {
    const { gapMs = 0, answerMs = ANSWER_MS * slowness() } = options;
    for (const char of text) {
      const sentAt = performance.now();
      const answered = this.#until(() => this.#outputAt > sentAt || this.#ended !== undefined, answerMs);
      this.#write(char);
      await answered;
      if (gapMs > 0) await sleep(gapMs);
    }
  }

  async waitFor(wanted: Wanted, options: WaitOptions = {}): Promise<string[]> {
    const { timeoutMs = WAIT_MS, quietMs = QUIET_MS } = options;
    const atMost = bound(timeoutMs);
    const endsAt = performance.now() + atMost;
    let why = `not within ${atMost} ms`;
    for (let left = atMost; left > 0; left = endsAt - performance.now()) {
      if (!(await this.#until(() => this.#shows(wanted) || this.#ended !== undefined, left))) break;
      // No more output will come: the wanted screen is the last one, or there is none.
      if (this.#ended && this.#shows(wanted)) return this.screen();
      if (this.#ended) {
        why = `the program ended (${this.#ended.signal ?? `exit code ${this.#ended.exitCode}`})`;
        break;
      }
      const noise = this.#outputAt + quietMs - performance.now();
      if (noise <= 0) return this.screen();
      why = `shown within ${atMost} ms, but never for ${quietMs} ms without output`;
      await sleep(Math.min(noise, Math.max(0, endsAt - performance.now())));
    }
    throw new Error(describeWait(this.screen(), this.columns, wanted, why));
  }

  resize(columns: number, rows: number): void {
    this.#emulator.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** Signals the program alone, not its children. */
  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    this.#pty.kill(signal);
  }

  /** Closes the terminal under the program, as when a line drops or a window is shut: the kernel sends SIGHUP. */
  hangUp(): void {
    // In the implementation, not in its types.
    (this.#pty as unknown as { destroy(): void }).destroy();
  }

  /** The processes of the session that still run: the program and every child that kept its terminal. */
  processes(): number[] {
    return sessionProcesses(this.pid);
  }

  /** Kills the whole session and waits until none of it is left. May be called more than once, also after the exit. */
  async close(): Promise<void> {
    const endsAt = performance.now() + bound(GONE_MS);
    for (let left = this.processes(); left.length > 0; left = this.processes()) {
      if (performance.now() > endsAt) throw new Error(`processes ${left.join(", ")} outlive their terminal`);
      for (const pid of left) killQuietly(pid);
      await sleep(5);
    }
    await this.exit;
    this.#emulator.dispose();
  }

  #write(data: string): void {
    if (this.#ended === undefined) this.#pty.write(data);
  }

  #shows(wanted: Wanted): boolean {
    return this.#unparsed === 0 && isWanted(this.screen(), wanted);
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** Resolves true as soon as `met` holds, looked at now and after all output; false when the time is up. */
  #until(met: () => boolean, timeoutMs: number): Promise<boolean> {
    if (met()) return Promise.resolve(true);
    return new Promise((resolve, reject) => {
      const finish = (act: () => void) => {
        clearTimeout(timer);
        this.#watchers.delete(watcher);
        act();
      };
      const timer = setTimeout(() => finish(() => resolve(false)), Math.max(0, timeoutMs));
      const watcher = () => {
        try {
          if (met()) finish(() => resolve(true));
        } catch (error) {
          finish(() => reject(error));
        }
      };
      this.#watchers.add(watcher);
    });
  }
}

function bareEnvironment(): Record<string, string> {
  const kept = ["PATH", "HOME"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), TERM: "linux", LANG: "C.UTF-8" };
}

/** Rows of an emulator's buffer as text, without trailing blanks. */
export function rowsOfBuffer(buffer: headless.IBuffer, first: number, count: number): string[] {
  return Array.from(
    { length: count },
    (_, row) =>
      buffer
        .getLine(first + row)
        ?.translateToString()
        .trimEnd() ?? "",
  );
}

export function toCell(cell: headless.IBufferCell | undefined): Cell {
  if (cell === undefined) return { char: " ", fg: DEFAULT_COLOUR, bg: DEFAULT_COLOUR, bold: false, inverse: false };
  return {
    char: cell.getChars() || " ",
    fg: cell.isFgDefault() ? DEFAULT_COLOUR : cell.getFgColor() + (cell.isFgRGB() ? TRUE_COLOUR : 0),
    bg: cell.isBgDefault() ? DEFAULT_COLOUR : cell.getBgColor() + (cell.isBgRGB() ? TRUE_COLOUR : 0),
    bold: cell.isBold() !== 0,
    inverse: cell.isInverse() !== 0,
  };
}

function signalName(number: number | undefined): string | undefined {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
}

/** Zombies do not count: they hold nothing, and only their parent can remove them. */
function sessionProcesses(session: number): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      // proc(5): the command name in brackets may hold anything; then state, ppid, pgrp, session.
      const fields = readFileSync(`/proc/${name}/stat`, "latin1")
        .replace(/^.*\) /s, "")
        .split(" ");
      return Number(fields[3]) === session && fields[0] !== "Z" ? [Number(name)] : [];
    } catch {
      // Ended between the two reads.
      return [];
    }
  });
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Ended meanwhile.
  }
}
