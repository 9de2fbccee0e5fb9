import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { CHECK_TITLES } from "../../../ceremony/check/selftest.ts";
import { KEYS } from "../../rehearsal/console.ts";
import { ALL, DEEP, sceneNamed } from "./scenes.ts";
import { FAULTS_TOGETHER, FaultStage } from "./stage.ts";

/** A field of each process in which people type, and nothing is on its way to the disk. */
const TABLE = "role-3";
const VAULT = "passphrase-2";
const RESTORE = "restore-passphrase";

async function at(stage: FaultStage, scene: string): Promise<string[]> {
  await stage.playUntil(scene);
  return stage.terminal.screen().filter((row) => row !== "");
}

describe("a signal ends the ceremony, whoever has the terminal", FAULTS_TOGETHER, () => {
  const chosen = [
    ["SIGINT", TABLE],
    ["SIGTERM", VAULT],
    ["SIGINT", RESTORE],
  ] as const;
  const others = [
    ["SIGTERM", TABLE],
    ["SIGINT", VAULT],
    ["SIGTERM", RESTORE],
  ] as const;
  for (const [signal, scene] of DEEP ? [...chosen, ...others] : chosen) {
    test(`${signal} at ${scene}`, async (t) => {
      const stage = new FaultStage(t);
      const before = await at(stage, scene);
      process.kill(stage.parent, signal);
      assert.match(await stage.assertLeft(3, before), /ended early: signal;/);
      assert.equal(stage.assertEnded("signal").step?.id, sceneNamed(scene).step);
    });
  }

  test("SIGTERM to the vault itself", async (t) => {
    const stage = new FaultStage(t);
    const before = await at(stage, "dice");
    process.kill(stage.inner, "SIGTERM");
    await stage.assertLeft(3, before);
    stage.assertEnded("signal");
  });

  test("a fault of the program itself: the transcript says so at its step, and the screen is cleared", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "fault-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const [fault, out] = [join(folder, "fault"), join(folder, "out")];
    const stage = new FaultStage(t, out, faultyClock(fault));
    const before = await at(stage, "role-3");
    writeFileSync(fault, "");
    await stage.terminal.press("XX\r");
    assert.match(await stage.assertLeft(3, before), /ended early: failure;[\s\S]*a fault of the program: unexpected/);
    assert.equal(stage.assertEnded("failure").step?.id, "people");
  });

  test("before the ceremony has an id nothing is written, and the folder made for it is taken back", async (t) => {
    const stage = new FaultStage(t);
    const before = await at(stage, "font-1");
    process.kill(stage.parent, "SIGTERM");
    assert.match(await stage.assertLeft(3, before), /ended early: signal; nothing was written/);
    assert.equal(existsSync(stage.out), false);
  });

  test("a machine that production refuses is recorded, with every check, though the ceremony has no id yet", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "refused-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const out = join(folder, "out");
    const stage = new FaultStage(t, out, undefined, ["--mode", "production", "--network", "simnet"]);
    const refused = "A check failed, and production ends here";
    for (let page = 1; page <= 9 && !stage.terminal.screen().join("\n").includes(refused); page += 1) {
      await stage.terminal.waitFor(new RegExp(`^${page}/\\d+ `, "m"));
      await stage.terminal.press(KEYS.enter);
      await stage.terminal.waitFor(
        (rows) => !rows.some((row) => row.startsWith(`${page}/`)) || rows.join("\n").includes(refused),
      );
    }
    await stage.terminal.press(KEYS.enter);
    assert.match(await stage.assertLeft(1), /refused: selftest_failed;/);
    assert.equal(stage.assertEnded("refused").step?.id, "selftest");
    const lines = readFileSync(join(out, "transcript.jsonl"), "utf8").trim().split("\n");
    const events = lines.map((line) => JSON.parse(line) as { readonly data: Readonly<Record<string, unknown>> });
    assert.deepEqual(
      events.filter(({ data }) => data["what"] === "checked").map(({ data }) => data["id"]),
      [...CHECK_TITLES.keys()],
    );
    assert.equal(events[0]?.data["ceremonyId"], "unnamed");
  });

  test("after the last event the transcript stays what the witness copied", async (t) => {
    const stage = new FaultStage(t);
    const before = await at(stage, "head");
    process.kill(stage.parent, "SIGTERM");
    await stage.assertLeft(3, before);
    assert.equal(stage.transcript()?.kind, "consistent");
  });
});

