import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { SIGNER_ERRORS, signerErrorLine } from "../../../signer/app/errors.ts";
import { UNAVAILABLE } from "../../../signer/engine/pipeline.ts";
import * as limits from "../../../signer/limits.ts";
import { ROOT } from "../../tools/sources.ts";

const docs = readFileSync(join(ROOT, "docs/signer.md"), "utf8");

describe("the registry of errors", () => {
  test("has a row in the docs for each code, with its sentence, and no other row", () => {
    const rows = [...docs.slice(docs.indexOf("## Exit codes")).matchAll(/^\| `(\w+)` \| (.*) \|$/gm)];
    assert.deepEqual(
      rows.map(([, code, sentence]) => [code, sentence]),
      Object.entries(SIGNER_ERRORS).map(([code, sentence]) => [code, sentence.replaceAll("|", "\\|")]),
    );
  });

  test("knows every code that the code of the signer fails with", () => {
    const folders = ["app", "audit", "bundle", "engine", "key", "pki", "transport"].map((name) =>
      join(ROOT, "signer", name),
    );
    const codes = new Set<string>();
    for (const folder of folders) {
      for (const name of readdirSync(folder).filter((file) => file.endsWith(".ts"))) {
        const text = readFileSync(join(folder, name), "utf8");
        for (const [, code = ""] of text.matchAll(/\b(?:fail\(\{ code: |refuse\(|errorLine\()"(\w+)"/g))
          codes.add(code);
      }
    }
    assert(codes.size > 20);
    // The client's channel, which no command ends with; and a flaw that audit verify finds, which has its own words.
    const others = ["unreachable", "record_form"];
    const unknown = [...codes].filter((code) => !Object.hasOwn(SIGNER_ERRORS, code) && !others.includes(code));
    assert.deepEqual(unknown, []);
  });

  test("prints the code, the sentence and what it is about, and nothing strange for a code it has not", () => {
    assert.equal(
      signerErrorLine("socket_in_use", "a.sock"),
      "signer: [socket_in_use] another process listens on the socket (a.sock)\n",
    );
    assert.equal(signerErrorLine("toString"), "signer: [toString] refused\n");
  });
});

test("the docs name the service's own refusals and limits", () => {
  for (const rule of Object.keys(UNAVAILABLE)) assert(docs.includes(`| \`${rule}\` |`), rule);
  const {
    BATCH_ITEMS_MAX,
    CLIENT_BATCH_ITEMS,
    CLIENT_BYTES_MAX,
    CLIENT_ITEMS_MAX,
    STREAM_MESSAGE_BYTES_MAX: MESSAGE_BYTES_MAX,
  } = limits;
  assert(
    docs
      .replaceAll(/\s+/g, " ")
      .includes(`at most ${BATCH_ITEMS_MAX.toLocaleString("en")} items and ${MESSAGE_BYTES_MAX / 2 ** 20} MiB`),
  );
  assert(docs.includes(`${CLIENT_ITEMS_MAX.toLocaleString("en")} items or ${CLIENT_BYTES_MAX / 2 ** 20} MiB`));
  assert(docs.includes(`at most ${CLIENT_BATCH_ITEMS} items in one message`));
});
