import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LSP_CONNECTION_STREAMS_MAX } from "../../../lsp/limits.ts";
import { ROOT } from "../../tools/sources.ts";

const page = readFileSync(join(ROOT, "docs/client.md"), "utf8");
const blocksOf = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(([, block = ""]) =>
    block.trim(),
  );

/** foreign.test.ts compiles and runs both programs against a real LSP. */
const PROGRAMS = {
  python: { path: "test/lsp/client/client.py", run: 'join(import.meta.dirname, "client.py")' },
  go: { path: "test/goclient/main.go", run: "await goClient()" },
} as const;

for (const [language, { path, run }] of Object.entries(PROGRAMS))
  test(`the ${language} of the page for authors of clients is of the program that is run against a real LSP`, () => {
    const program = readFileSync(join(ROOT, path), "utf8");
    const blocks = blocksOf(language);
    assert.equal(blocks.length, 2);
    for (const block of blocks) assert(program.includes(block), block);
    assert(readFileSync(join(ROOT, "test/lsp/client/foreign.test.ts"), "utf8").includes(run));
  });

test("the page's numbers are the limits'", () => {
  assert(page.includes(`at most ${LSP_CONNECTION_STREAMS_MAX} calls on it`));
});
