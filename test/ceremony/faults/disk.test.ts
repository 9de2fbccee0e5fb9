import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { OUT_ROOM } from "../../../ceremony/limits.ts";
import { verifyTranscript } from "../../../ceremony/transcript/verify.ts";
import { KEYS } from "../../rehearsal/console.ts";
import { REHEARSED_CHECKOUT } from "../../rehearsal/rehearse.ts";
import { needs } from "../../tools/need.ts";
import { describeVerdict, FAULTS_TOGETHER, FaultStage } from "./stage.ts";

/** A new folder that goes with the test. */
function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "faults-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A medium of so many bytes. */
function medium(t: TestContext, size: string): string {
  const path = mkdtempSync(join(tmpdir(), "faults-medium-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=700`, "tmpfs", path]);
  t.after(() => {
    // As often as there is something mounted: a test may have taken it away, or put a view of it in its place.
    while (spawnSync("umount", ["-l", path]).status === 0);
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

/** Takes the space of a medium but for so many pages. */
function fill(path: string, pages: number): void {
  const { bavail, bsize } = statfsSync(path);
  writeFileSync(join(path, "lost+found"), Buffer.alloc(Math.max(0, bavail - pages) * bsize));
}

/** As `fill`, of what the ceremony holds for itself too: nobody but a fault does that. */
function takeRoom(path: string, pages: number): void {
  rmSync(join(path, ".room.part"));
  fill(path, pages);
}

async function at(stage: FaultStage, scene: string): Promise<string[]> {
  await stage.playUntil(scene);
  return stage.terminal.screen().filter((row) => row !== "");
}

/** No other folder is wanted: the refusal is shown, and Enter ends it. */
async function endIt(stage: FaultStage): Promise<void> {
  await stage.terminal.press(`END${KEYS.enter}`);
  await stage.terminal.waitFor(/! The output folder cannot be written/);
  await stage.terminal.press(KEYS.enter);
}

const ENDED = /^left \d+ \w+$/m;

/** Plays with a fault at one scene, until the ceremony shows what it makes of it. */
async function playWith(stage: FaultStage, scene: string, fault: () => void, until: RegExp = ENDED): Promise<string[]> {
  const played = stage.play((name) => {
    if (name === scene) fault();
  });
  // Whoever plays waits in vain for the next scene, until the test takes the terminal away.
  played.catch(() => {});
  const screen = await stage.terminal.waitFor(until, { timeoutMs: 20_000 });
  return screen.filter((row) => row !== "");
}

describe("a full medium", FAULTS_TOGETHER, () => {
  // What is held at the start is there at the end, whatever else came onto the medium in between.
  for (const scene of ["role-2", "restore-passphrase"]) {
    test(`from ${scene} on: the room was kept, and the ceremony ends as done`, needs("tmpfs"), async (t) => {
      const stage = new FaultStage(t, medium(t, "1m"));
      await stage.play((name) => {
        if (name === scene) fill(stage.out, 0);
      });
      await stage.assertLeft(0);
      assert.equal(stage.transcript()?.kind, "consistent");
      const files = ["accounts.json", "node.json", "transcript.jsonl"];
      assert.deepEqual(stage.files(), [...files.slice(0, 1), "lost+found", ...files.slice(1)]);
      const used = files.reduce((sum, file) => sum + statSync(join(stage.out, file)).size, 0);
      assert.ok(used < OUT_ROOM / 3, `${used} bytes of ${OUT_ROOM}`);
    });
  }

  // A medium is full by the page: what is left of the transcript's last one may do for all lines up to the files.
  test("the room is gone too: it ends with a whole line", needs("tmpfs"), async (t) => {
    const stage = new FaultStage(t, medium(t, "1m"));
    const either = /^left \d+ \w+$|another folder:/m;
    const screen = (await playWith(stage, "commitment", () => takeRoom(stage.out, 0), either)).join("\n");
    const offered = screen.includes("another folder:");
    // An event that is not kept ends it at once; a file that is not, by a refusal that somebody has to see.
    if (offered) await stage.terminal.press(`END${KEYS.enter}`);
    const next = (await stage.terminal.waitFor(/^left \d+ \w+$|! The output folder cannot be written/m)).join("\n");
    const refused = next.includes("! The output folder");
    if (refused) await stage.terminal.press(KEYS.enter);
    assert.match(await stage.assertLeft(refused ? 1 : 3), /ended early: output_lost;|refused: write_failed;/);
    const verdict = stage.transcript();
    assert.deepEqual([verdict?.kind, verdict?.torn], ["stopped", false]);
    assert.deepEqual(stage.files(), ["lost+found", "transcript.jsonl"]);
    t.diagnostic(`ended in ${verdict?.step?.id}`);
  });

  test("when accounts.json is written: refused, and no piece of it stays", needs("tmpfs"), async (t) => {
    const stage = new FaultStage(t, medium(t, "1m"));
    const screen = await playWith(stage, "compare", () => takeRoom(stage.out, 10), /another folder:/);
    await endIt(stage);
    assert.match(await stage.assertLeft(1, screen), /refused: write_failed/);
    assert.equal(stage.assertEnded("refused").step?.id, "result");
    assert.deepEqual(stage.files(), ["lost+found", "node.json", "transcript.jsonl"]);
  });
});

describe("once the plates are engraved, another folder is offered", FAULTS_TOGETHER, () => {
  const faults: readonly (readonly [string, string, (out: string) => void])[] = [
    ["gone in the test restore", "restore-passphrase", (out) => rmSync(out, { recursive: true })],
    ["full when accounts.json is written", "compare", (out) => takeRoom(out, 10)],
    ["gone when the digits are typed", "node-digits", (out) => rmSync(out, { recursive: true })],
  ];
  for (const [what, scene, fault] of faults)
    test(
      `${what}: all of it is written into the other one, which holds a whole ceremony`,
      needs("tmpfs"),
      async (t) => {
        const stage = new FaultStage(t, join(medium(t, "1m"), "out"));
        const [full, other] = [folder(t), join(folder(t), "other")];
        writeFileSync(join(full, "old"), "");
        const played = stage.play((name) => {
          if (name === scene) fault(stage.out);
        });
        await stage.terminal.waitFor(/another folder:/);
        await stage.terminal.press(`${full}${KEYS.enter}`);
        await stage.terminal.waitFor(/It is not empty \(out_not_empty\)/);
        await stage.terminal.press(`${other}${KEYS.enter}`);
        await played;
        assert.match(await stage.assertLeft(0), new RegExp(`done; ${other} has`));
        assert.deepEqual(readdirSync(other).sort(), ["accounts.json", "node.json", "transcript.jsonl"]);
        const verdict = verifyTranscript(readFileSync(join(other, "transcript.jsonl")));
        assert.equal(verdict.kind, "consistent", describeVerdict(verdict));
        const moved = verdict.events.filter(({ data }) => data["what"] === "moved");
        assert.equal(moved.length, 1);
        assert.deepEqual(readdirSync(full), ["old"]);
      },
    );
});

describe("a medium that is taken away ends the ceremony at the next event", FAULTS_TOGETHER, () => {
  test("removed, in the vault", async (t) => {
    const stage = new FaultStage(t);
    await playWith(stage, "dice-all", () => rmSync(stage.out, { recursive: true }));
    assert.match(await stage.assertLeft(3), /ended early: output_lost/);
    assert.ok(!existsSync(stage.out));
  });

  test("removed, in the test restore, and no other folder is wanted", async (t) => {
    const stage = new FaultStage(t);
    const gone = () => rmSync(stage.out, { recursive: true });
    await playWith(stage, "restore-passphrase", gone, /another folder:/);
    await stage.terminal.press(`END${KEYS.enter}`);
    assert.match(await stage.assertLeft(3), /ended early: output_lost/);
  });

  test("another folder in its place", async (t) => {
    const stage = new FaultStage(t);
    await playWith(stage, "role-3", () => {
      renameSync(stage.out, `${stage.out}-away`);
      mkdirSync(stage.out);
    });
    assert.match(await stage.assertLeft(3), /ended early: output_lost/);
    assert.deepEqual(stage.files(), []);
  });

  test("unplugged: what was under its path is there again", needs("tmpfs"), async (t) => {
    const stage = new FaultStage(t, medium(t, "1m"));
    await playWith(stage, "dice-all", () => void execFileSync("umount", ["-l", stage.out]));
    assert.match(await stage.assertLeft(3), /ended early: output_lost/);
    assert.deepEqual(stage.files(), []);
  });

  test("turned read-only before the files are written", needs("tmpfs"), async (t) => {
    const stage = new FaultStage(t, medium(t, "1m"));
    const turn = (): void => {
      // A medium with a file open for writing cannot be turned, but a view of it in its place can.
      execFileSync("mount", ["--bind", stage.out, stage.out]);
      execFileSync("mount", ["-o", "remount,bind,ro", stage.out]);
    };
    const screen = await playWith(stage, "compare", turn, /another folder:/);
    await endIt(stage);
    await stage.assertLeft(1, screen);
    assert.deepEqual(stage.files(), [".room.part", "transcript.jsonl"]);
    assert.equal(stage.assertEnded("refused").step?.id, "result");
  });
});

describe("the output folder", FAULTS_TOGETHER, () => {
  const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

  test("is made, private, with the transcript from the moment of the id", async (t) => {
    const stage = new FaultStage(t, join(folder(t), "deep", "out"));
    await at(stage, "date-1");
    assert.deepEqual([mode(stage.out), stage.files()], ["700", [".room.part", "transcript.jsonl"]]);
    assert.equal(mode(join(stage.out, "transcript.jsonl")), "600");
  });

  test("may be there and empty, as a stick is, with its folder for lost clusters", async (t) => {
    const out = folder(t);
    mkdirSync(join(out, "lost+found"));
    const stage = new FaultStage(t, out);
    await at(stage, "selftest-1");
    assert.deepEqual(stage.files(), [".room.part", "lost+found"]);
  });

  async function assertRefused(t: TestContext, out: string, code: string): Promise<void> {
    const stage = new FaultStage(t, out);
    const text = (await stage.terminal.waitFor(ENDED)).join("");
    assert.match(
      text.replaceAll(/\s/g, ""),
      new RegExp(`ceremony:theoutputfolder.*\\(${code}(?:,E\\w+)?\\)left1cooked$`),
    );
  }

  for (const [name, file] of [
    ["not empty", "old"],
    ["what a killed ceremony left", ".accounts.json.part"],
  ] as const) {
    test(`is refused if it is ${name}`, async (t) => {
      const out = folder(t);
      writeFileSync(join(out, file), "");
      await assertRefused(t, out, "out_not_empty");
    });
  }

  for (const below of ["", "/below"]) {
    test(`is refused if it is a file, or below one: file${below}`, async (t) => {
      const file = join(folder(t), "file");
      writeFileSync(file, "");
      await assertRefused(t, `${file}${below}`, "out_unwritable");
    });
  }

  for (const size of ["8k", "256k"])
    test(
      `without the room that a ceremony needs is refused before its first screen: ${size}`,
      needs("tmpfs"),
      async (t) => {
        const out = medium(t, size);
        await assertRefused(t, out, "out_full");
        assert.deepEqual(readdirSync(out), []);
      },
    );

  test("with the room that a killed ceremony held is taken", async (t) => {
    const out = folder(t);
    writeFileSync(join(out, ".room.part"), "");
    const stage = new FaultStage(t, out);
    await at(stage, "selftest-1");
    assert.equal(statSync(join(out, ".room.part")).size, OUT_ROOM);
  });

  test("that cannot be written is refused", needs("tmpfs"), async (t) => {
    const out = medium(t, "1m");
    execFileSync("mount", ["-o", "remount,ro", out]);
    await assertRefused(t, out, "out_unwritable");
  });
});

test("without a terminal there is a clear error, and no folder", async (t) => {
  const out = join(folder(t), "out");
  const [file, ...args] = REHEARSED_CHECKOUT;
  const { status, stderr, stdout } = spawnSync(file, [...args, "--out", out], { input: "", encoding: "utf8" });
  assert.deepEqual([status, stdout], [2, ""]);
  assert.match(stderr, /^ceremony: needs a terminal of at least 80x24/);
  assert.ok(!existsSync(out));
});
