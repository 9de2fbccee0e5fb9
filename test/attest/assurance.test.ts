import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../tools/sources.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const sections = read("docs/assurance.md")
  .split(/^## /m)
  .slice(1)
  .map((text) => ({ id: /^(T\d+)\. /.exec(text)?.[1] ?? "", text }));

test("every line of the threat model is argued, in order", () => {
  assert.deepEqual(
    sections.map(({ id }) => id),
    Array.from({ length: 17 }, (_, at) => `T${at + 1}`),
  );
  const threats = [...read("SECURITY.md").matchAll(/^\| (T\d+) \|/gm)].map(([, id]) => id);
  assert.deepEqual(
    threats,
    sections.map(({ id }) => id),
  );
});

test("each has a claim, an argument, evidence, tests, and what is left", () => {
  for (const { id, text } of sections) {
    const parts = [...text.matchAll(/^\*\*(\w+)\.\*\*/gm)].map(([, name]) => name);
    assert.deepEqual(parts, ["Claim", "Argument", "Evidence", "Tests", "Left"], id);
    assert.doesNotMatch(text, /^\*\*\w+\.\*\*\s*$(?!\n- )/m, id);
  }
});

test("the evidence is there", () => {
  for (const { id, text } of sections) {
    const evidence = /\*\*Evidence\.\*\*([^*]*)/.exec(text)?.[1] ?? "";
    const files = [...evidence.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file);
    assert(files.length > 0, id);
    for (const file of files) assert(existsSync(join(ROOT, file)), `${id}: ${file}`);
  }
});

test("every test that is named is in its file, in these words", () => {
  for (const { id, text } of sections) {
    const named = [...text.matchAll(/^- `([^`]+\.test\.ts)`: (.+)$/gm)];
    assert(named.length >= 2, id);
    assert.equal(named.length, [...text.matchAll(/^- /gm)].length, id);
    for (const [, file = "", words = ""] of named) assert(read(file).includes(words), `${id}: ${file}: ${words}`);
  }
});
