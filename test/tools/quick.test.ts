import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isQuick, NOT_QUICK, SLOW_FILES, slowParts } from "./quick.ts";
import { ROOT, sourceFiles } from "./sources.ts";

const quick = (path: string): boolean => isQuick(join(ROOT, path));

test("every folder and file that the quick run leaves out exists", () => {
  const places = [...Object.keys(NOT_QUICK).map((place) => `test/${place}`), ...Object.keys(SLOW_FILES)];
  assert.deepEqual(
    places.filter((place) => !existsSync(join(ROOT, place))),
    [],
  );
});

test("the quick run has the tests of rules, and none of machines, nodes, databases, tools and oracles", () => {
  for (const path of [
    "test/lsp/service/checks.test.ts",
    "test/signer/policy/table.test.ts",
    "test/ceremony/seed/aezeed.test.ts",
    "test/project/architecture.test.ts",
  ])
    assert(quick(path), path);
  for (const path of [
    "test/iso/boot/play.test.ts",
    "test/lsp/node/lnd.test.ts",
    "test/lsp/store/outage.test.ts",
    "test/ceremony/screen/qr.test.ts",
    "test/ceremony/oracle/oracle.test.ts",
  ])
    assert(!quick(path), path);
});

test("a tool that is asked for and a rig that is loaded are seen through the files between", () => {
  assert.deepEqual(slowParts("test/tools/wait.test.ts"), []);
  assert(slowParts("test/ceremony/screen/qr.test.ts").includes("test/ceremony/screen/qr.test.ts"));
  assert(slowParts("test/lsp/app/config.test.ts").includes("test/regtest/lnd.ts"));
});

test("most test files are in the quick run", () => {
  const files = sourceFiles("test").filter((file) => file.endsWith(".test.ts"));
  assert(files.filter(isQuick).length > files.length / 2);
});
