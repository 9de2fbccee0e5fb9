import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { ECHO, startServerRig } from "../lsp/server/rig.ts";
import { needs } from "../tools/need.ts";
import { bound, slowness } from "../tools/speed.ts";
import { NOT_PASSED, type Outcome } from "./h2speccases.ts";
import { suitePrograms } from "./programs.ts";
import { wholePieces } from "./relay.ts";

/** Of h2spec 2.2.1. */
const CASES = 145;
const PASSED = 129;

/** What runs at the same time: most of it is waiting for what does not come. */
const SECTIONS = [["generic", "hpack"], ["http2/3", "http2/4", "http2/5"], ["http2/6"], ["http2/7", "http2/8"]];

/** Seconds that h2spec waits for what it expects. */
const patience = (): string => String(Math.ceil(slowness()) + 1);

/** Each case that h2spec ran, as `section: title`, and what came of it. */
async function runSections(t: TestContext, port: number, sections: readonly string[]): Promise<Map<string, Outcome>> {
  const folder = mkdtempSync(join(tmpdir(), "h2spec-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const report = join(folder, "report.xml");
  const args = ["-h", "127.0.0.1", "-p", String(port), "-P", ECHO, "-o", patience(), "-j", report, ...sections];
  // Its exit status is 1 when a case fails: the report says which.
  await promisify(execFile)((await suitePrograms()).h2spec, args, { timeout: bound(120_000) }).catch(
    ({ code, message }) => assert.equal(code, 1, message),
  );
  const cases = readFileSync(report, "utf8").matchAll(
    /<testcase package="([^"]*)" classname="([^"]*)"[^>]*>\s*(<error>|<failure>|<skipped>)?/g,
  );
  return new Map(
    [...cases].map(([, section, title = "", mark]): [string, Outcome] => {
      const name = `${section}: ${title.replaceAll("&#34;", '"').replaceAll("&#39;", "'")}`;
      if (mark === undefined) return [name, "passed"];
      return [name, mark === "<skipped>" ? "skipped" : "failed"];
    }),
  );
}

test("h2spec: 129 of 145 cases pass, and of the others each has its reason in a table", needs("go"), async (t) => {
  const rig = await startServerRig(t);
  const port = await wholePieces(t, rig.port);
  const runs = await Promise.all(SECTIONS.map((sections) => runSections(t, port, sections)));
  const all = new Map(runs.flatMap((run) => [...run]));
  assert.equal(all.size, CASES);
  const otherwise = [...all].filter(([name, outcome]) => outcome !== (NOT_PASSED[name]?.outcome ?? "passed"));
  assert.deepEqual(otherwise, [], "cases that have changed sides");
  assert.equal([...all.values()].filter((outcome) => outcome === "passed").length, PASSED);
  assert.deepEqual(
    Object.keys(NOT_PASSED).filter((name) => !all.has(name)),
    [],
    "names of no case",
  );
});
