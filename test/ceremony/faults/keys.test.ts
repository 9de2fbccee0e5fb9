import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { KEYS } from "../../rehearsal/console.ts";
import { REHEARSED_CHECKOUT } from "../../rehearsal/rehearse.ts";
import { EmulatedTerminal } from "../../rehearsal/terminal.ts";
import { FAULTS_TOGETHER, FaultStage } from "./stage.ts";

// Keys that nobody meant: before a page is drawn, behind a screen that is too small, after the end.

/** A shell that shows each line it is given when the ceremony has gone; with job control, so that a job can be stopped. */
const SHELL = `set -m; "$@"; echo "left $?"; while read -r line; do echo "got[$line]"; done`;

/** A ceremony on its first page, in a shell that tells what it is given. */
async function inShell(t: TestContext): Promise<EmulatedTerminal> {
  const folder = mkdtempSync(join(tmpdir(), "keys-"));
  const terminal = new EmulatedTerminal("/bin/sh", [
    "-c",
    SHELL,
    "sh",
    ...REHEARSED_CHECKOUT,
    "--out",
    join(folder, "out"),
  ]);
  t.after(async () => {
    await terminal.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await terminal.waitFor(/^1\/\d+ /m);
  return terminal;
}

/** As somebody who looks at the paper, and not at the screen. */
async function typeOn(terminal: EmulatedTerminal, text: string): Promise<void> {
  for (const letter of text) {
    await terminal.press(letter);
    await sleep(40);
  }
}

/** What the shell gets is what is typed to it, and nothing of before. */
async function assertDrained(terminal: EmulatedTerminal): Promise<void> {
  await terminal.waitFor(/^left \d+$/m);
  await terminal.press("marker\r");
  const screen = await terminal.waitFor(/got\[.*\]/);
  assert.deepEqual(
    screen.filter((row) => row.startsWith("got[")),
    ["got[marker]"],
  );
}

describe("a page takes no key that was typed before it was drawn", FAULTS_TOGETHER, () => {
  test("Enter twice at the end of the dice does not pass the mix; letters that are dropped are said", async (t) => {
    const stage = new FaultStage(t);
    await stage.playUntil("dice-all");
    await stage.terminal.press("\r\r\rabc");
    const screen = await stage.terminal.waitFor("first eight");
    assert.ok(screen.some((row) => row.startsWith("! What was typed before this page was drawn")));
  });

  test("one question of the room is answered by one key, however many come", async (t) => {
    const stage = new FaultStage(t);
    await stage.playUntil("room-1");
    await stage.terminal.press("yyyyy");
    const screen = await stage.terminal.waitFor((rows) => rows.some((row) => row.includes("[Y]")));
    assert.equal(screen.filter((row) => row.includes("[Y]")).length, 1);
  });

  test("four words are not passed by a second Enter in the same read", async (t) => {
    const stage = new FaultStage(t);
    await stage.playUntil("words-1");
    await stage.terminal.press("\r\r");
    await stage.terminal.waitFor("words 5 to 8 of 24");
  });
});

test("no key acts behind a screen that is too small", async (t) => {
  const stage = new FaultStage(t);
  const before = await stage.playUntil("room-2").then(() => stage.terminal.screen());
  stage.terminal.resize(79, 24);
  await stage.terminal.waitFor("Make the screen at least 80x24");
  await stage.terminal.press("y");
  await stage.terminal.press(`${KEYS.interrupt}END\r`);
  await stage.terminal.press("n");
  stage.terminal.resize(80, 24);
  const after = await stage.terminal.waitFor("go through the room");
  assert.deepEqual(after, before);
});

describe("nothing that is typed at the end reaches the shell", FAULTS_TOGETHER, () => {
  test("the rest of a line, after END", async (t) => {
    const terminal = await inShell(t);
    await terminal.press(KEYS.interrupt);
    await terminal.waitFor("End this ceremony?");
    await terminal.press("END\r");
    await typeOn(terminal, "and the rest of it\r");
    await assertDrained(terminal);
  });

  test("a line that is being typed when a signal comes", async (t) => {
    const terminal = await inShell(t);
    const [shellsChild] = terminal.processes().filter((pid) => pid !== terminal.pid);
    process.kill(shellsChild ?? 0, "SIGTERM");
    await typeOn(terminal, "Only for 1 rehearsal!\r");
    await assertDrained(terminal);
  });

  test("a line that is being typed when the vault is lost", async (t) => {
    const stage = new FaultStage(t);
    await stage.playUntil("passphrase-1");
    await stage.terminal.press("Only for ");
    process.kill(stage.inner, "SIGKILL");
    await typeOn(stage.terminal, "1 rehearsal!\r");
    const screen = await stage.assertLeft(3);
    assert.doesNotMatch(screen, /rehearsal!/);
  });

  test("a stop from the terminal's own signal is not taken: nobody gets the screen in the middle", async (t) => {
    const terminal = await inShell(t);
    const [shellsChild] = terminal.processes().filter((pid) => pid !== terminal.pid);
    process.kill(shellsChild ?? 0, "SIGTSTP");
    await terminal.press(KEYS.interrupt);
    await terminal.waitFor("End this ceremony?");
  });
});
