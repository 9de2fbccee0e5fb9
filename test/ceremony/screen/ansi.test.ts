import assert from "node:assert/strict";
import { test } from "node:test";
import xterm from "@xterm/headless";
import fc from "fast-check";
import { CLEAR, encodeScreen } from "../../../ceremony/screen/ansi.ts";
import { type Line, lineWidth, type Style, span } from "../../../ceremony/screen/span.ts";
import { Secret } from "../../../core/secret.ts";
import { textOf } from "../flow/table.ts";

const STYLES: readonly Style[] = ["plain", "strong", "dim", "aloud", "warn", "stripe", "code", "entry"];

class Screen {
  readonly #terminal = new xterm.Terminal({ cols: 80, rows: 24, scrollback: 100, allowProposedApi: true });

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(bytes, resolve));
  }

  rows(): string[] {
    const { active } = this.#terminal.buffer;
    return Array.from({ length: 24 }, (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? "");
  }

  scrolledAway(): number {
    return this.#terminal.buffer.active.baseY;
  }

  cell(row: number, column: number) {
    return this.#terminal.buffer.active.getLine(row)?.getCell(column);
  }
}

const part = fc
  .tuple(fc.stringMatching(/^[ -~█▀▄]{0,20}$/), fc.constantFrom(...STYLES), fc.boolean())
  .map(([text, style, secret]) =>
    span(secret && /^[ -~]*$/.test(text) ? Secret.copyOf(Buffer.from(text, "ascii")) : text, style),
  );
const row: fc.Arbitrary<Line> = fc.array(part, { maxLength: 6 }).filter((parts) => lineWidth(parts) <= 80);
const rows = fc.array(row, { minLength: 24, maxLength: 24 });

test("what is drawn is what a terminal shows, over whatever was there, and nothing scrolls", async () => {
  const screen = new Screen();
  await screen.write(Buffer.from(CLEAR));
  await fc.assert(
    fc.asyncProperty(rows, async (frame) => {
      await screen.write(encodeScreen(frame));
      assert.deepEqual(
        screen.rows().map((text) => text.trimEnd()),
        frame.map(textOf),
      );
      assert.equal(screen.scrolledAway(), 0);
    }),
    { numRuns: 60 },
  );
});

test("fewer rows leave nothing of the screen before, and CLEAR nothing at all", async () => {
  const screen = new Screen();
  await screen.write(encodeScreen(Array.from({ length: 24 }, () => [span("x".repeat(80))])));
  await screen.write(encodeScreen([[span("small")]]));
  assert.deepEqual(screen.rows(), ["small", ...Array<string>(23).fill("")]);
  await screen.write(Buffer.from(`${"line\r\n".repeat(60)}`));
  assert.ok(screen.scrolledAway() > 0);
  await screen.write(Buffer.from(CLEAR));
  assert.deepEqual([screen.rows().join(""), screen.scrolledAway()], ["", 0]);
});

test("a code is black on white whatever came before it, and its style ends with it", async () => {
  const screen = new Screen();
  await screen.write(encodeScreen([[span("a", "warn"), span("█", "code"), span("b")]]));
  const code = screen.cell(0, 1);
  assert.deepEqual([code?.getFgColor(), code?.getBgColor(), code?.isBold()], [0, 7, 0]);
  const plain = screen.cell(0, 2);
  assert.deepEqual([plain?.isFgDefault(), plain?.isBgDefault(), plain?.isBold()], [true, true, 0]);
});

test("the frame is one buffer of its own, which a wipe empties", () => {
  const frame = encodeScreen([[span(Secret.copyOf(Buffer.from("abandon")))]]);
  assert.equal(frame.byteLength, frame.buffer.byteLength, "not in Node's shared pool");
  assert.ok(frame.includes("abandon"));
});

test("nothing is erased after a row was written: a console's cursor still stands on the last column then", () => {
  fc.assert(
    fc.property(rows, (frame) => {
      for (const row of encodeScreen(frame).toString().replaceAll("\x1b", "§").split("\r\n"))
        assert.match(row, /^(?:§\[H)?§\[0m§\[[KJ](?:§\[[0-9;]*m|[^§])*$/);
    }),
    { numRuns: 60 },
  );
});
