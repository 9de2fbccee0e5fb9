import { setImmediate } from "node:timers/promises";
import headless from "@xterm/headless";
import type { Desk, Seen } from "../../ceremony/host/runner.ts";
import { CLEAR, encodeScreen } from "../../ceremony/screen/ansi.ts";
import type { Size } from "../../ceremony/screen/frame.ts";
import { keysOf } from "../../ceremony/screen/keys.ts";
import type { Line } from "../../ceremony/screen/span.ts";
import { type Console, describeWait, isWanted, type Wanted } from "./console.ts";
import { type Cell, rowsOfBuffer, toCell } from "./terminal.ts";

/** Between two keys of a person who does not hurry; the desk's clock knows no other time. */
const KEY_MS = 100;

/**
 * Screen and keyboard inside this process, both sides of them: a `Desk` to the runner, a `Console` to the player. The
 * frames' bytes go through a real emulator; nothing waits for time, so a screen that does not come fails at once.
 */
export class EmulatedDesk implements Desk, Console {
  readonly columns: number;
  readonly rows: number;
  readonly #emulator: headless.Terminal;
  readonly #keys: Seen[] = [];
  #reader: ((seen: Seen) => void) | undefined;
  #drawn: readonly Line[] = [];
  #now = 0;
  #isOver = false;

  constructor({ columns, rows }: Size) {
    this.columns = columns;
    this.rows = rows;
    this.#emulator = new headless.Terminal({ cols: columns, rows, scrollback: 100, allowProposedApi: true });
  }

  size(): Size {
    return { columns: this.columns, rows: this.rows };
  }

  draw(rows: readonly Line[]): void {
    this.#drawn = rows;
    this.#emulator.write(encodeScreen(rows));
  }

  clear(): void {
    this.#emulator.write(CLEAR);
  }

  next(): Promise<Seen> {
    const key = this.#keys.shift();
    if (key !== undefined) return Promise.resolve(key);
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }

  drop(): number {
    const lost = this.#keys.filter((seen) => seen.kind === "key" && seen.key.kind !== "enter").length;
    this.#keys.length = 0;
    return lost;
  }

  /** Nothing will be drawn or read any more. */
  end(): void {
    this.#isOver = true;
  }

  /** The frame that was drawn last, as the program made it. */
  frame(): readonly Line[] {
    return this.#drawn;
  }

  screen(): string[] {
    const { active } = this.#emulator.buffer;
    return rowsOfBuffer(active, active.baseY, this.rows);
  }

  scrollback(): string[] {
    const { active } = this.#emulator.buffer;
    return rowsOfBuffer(active, 0, active.baseY);
  }

  cells(): Cell[][] {
    const { active } = this.#emulator.buffer;
    return Array.from({ length: this.rows }, (_, row) => {
      const line = active.getLine(active.baseY + row);
      return Array.from({ length: this.columns }, (_, column) => toCell(line?.getCell(column)));
    });
  }

  async press(keys: string): Promise<void> {
    const read = keysOf(Buffer.from(keys));
    this.#now += KEY_MS;
    for (const [index, key] of read.entries()) {
      const followed = read.slice(index + 1).some(({ kind }) => kind !== "enter");
      const seen = { kind: "key", key, at: this.#now, sameRead: read.length > 1, followed } as const;
      const reader = this.#reader;
      this.#reader = undefined;
      if (reader === undefined) this.#keys.push(seen);
      else reader(seen);
    }
    await this.#settled();
  }

  async type(text: string): Promise<void> {
    for (const char of text) await this.press(char);
  }

  async waitFor(wanted: Wanted): Promise<string[]> {
    await this.#settled();
    const screen = this.screen();
    if (isWanted(screen, wanted)) return screen;
    const why = this.#isOver ? "the program is at its end" : "the program waits for a key";
    throw new Error(describeWait(screen, this.columns, wanted, why));
  }

  /** The program wants a key that nobody has pressed yet, or nothing any more, and all that it drew is on the screen. */
  async #settled(): Promise<void> {
    while (this.#reader === undefined && !this.#isOver) await setImmediate();
    await new Promise<void>((parsed) => this.#emulator.write("", parsed));
  }
}
