import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fakeMachine } from "./fake.ts";
import { missingTools, TOOL_NAMES, TOOLS, type Tool } from "./list.ts";
import { judge } from "./need.ts";
import { sourceFiles } from "./sources.ts";

/** Programs that are part of every system this runs on: Debian's essential packages and Node itself. */
const ALWAYS_THERE = new Set([
  "bash",
  "sh",
  "cat",
  "sleep",
  "true",
  "cp",
  "sha256sum",
  "unshare",
  "rm",
  "npm",
  "node",
  "tar",
  "env",
  "ldd",
  "apt-get",
  "flock",
  "grep",
  "mkswap",
  "prlimit",
  "setpriv",
]);

for (const name of TOOL_NAMES) {
  test(`${name} is recognised when there and when missing`, () => {
    assert.deepEqual(missingTools(fakeMachine({})), []);
    assert.deepEqual(missingTools(fakeMachine({ missing: [name] })), [name]);
  });
}

test("a Go older than a go.mod asks for is a missing Go", () => {
  for (const [go, missing] of [
    ["1.19.8", true],
    ["1.25.10", true],
    ["1.26", false],
    ["1.26.1", false],
    ["2.0.1", false],
  ] as const) {
    assert.equal(missingTools(fakeMachine({ go })).includes("go"), missing, go);
  }
});

test("a missing tool skips by name, and fails by name with CI=true", () => {
  const machine = fakeMachine({ missing: ["zbarimg"] });
  const reason = "needs zbarimg: apt-get install -y --no-install-recommends zbar-tools";
  assert.deepEqual(judge(machine, undefined, ["zbarimg", "strace"]), { skip: reason, failures: [] });
  assert.deepEqual(judge(machine, "false", ["zbarimg"]), { skip: reason, failures: [] });
  assert.deepEqual(judge(machine, "true", ["zbarimg"]), { skip: reason, failures: [reason] });
  assert.deepEqual(judge(machine, "true", ["strace"]), { skip: false, failures: [] });
});

test("a real test that needs a tool which no path holds: skipped, or failed with CI=true", () => {
  const program = `
    import { test } from "node:test";
    import { needs } from ${JSON.stringify(new URL("./need.ts", import.meta.url).href)};
    test("decodes", needs("zbarimg"), () => {});
  `;
  const run = (ci: string) =>
    spawnSync(process.execPath, ["--test-reporter=tap", "--input-type=module", "--eval", program], {
      encoding: "utf8",
      env: { PATH: "/nonexistent", CI: ci },
    });
  const skipped = run("");
  assert.equal(skipped.status, 0, skipped.stdout);
  assert.match(skipped.stdout, /^ok 1 - decodes # SKIP needs zbarimg/m);
  const failed = run("true");
  assert.equal(failed.status, 1, failed.stdout);
  assert.match(failed.stdout, /^not ok \d - needs zbarimg/m);
});

test("the list is complete: every program that a test starts is in it", () => {
  const started = sourceFiles("test").flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/\b(?:spawn|spawnSync|execFile|execFileSync)\(\s*"([^"/]+)"/g)].map(
      ([, program = ""]) => ({ file, program }),
    ),
  );
  assert.ok(started.length > 0);
  const listed = new Set(TOOL_NAMES.flatMap((name) => (TOOLS[name] as Tool).programs ?? [name]));
  const unknown = started.filter(({ program }) => !(listed.has(program) || ALWAYS_THERE.has(program)));
  assert.deepEqual(unknown, []);
});

test("every tool of the list is needed by a test", () => {
  const needed = new Set(
    sourceFiles("test")
      .filter((file) => !file.includes("test/tools/"))
      .flatMap((file) => [...readFileSync(file, "utf8").matchAll(/\bneeds\(([^)]*)\)/g)])
      .flatMap(([, names = ""]) => [...names.matchAll(/"(\w+)"/g)].map(([, name]) => name)),
  );
  assert.deepEqual(
    TOOL_NAMES.filter((name) => !needed.has(name)),
    [],
  );
});
