import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { bound } from "../tools/speed.ts";
import { KEYS } from "./console.ts";
import { DEFAULT_COLOUR, EmulatedTerminal, type TerminalOptions } from "./terminal.ts";

function run(t: TestContext, file: string, args: readonly string[], options?: TerminalOptions): EmulatedTerminal {
  const terminal = new EmulatedTerminal(file, args, options);
  t.after(() => terminal.close());
  return terminal;
}

function runScript(t: TestContext, script: string, options?: TerminalOptions): EmulatedTerminal {
  return run(t, process.execPath, ["-e", script], options);
}

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
}

/** Shows each read from the keyboard as JSON on a line of its own; `q` ends it. */
const READS = `
  process.stdin.setRawMode(true);
  process.stdout.write("ready\\r\\n");
  process.stdin.on("data", (data) => {
    process.stdout.write(JSON.stringify(data.toString()) + "\\r\\n");
    if (data.includes("q")) process.exit(0);
  });`;

test("the screen has the rows of the terminal, without trailing blanks", async (t) => {
  const terminal = run(t, "/bin/sh", ["-c", "printf 'one  \\r\\n\\342\\226\\200 two'; read x"]);
  const screen = await terminal.waitFor("two");
  assert.deepEqual(screen, ["one", "\u2580 two", ...Array<string>(22).fill("")]);
  assert.deepEqual(terminal.cursor(), { row: 1, column: 5 });
});

test("cells carry colours, bold and inverse", async (t) => {
  const terminal = run(t, "/bin/sh", ["-c", "printf '\\033[30;47mA\\033[0;1;91mB\\033[0;7mC\\033[0mD'; read x"]);
  await terminal.waitFor("ABCD");
  const cells = terminal.cells();
  assert.equal(cells.length, 24);
  assert.deepEqual(new Set(cells.map((row) => row.length)), new Set([80]));
  const plain = { fg: DEFAULT_COLOUR, bg: DEFAULT_COLOUR, bold: false, inverse: false };
  assert.deepEqual(cells[0]?.slice(0, 5), [
    { ...plain, char: "A", fg: 0, bg: 7 },
    { ...plain, char: "B", fg: 9, bold: true },
    { ...plain, char: "C", inverse: true },
    { ...plain, char: "D" },
    { ...plain, char: " " },
  ]);
});

test("a wait that fails shows the screen in its message", async (t) => {
  const terminal = run(t, "/bin/sh", ["-c", "printf 'what there is'; read x"]);
  await terminal.waitFor("what there is");
  await assert.rejects(terminal.waitFor(/never there/, { timeoutMs: 1 }), (error: Error) => {
    assert.ok(error.message.includes(`waited for /never there/: not within ${bound(1)} ms`), error.message);
    assert.match(error.message, /\|what there is +\|/);
    return true;
  });
});

test("a wait ends with the program, and the last screen still counts", async (t) => {
  const terminal = run(t, "/bin/sh", ["-c", "printf 'last words'; exit 3"]);
  await assert.rejects(terminal.waitFor("something else"), /the program ended \(exit code 3\)/);
  await terminal.waitFor("last words");
});

test("a screen counts only when the output has come to rest", async (t) => {
  const terminal = run(t, "/bin/sh", ["-c", "printf head; read x; printf tail; read x"]);
  await terminal.waitFor("head");
  await terminal.press(KEYS.enter);
  const screen = await terminal.waitFor("head", { quietMs: bound(250) });
  assert.match(screen.join(""), /tail/);
  const hour = 3_600_000;
  await assert.rejects(
    terminal.waitFor("head", { timeoutMs: 1, quietMs: hour }),
    /never for 3600000 ms without output/,
  );
});

test("a test that throws fails the wait, not the process", async (t) => {
  const terminal = run(t, "/bin/sh", ["-c", "sleep 0.05; printf x; read x"]);
  const wanted = (screen: readonly string[]): boolean => {
    if (screen[0] === "x") throw new Error("from the test");
    return false;
  };
  await assert.rejects(terminal.waitFor(wanted), /from the test/);
});

test("pressed keys arrive in one read, typed keys in one read each", async (t) => {
  const terminal = runScript(t, READS);
  await terminal.waitFor("ready");
  await terminal.press("abc");
  await terminal.waitFor('"abc"');
  await terminal.type("1234567890");
  await terminal.press(KEYS.up);
  const screen = await terminal.waitFor('"\\u001b[A"');
  const reads = screen.filter((row) => row.startsWith('"')).map((row) => JSON.parse(row) as string);
  assert.deepEqual(reads, ["abc", ..."1234567890", "\x1b[A"]);
});

