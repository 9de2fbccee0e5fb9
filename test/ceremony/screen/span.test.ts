import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { clipped, grouped, line, lineWidth, span, widthOf, wrap } from "../../../ceremony/screen/span.ts";
import { Secret } from "../../../core/secret.ts";

const words = fc
  .array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 30 })
  .map((parts) => parts.join(" "));

test("wrapped text keeps its words in order, no line is longer than asked, and each is as full as it can be", () => {
  fc.assert(
    fc.property(words, fc.integer({ min: 12, max: 80 }), (text, columns) => {
      const lines = wrap(text, columns);
      assert.equal(lines.join(" "), text);
      lines.forEach((row, at) => {
        assert.ok(row.length <= columns);
        const next = lines[at + 1]?.split(" ")[0];
        if (next !== undefined) assert.ok(row.length + 1 + next.length > columns);
      });
    }),
  );
});

test("a word longer than a line is cut, and nothing of it is lost", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z ]{0,60}$/), fc.integer({ min: 1, max: 11 }), (text, columns) => {
      const lines = wrap(text, columns);
      assert.ok(lines.every((row) => row.length <= columns));
      assert.equal(lines.join("").replaceAll(" ", ""), text.replaceAll(" ", ""));
    }),
  );
});

test("a secret in a line is as wide as its bytes, and stays bytes", () => {
  const secret = span(Secret.copyOf(Buffer.from("abandon")), "strong", "word");
  const row = line("1  ", secret);
  assert.deepEqual([widthOf(secret), lineWidth(row)], [7, 10]);
  assert.ok(!JSON.stringify(row).includes("abandon"));
});

test("a line that is cut keeps its beginning, styles and fields; a secret is cut as bytes", () => {
  const row = line(span("label ", "strong", "name"), span(Secret.copyOf(Buffer.from("abandon"))), "!");
  assert.equal(clipped(row, 14), row);
  for (let columns = 0; columns < 14; columns += 1) {
    const cut = clipped(row, columns);
    assert.equal(lineWidth(cut), columns);
    for (const part of cut) assert.equal(part.text instanceof Secret, part !== cut[0] && part === cut[1]);
  }
  assert.deepEqual(clipped(row, 3), [{ text: "lab", style: "strong", field: "name" }]);
});

test("groups are read aloud with a space between, and a rest stands alone", () => {
  assert.deepEqual([grouped("12345678", 4), grouped("123456789", 4), grouped("", 4)], ["1234 5678", "1234 5678 9", ""]);
});
