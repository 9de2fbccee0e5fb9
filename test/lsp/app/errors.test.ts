import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { LSP_ERRORS, type LspErrorCode, lspErrorLine } from "../../../lsp/errors.ts";
import * as limits from "../../../lsp/limits.ts";
import { ROOT, sourceFiles } from "../../tools/sources.ts";

const docs = readFileSync(join(ROOT, "docs/lsp.md"), "utf8");
const sources = sourceFiles("lsp").map((file) => ({ file, text: readFileSync(file, "utf8") }));

describe("the registry of errors", () => {
  test("has a row in the docs for each code, with its sentence, and no other row", () => {
    const rows = [...docs.slice(docs.indexOf("## Exit codes")).matchAll(/^\| `(\w+)` \| (.*) \|$/gm)];
    assert.deepEqual(
      rows.map(([, code, sentence]) => [code, sentence]),
      Object.entries(LSP_ERRORS).map(([code, sentence]) => [code, sentence.replaceAll("|", "\\|")]),
    );
  });

  test("has no code that nothing in the program says", () => {
    const said = sources
      .filter(({ file }) => !file.endsWith("/lsp/errors.ts"))
      .map(({ text }) => text)
      // Certificates are judged by one function for both programs.
      .concat(readFileSync(join(ROOT, "core/tlspair.ts"), "utf8"))
      .join("\n");
    // Made of a part and of what is wrong with it: `lnd_${…}` in lsp/node, `${part}_other_node` in lsp/app/probe.ts.
    const made = (code: string): boolean =>
      said.includes(`"${code.replace(/^lnd_/, "")}"`) || said.includes(`\`\${part}${code.slice(code.indexOf("_"))}\``);
    const unsaid = Object.keys(LSP_ERRORS).filter((code) => !said.includes(`"${code}"`) && !made(code));
    assert.deepEqual(unsaid, []);
  });

  test("knows every code that the program says to a person", () => {
    const codes = new Set<string>();
    // What lsp/swap refuses with is a row of CHECKS, which a client reads and no person.
    for (const { text } of sources.filter(({ file }) => !file.includes("/lsp/swap/")))
      for (const [, code = ""] of text.matchAll(/\b(?:refuse\(|errorLine\()"(\w+)"/g)) codes.add(code);
    assert(codes.size > 10);
    assert.deepEqual(
      [...codes].filter((code) => !Object.hasOwn(LSP_ERRORS, code)),
      [],
    );
  });

  test("prints the code, the sentence and what it is about", () => {
    assert.equal(
      lspErrorLine("admin_listen", "[::1]:1"),
      "lsp: [admin_listen] the admin port cannot be opened ([::1]:1)\n",
    );
    const code: LspErrorCode = "stopping";
    assert.equal(lspErrorLine(code), "lsp: [stopping] the process is stopping\n");
  });
});

test("every limit is a number, or numbers, and is used", () => {
  const used = sources
    .filter(({ file }) => !file.endsWith("/lsp/limits.ts"))
    .map(({ text }) => text)
    .join("\n");
  for (const [name, value] of Object.entries(limits)) {
    const numbers = typeof value === "object" ? Object.values(value) : [value];
    for (const number of numbers) assert(typeof number === "bigint" || Number.isFinite(number), name);
    assert.match(used, new RegExp(`\\b${name}\\b`), name);
  }
});