test("typed keys keep the gap asked for", async (t) => {
  const terminal = runScript(t, READS);
  await terminal.waitFor("ready");
  const start = performance.now();
  await terminal.type("12345", { gapMs: 40 });
  assert.ok(performance.now() - start >= 5 * 40 - 5);
});

test("typing goes on when the program does not answer", async (t) => {
  const terminal = run(t, "/bin/sh", ["-c", "stty -echo; printf ready; read x; printf '%s' \"<$x>\"; read x"]);
  await terminal.waitFor("ready");
  await terminal.type(`hidden${KEYS.enter}`, { answerMs: 10 });
  await terminal.waitFor("<hidden>");
});

test("the emulator answers cursor reports", async (t) => {
  const terminal = runScript(t, `${READS} process.stdout.write("\\x1b[5;7H\\x1b[6n");`);
  await terminal.waitFor('"\\u001b[5;7R"');
});

test("the program learns of a new size", async (t) => {
  const terminal = runScript(
    t,
    `const show = () => process.stdout.write(process.stdout.getWindowSize().join("x") + "\\r\\n");
     process.stdout.on("resize", show); show(); setInterval(() => {}, 1000);`,
    { columns: 100, rows: 30 },
  );
  await terminal.waitFor("100x30");
  terminal.resize(40, 10);
  const screen = await terminal.waitFor("40x10");
  assert.deepEqual([screen.length, terminal.columns, terminal.rows], [10, 40, 10]);
});

test("what has scrolled away can be seen until the program erases it", async (t) => {
  const terminal = run(t, "/bin/sh", [
    "-c",
    "seq -f 'line %g' 100; printf shown; read x; printf '\\033[2J\\033[3Jerased'; read x",
  ]);
  await terminal.waitFor("shown");
  assert.equal(terminal.scrollback()[0], "line 1");
  assert.ok(!terminal.screen().includes("line 1"));
  await terminal.press(KEYS.enter);
  await terminal.waitFor("erased");
  assert.deepEqual(terminal.scrollback().join(""), "");
});

test("rows behind an alternate screen are scrollback", async (t) => {
  const terminal = run(t, "/bin/sh", ["-c", "printf behind; printf '\\033[?1049hfront'; read x"]);
  const screen = await terminal.waitFor("front");
  assert.ok(!screen.join("").includes("behind"));
  assert.equal(terminal.scrollback()[0], "behind");
});

test("the exit code or the signal is reported", async (t) => {
  const left = run(t, "/bin/sh", ["-c", "exit 3"]);
  assert.deepEqual(await left.exit, { exitCode: 3, signal: undefined });
  const killed = run(t, "/bin/sh", ["-c", "printf up; read x"]);
  await killed.waitFor("up");
  killed.kill();
  assert.deepEqual(await killed.exit, { exitCode: 0, signal: "SIGKILL" });
});

test("closing the terminal hangs the program up", async (t) => {
  const terminal = runScript(
    t,
    `process.on("SIGHUP", () => process.exit(7)); process.stdout.write("up"); setInterval(() => {}, 1000);`,
  );
  await terminal.waitFor("up");
  terminal.hangUp();
  assert.deepEqual(await terminal.exit, { exitCode: 7, signal: undefined });
});

test("no process of the session outlives it, deaf to SIGHUP or not", async () => {
  const terminal = new EmulatedTerminal("/bin/sh", ["-c", "trap '' HUP TERM; sleep 1000 & printf up; sleep 1000"]);
  await terminal.waitFor("up");
  const processes = terminal.processes();
  assert.ok(processes.includes(terminal.pid) && processes.length >= 2, `processes ${processes.join(", ")}`);
  await terminal.close();
  // A machine whose first process reaps nothing keeps orphans as zombies, which hold no memory and no terminal.
  assert.deepEqual(processes.filter(isRunning), []);
  await terminal.close();
});

test("the program's environment is bare, and one of a console", async (t) => {
  const terminal = run(t, "/usr/bin/env", [], { env: { CEREMONY_TEST: "yes" } });
  await terminal.exit;
  const names = terminal.screen().flatMap((row) => /^(\w+)=/.exec(row)?.[1] ?? []);
  assert.deepEqual(names.filter((name) => !["PATH", "HOME", "PWD"].includes(name)).sort(), [
    "CEREMONY_TEST",
    "LANG",
    "TERM",
  ]);
  assert.ok(terminal.screen().includes("TERM=linux"));
});
