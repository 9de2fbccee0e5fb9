import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../tools/sources.ts";
import { judgeNamed } from "./titles.ts";

/** `- FILE: TITLE`, and after the title of a test that goes through a table, `: ROW, ROW`. */
const NAMED = /^- `([^`]+\.test\.ts)`: (.+?)(?:: (`[\w-]+`(?:, `[\w-]+`)*))?$/gm;

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

test("every test that is named is in its file, by its whole title", () => {
  for (const { id, text } of sections) {
    const named = [...text.matchAll(NAMED)];
    assert(named.length >= 2, id);
    assert.equal(named.length, [...text.matchAll(/^- /gm)].length, id);
    for (const [, file = "", title = "", cases] of named)
      assert.equal(judgeNamed(read(file), title, cases), undefined, `${id}: ${file}: ${title}`);
  }
});

test("seen when broken: a test that is named and is not there", () => {
  const file = [
    'test("a dog barks, and at night too", () => {});',
    `describe(\`the \${animal} of \${name}\`, () => {`,
    '  t.test(\n    "a cat",\n    needs("x"),\n  );',
    "});",
    "const CASES = { siamese: 1 };",
    'test.skip("a bird", () => {});',
    'test("a fish", { skip: true }, () => {});',
    'test("a worm", { todo: "later" }, () => {});',
    '// test("a ghost", () => {});',
    '/* test("a spirit", () => {}); */',
    'const words = "a name in a string";',
  ].join("\n");
  for (const title of ["a dog barks, and at night too", "the … of …", "a cat"])
    assert.equal(judgeNamed(file, title), undefined, title);
  assert.equal(judgeNamed(file, "a cat", "`siamese`"), undefined);
  for (const title of [
    ...["a dog barks", "dog", "", "and at night too", "a dog barks, and at night too!", `the \${animal} of \${name}`],
    ...["a bird", "a fish", "a worm", "a ghost", "a spirit", "a name in a string", "siamese"],
  ])
    assert.equal(judgeNamed(file, title), "no test has this title", title);
  assert.equal(judgeNamed(file, "a cat", "`persian`"), "persian is no case in this file");
  assert.equal(judgeNamed(file, "a cat", "`siam`"), "siam is no case in this file");
});
