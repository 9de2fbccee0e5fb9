/**
 * The hands and eyes of whoever plays a ceremony: a pseudo-terminal (terminal.ts) here, a virtual machine's keyboard
 * and screen elsewhere. The same answers and the same expected screens are played through either.
 */
export interface Console {
  /** Columns and rows of the screen now. */
  readonly columns: number;
  readonly rows: number;
  /** The rows of the screen as last seen, without trailing blanks; always `rows` of them. */
  screen(): string[];
  /** Sends the bytes a keyboard would, all at once: characters, or the sequences in KEYS. */
  press(keys: string): Promise<void>;
  /** Types character by character, as a person does. */
  type(text: string, options?: TypeOptions): Promise<void>;
  /** Resolves with the screen that satisfies `wanted`; rejects with a picture of the screen if none does. */
  waitFor(wanted: Wanted, options?: WaitOptions): Promise<string[]>;
}

/** A text that must be on the screen, an expression matched against its rows joined by newlines, or a test of them. */
export type Wanted = string | RegExp | ((screen: readonly string[]) => boolean);

export interface TypeOptions {
  /** Least time between two keys, in milliseconds. */
  readonly gapMs?: number;
  /** How long to wait for the program to answer a key with output before the next; not an error if it does not. */
  readonly answerMs?: number;
}

export interface WaitOptions {
  /** How long it takes at most on an idle machine: the bound grows from that. */
  readonly timeoutMs?: number;
  /** The screen counts only after this long without output, so that a half-drawn frame is never taken for a screen. */
  readonly quietMs?: number;
}

/** More than any step takes: the checks at the start take some seconds, one scrypt 0.1 s. */
export const WAIT_MS = 10_000;

/** A frame is one write; its parts arrive microseconds apart unless the program loses the processor in between. */
export const QUIET_MS = 30;

/** Keys as a Linux console sends them. A virtual machine's console maps them back to scan codes. */
export const KEYS = {
  enter: "\r",
  escape: "\x1b",
  tab: "\t",
  backspace: "\x7f",
  interrupt: "\x03",
  up: "\x1b[A",
  down: "\x1b[B",
  right: "\x1b[C",
  left: "\x1b[D",
} as const;

/** Whether the screen is the wanted one. A global or sticky expression is matched from its start each time. */
export function isWanted(screen: readonly string[], wanted: Wanted): boolean {
  if (typeof wanted === "function") return wanted(screen);
  const text = screen.join("\n");
  if (typeof wanted === "string") return text.includes(wanted);
  wanted.lastIndex = 0;
  return wanted.test(text);
}

/** The message of a wait that failed: what was wanted, why it ended, and the screen in a frame. */
export function describeWait(screen: readonly string[], columns: number, wanted: Wanted, why: string): string {
  const what = typeof wanted === "string" ? JSON.stringify(wanted) : String(wanted);
  const edge = `+${"-".repeat(columns)}+`;
  const body = screen.map((row) => `|${row.padEnd(columns)}|`);
  return [`waited for ${what}: ${why}`, edge, ...body, edge].join("\n");
}
