import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { CHECKOUT } from "./artefact.ts";

/** Prints the file of each module as it is loaded. */
const SPY = `
import { registerHooks } from "node:module";
import { writeSync } from "node:fs";
registerHooks({
  load(url, context, next) {
    if (url.startsWith("file:")) writeSync(2, url + "\\n");
    return next(url, context);
  },
});
`;

test("--version loads the entry and the version, and nothing else", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "version-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [spy, log] = [join(folder, "spy.mjs"), join(folder, "log")];
  writeFileSync(spy, SPY);
  const command = `exec "$0" --import "${pathToFileURL(spy)}" ceremony/main.ts --version 2>"${log}"`;
  const printed = execFileSync("sh", ["-c", command, process.execPath], { cwd: CHECKOUT, encoding: "utf8" });
  assert.equal(printed, readFileSync(join(CHECKOUT, "VERSION"), "utf8"));
  const loaded = readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .map((url) => relative(CHECKOUT, new URL(url).pathname));
  assert.deepEqual(loaded, ["ceremony/main.ts", "ceremony/host/version.ts"]);
});
