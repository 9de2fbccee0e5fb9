import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { REPORT } from "../ceremony/seed/command.ts";
import { SAMPLE_WORDS } from "../ceremony/seed/samples.ts";
import { ROOT } from "../tools/sources.ts";
import { KEYS } from "./console.ts";
import { EmulatedTerminal } from "./terminal.ts";

/** A checkout of its own: what a rehearsal leaves by default, it leaves in the checkout that it is started from. */
const folder = mkdtempSync(join(tmpdir(), "npm-"));
const checkout = join(folder, "checkout");
const elsewhere = join(folder, "elsewhere");

/** Of this checkout, from wherever the caller stands. */
const CEREMONY = ["--prefix", checkout, "run", "-s", "ceremony", "--"] as const;

/** Nothing of the npm that may run this test: its INIT_CWD is not the one of the npm that is tested. */
const { PATH, HOME } = process.env;
const ENVIRONMENT = { PATH, HOME, npm_config_update_notifier: "false" };

before(() => {
  mkdirSync(checkout);
  mkdirSync(elsewhere);
  for (const name of ["ceremony", "core", "package.json", "package-lock.json", ".npmrc", "VERSION"])
    cpSync(join(ROOT, name), join(checkout, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(checkout, "node_modules"));
});
after(() => rmSync(folder, { recursive: true }));

function npm(args: readonly string[], input = "") {
  return spawnSync("npm", [...CEREMONY, ...args], { cwd: elsewhere, env: ENVIRONMENT, input, encoding: "utf8" });
}

/** Begins a rehearsal and ends it with Ctrl-C and END. Resolves to the exit code of npm. */
/** Ends a ceremony at its first screen. `seen` looks around while it runs: a folder that stays empty is taken back. */
async function endedEarly(args: readonly string[], cwd: string, seen: () => void): Promise<number> {
  const terminal = new EmulatedTerminal("npm", args, { cwd, env: { npm_config_update_notifier: "false" } });
  try {
    await terminal.waitFor(/REHEARSAL[\s\S]*^1\/\d+ /m);
    seen();
    await terminal.press(KEYS.interrupt);
    await terminal.waitFor("End this ceremony?");
    await terminal.press(`END${KEYS.enter}`);
    const { exitCode } = await terminal.exit;
    assert.match(terminal.screen().join("\n"), /^ceremony: ended early: asked/m);
    return exitCode;
  } finally {
    await terminal.close();
  }
}

test("npm start is a rehearsal in this terminal, and ends as it is told", async () => {
  const made = () => readdirSync(checkout).filter((name) => name.startsWith("rehearsal-"));
  const code = await endedEarly(["start"], checkout, () => {
    assert.equal(made().length, 1);
    assert.match(made()[0] ?? "", /^rehearsal-\d{8}-\d{6}$/);
  });
  assert.equal(code, 3);
  assert.deepEqual(made(), []);
});

test("a relative output folder is the caller's, wherever the checkout is", async () => {
  const code = await endedEarly([...CEREMONY, "--out", "here"], elsewhere, () =>
    assert.deepEqual(readdirSync(elsewhere), ["here"]),
  );
  assert.equal(code, 3);
});

test("npm run -s ceremony gives standard input, relative paths and the exit code of its caller", () => {
  const run = npm(["inspect", "--network", "regtest", "--json", "--accounts", "mine.json"], `${SAMPLE_WORDS}\n\n`);
  assert.equal(run.status, 0, run.stderr);
  assert.deepEqual(JSON.parse(run.stdout), REPORT);
  assert.equal(JSON.parse(readFileSync(join(elsewhere, "mine.json"), "utf8")).accounts.length, 259);
});

test("npm run -s ceremony passes errors through", () => {
  const wrong = npm(["inspect", "--json"], `${SAMPLE_WORDS}\nnot the passphrase\n`);
  assert.equal(wrong.status, 1);
  const { error } = JSON.parse(wrong.stdout) as { readonly error: { readonly code: string } };
  assert.equal(error.code, "wrong_passphrase");
  const unknown = npm(["inspect", "--jsn"]);
  assert.equal(unknown.status, 2);
  assert.equal(unknown.stdout, "");
  assert.match(unknown.stderr, /usage: ceremony inspect/);
});

test("without a terminal there is no ceremony", () => {
  const run = npm([]);
  assert.equal(run.status, 2);
  assert.match(run.stderr, /^ceremony: needs a terminal/m);
});
