import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BODY_ROWS, BODY_TOP, type FrameContext, screenFrame } from "../../../ceremony/screen/frame.ts";
import { line, lineWidth, span } from "../../../ceremony/screen/span.ts";
import { STEPS, stepsOf } from "../../../ceremony/steps/ceremonies.ts";
import { Secret } from "../../../core/secret.ts";
import { textOf } from "../flow/table.ts";

const MODES = ["rehearsal", "production"] as const;

function contexts(): FrameContext[] {
  return MODES.flatMap((mode) => {
    const steps = stepsOf(mode, STEPS);
    const network = mode === "rehearsal" ? "regtest" : "mainnet";
    return steps.flatMap((step) =>
      step.pages.map((page) => ({ mode, network, version: "10.20.30", steps, step, page })),
    );
  });
}

const body = { lines: [line("body")], keys: "Enter go on" };

test("each page of the table has a whole frame at 80x24: banner, step, progress, what is read aloud, keys", () => {
  for (const context of contexts()) {
    const { step, page, mode } = context;
    const rows = screenFrame({ ...body, message: "news" }, context, { columns: 80, rows: 24 });
    const texts = rows.map(textOf);
    assert.equal(rows.length, 24);
    assert.ok(rows.every((row) => lineWidth(row) <= 80));
    assert.equal(lineWidth(rows[0] ?? []), 80);
    assert.match(
      texts[0] ?? "",
      mode === "rehearsal"
        ? /^\/+ btc-lsp ceremony 10\.20\.30.*REHEARSAL.*never for real funds \/+$/
        : /^ btc-lsp ceremony 10\.20\.30 +mainnet$/,
    );
    assert.ok(texts[1]?.startsWith(`Step ${step.number} of 12: ${step.title} `));
    assert.match(texts[1] ?? "", / now: [A-Z]+( [12])?$/);
    assert.equal(lineWidth(rows[1] ?? []), 80);
    // Done, now, to come: told apart by marks, in one row of twelve.
    const marks = (texts[2] ?? "").split(/ +|(?<=\])/).filter((mark) => mark !== "");
    assert.equal(marks.length, 12);
    assert.ok(marks.slice(0, step.number - 1).every((mark) => mark.startsWith("+")));
    assert.equal(marks[step.number - 1], `[${step.short}]`);
    assert.ok(marks.slice(step.number).every((mark) => /^\w+$/.test(mark)));
    const aloud = texts
      .slice(BODY_TOP, texts.indexOf("body"))
      .map((text) => text.slice(7))
      .join(" ")
      .trim();
    assert.equal(aloud, page.aloud ?? "");
    assert.deepEqual(texts.slice(22), ["! news", "Enter go on"]);
  }
});

test("a screen below 80x24 shows nothing but what is wrong with it, however small", () => {
  const secret = Secret.copyOf(Buffer.from("abandon"));
  const [context] = contexts();
  assert.ok(context !== undefined);
  const size = fc.record({ columns: fc.integer({ min: 1, max: 120 }), rows: fc.integer({ min: 1, max: 40 }) });
  fc.assert(
    fc.property(size, ({ columns, rows }) => {
      const shown = screenFrame({ lines: [line(span(secret))], keys: "k" }, context, { columns, rows });
      assert.ok(shown.length <= rows && shown.every((row) => lineWidth(row) <= columns));
      const large = columns >= 80 && rows >= 24;
      assert.equal(
        shown.flat().some(({ text }) => text instanceof Secret),
        large,
      );
      if (!large)
        assert.ok(
          `Makethescreenatleast80x24.Now${columns}x${rows}.`.startsWith(shown.map(textOf).join("").replaceAll(" ", "")),
        );
    }),
    { numRuns: 300 },
  );
});

test("a larger screen has the same rows on top and the keys at its foot", () => {
  const [context] = contexts();
  assert.ok(context !== undefined);
  const small = screenFrame(body, context, { columns: 80, rows: 24 }).map(textOf);
  const large = screenFrame(body, context, { columns: 100, rows: 30 }).map(textOf);
  assert.equal(large.length, 30);
  assert.deepEqual(large.slice(BODY_TOP, BODY_TOP + BODY_ROWS), small.slice(BODY_TOP, BODY_TOP + BODY_ROWS));
  assert.equal(large[29], small[23]);
});

test("nothing that a step says can push the frame away: what is too long or too much is cut", () => {
  const [context] = contexts();
  assert.ok(context !== undefined);
  const lines = Array.from({ length: 50 }, (_, at) => line(span(`${at}`.repeat(90))));
  const rows = screenFrame({ lines, keys: "k".repeat(100), message: "m".repeat(100) }, context, {
    columns: 80,
    rows: 24,
  });
  assert.equal(rows.length, 24);
  assert.ok(rows.every((row) => lineWidth(row) <= 80));
  assert.deepEqual([textOf(rows[22] ?? []), textOf(rows[23] ?? [])], [`! ${"m".repeat(78)}`, "k".repeat(80)]);
});
