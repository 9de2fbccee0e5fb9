import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../tools/sources.ts";

test("what is checked in is what the .proto files give", () => {
  const folder = mkdtempSync(join(tmpdir(), "generate-"));
  try {
    const { status, stderr } = spawnSync(process.execPath, [join(ROOT, "proto", "generate.ts"), folder], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    const fresh = contents(folder);
    assert.ok(fresh.has("signer/v1/signer_pb.js"));
    assert.deepEqual(contents(join(ROOT, "proto", "gen")), fresh);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function contents(folder: string): Map<string, string> {
  const files = globSync("**/*.{js,ts}", { cwd: folder }).sort();
  return new Map(files.map((file) => [file, readFileSync(join(folder, file), "utf8")]));
}
