import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { judgeNamed } from "../iso/attest/titles.ts";
import { ROOT } from "../tools/sources.ts";

/** `- FILE: TITLE` */
const NAMED = /^- `([^`]+\.test\.ts)`: (.+)$/gm;

const page = readFileSync(join(ROOT, "docs/tests.md"), "utf8");

test("every test that docs/tests.md names is in its file, by its whole title", () => {
  const named = [...page.matchAll(NAMED)];
  assert.equal(named.length, [...page.matchAll(/^- /gm)].length);
  const wrong = named
    .map(([, file = "", title = ""]) => [`${file}: ${title}`, judgeTest(file, title)] as const)
    .filter(([, why]) => why !== undefined);
  assert.deepEqual(wrong, []);
});

test("a file and a title that do not exist are seen", () => {
  assert.equal(judgeTest("test/project/nowhere.test.ts", "a file"), "no such file");
  assert.equal(judgeTest("test/project/index.test.ts", "no such title"), "no test has this title");
});

function judgeTest(file: string, title: string): string | undefined {
  return existsSync(join(ROOT, file)) ? judgeNamed(readFileSync(join(ROOT, file), "utf8"), title) : "no such file";
}