describe("a closed terminal ends the ceremony", FAULTS_TOGETHER, () => {
  for (const scene of [TABLE, VAULT, RESTORE]) {
    test(`at ${scene}`, async (t) => {
      const stage = new FaultStage(t);
      await at(stage, scene);
      stage.terminal.hangUp();
      t.diagnostic(`everything ended after ${Math.round(await stage.untilLeft())} ms`);
      assert.equal(stage.assertEnded("terminal_closed").step?.id, sceneNamed(scene).step);
    });
  }
});

describe("Ctrl-C asks first", FAULTS_TOGETHER, () => {
  for (const scene of DEEP ? [TABLE, VAULT, RESTORE] : [VAULT]) {
    test(`at ${scene}: END and Enter end it`, async (t) => {
      const stage = new FaultStage(t);
      const before = await at(stage, scene);
      await stage.terminal.press(KEYS.interrupt);
      await stage.terminal.waitFor("End this ceremony?");
      await stage.terminal.press("END\r");
      assert.match(await stage.assertLeft(3, before), /ended early: asked;/);
      assert.equal(stage.assertEnded("asked").step?.id, sceneNamed(scene).step);
    });
  }

  test("Esc goes on, everywhere, with all that was typed; and no scene is unknown to these tests", async (t) => {
    const stage = new FaultStage(t);
    const seen: string[] = [];
    await stage.play(async (scene, screen) => {
      seen.push(scene);
      await stage.terminal.press(KEYS.interrupt);
      await stage.terminal.waitFor("End this ceremony?");
      await stage.terminal.press(KEYS.escape);
      await stage.terminal.waitFor((rows) => !rows.join("\n").includes("End this ceremony?"));
      // What is secret is covered, and any key shows it again.
      const isCovered = /^words-|^opening$/.test(scene);
      if (isCovered) {
        await stage.terminal.waitFor(": hidden");
        await stage.terminal.press("x");
      }
      const back = await stage.terminal.waitFor((rows) => !rows.join("\n").includes(": hidden"));
      // The note of the last answer stands there until the next key.
      assert.deepEqual(back.slice(0, 22), screen.slice(0, 22), scene);
    });
    await stage.assertLeft(0);
    assert.deepEqual(
      seen.filter((scene) => !/^selftest-[2-9]/.test(scene)),
      ALL.map(({ name }) => name),
    );
    assert.deepEqual(stage.files(), ["accounts.json", "node.json", "transcript.jsonl"]);
  });
});

describe("a terminal that is too small", FAULTS_TOGETHER, () => {
  test("hides the words until it is large again", async (t) => {
    const stage = new FaultStage(t);
    const before = await at(stage, "words-1");
    const { terminal } = stage;
    const words = before.flatMap((row) => /^ +\d+ +([a-z]{3,8}) +[A-Z] /.exec(row)?.[1] ?? []);
    assert.equal(words.length, 4);
    for (const [columns, rows] of [
      [79, 24],
      [80, 23],
      [20, 3],
      [1, 1],
    ] as const) {
      terminal.resize(columns, rows);
      // What does not fit goes into the scrollback before the program can say a word; only the program empties that.
      await terminal.waitFor((screen) => {
        const isEmpty = terminal.scrollback().join("") === "";
        return isEmpty && !words.some((word) => screen.join("\n").includes(word));
      });
      terminal.resize(80, 24);
      await terminal.waitFor((screen) => before.every((row) => screen.includes(row)));
    }
    terminal.resize(100, 30);
    await terminal.waitFor("words 1 to 4 of 24");
  });
});

/** A module by which the clock throws, once, when a file is there. */
function faultyClock(file: string): string {
  const program = `
    import { existsSync, rmSync } from "node:fs";
    const { toISOString } = Date.prototype;
    Date.prototype.toISOString = function () {
      if (existsSync(${JSON.stringify(file)})) {
        rmSync(${JSON.stringify(file)});
        throw new TypeError("no clock");
      }
      return toISOString.call(this);
    };`;
  return `data:text/javascript,${encodeURIComponent(program)}`;
}
