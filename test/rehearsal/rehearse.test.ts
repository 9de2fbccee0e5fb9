import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { needs } from "../tools/need.ts";
import { ROOT } from "../tools/sources.ts";
import { screenPng } from "./picture.ts";
import type { Notes } from "./player.ts";
import { REHEARSED_CHECKOUT, type RehearseOptions, rehearse, throwDice } from "./rehearse.ts";
import { decodeQr } from "./zbar.ts";

interface Moment {
  readonly scene: string;
  readonly screen: readonly string[];
  readonly scrollback: readonly string[];
}

interface Event {
  readonly step: string;
  readonly kind: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A rehearsal that was played, and all that was seen of it. */
class Played {
  readonly folder = mkdtempSync(join(tmpdir(), "rehearsal-"));
  readonly out = join(this.folder, "out");
  readonly moments: Moment[] = [];
  readonly pictures = new Map<string, Buffer>();
  notes: Notes | undefined;

  async play(options: Omit<RehearseOptions, "out">): Promise<void> {
    const watch: RehearseOptions["watch"] = async (scene, screen, terminal) => {
      await options.watch?.(scene, screen, terminal);
      this.moments.push({ scene, screen, scrollback: terminal.scrollback() });
      if (hasCode(scene)) this.pictures.set(scene, screenPng(terminal.cells()));
    };
    this.notes = await rehearse({ ...options, out: this.out, noScreens: true, watch });
  }

  get written(): Notes {
    assert.ok(this.notes, "the rehearsal was played to its end");
    return this.notes;
  }

  text(name: string): string {
    return readFileSync(join(this.out, name), "utf8");
  }

  json(name: string): Record<string, unknown> {
    return JSON.parse(this.text(name));
  }

  events(): Event[] {
    return this.text("transcript.jsonl")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  }

  /** The data of the events of this name, without the name. */
  said(step: string, what: string): unknown[] {
    const found = this.events().filter((event) => event.step === step && event.data["what"] === what);
    return found.map(({ data: { what: _, ...rest } }) => rest);
  }

  screenOf(scene: string): string {
    return this.moments.find((moment) => moment.scene === scene)?.screen.join("\n") ?? "";
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

const hasCode = (scene: string): boolean => scene === "node" || scene === "head";

function ceremony(args: readonly string[], input = "") {
  const [file, ...own] = REHEARSED_CHECKOUT;
  return spawnSync(file, [...own, ...args], { input, encoding: "utf8" });
}

function recompute(folder: string) {
  return spawnSync("python3", [join(ROOT, "test/recompute.py"), folder], { encoding: "utf8" });
}

/** Where words stand, in full or as they are punched, or three of them in a row with anything that is no letter between. */
function showsWords(rows: readonly string[], words: readonly string[]): boolean {
  const text = rows.join("\n");
  const punched = words.map((word) => [...word.slice(0, 4).toUpperCase()].join(" "));
  const triples = words.slice(2).map((_, index) => words.slice(index, index + 3));
  return (
    /^ +\d+ {3}[a-z]{3,8} +[A-Z] [A-Z] [A-Z]/m.test(text) ||
    punched.some((letters) => text.includes(letters)) ||
    triples.some((three) => new RegExp(three.join("[^A-Za-z]+"), "i").test(text))
  );
}

/** What holds for every rehearsal, whatever its policies. */
function holdsForAll(played: Played): void {
  test("recompute.py makes the same words and node id of what was opened", needs("python3"), () => {
    const run = recompute(played.out);
    assert.equal(run.status, 0, run.stdout + run.stderr);
    assert.match(run.stdout, /\bequal$/m);
  });

  test("the transcript is whole by the head that was written down", () => {
    const file = join(played.out, "transcript.jsonl");
    const whole = ceremony(["verify", file, "--head", played.written.head.join(" ")]);
    assert.equal(whole.status, 0, whole.stdout + whole.stderr);
    assert.match(whole.stdout.split("\n")[0] ?? "", /\bwhole\b/i);
    const other = ceremony(["verify", file, "--head", [...played.written.head].reverse().join(" ")]);
    assert.notEqual(other.status, 0);
  });

  test("inspect finds in the words what the ceremony wrote", () => {
    const { ceremonyId, mode, ...node } = played.json("node.json");
    assert.deepEqual([ceremonyId, mode], ["rehearsal-1", "rehearsal"]);
    const accounts = join(played.folder, "accounts.json");
    const run = ceremony(
      ["inspect", "--network", "regtest", "--json", "--accounts", accounts],
      played.text("words.txt"),
    );
    assert.equal(run.status, 0, run.stderr);
    assert.deepEqual(JSON.parse(run.stdout), node);
    assert.equal(node["nodeId"], played.written.nodeId);
    assert.ok(readFileSync(accounts).equals(readFileSync(join(played.out, "accounts.json"))));
  });

  test("no word stays on the screen or scrolls away", () => {
    const { words } = played.written;
    const secret = played.moments.filter(({ screen }) => showsWords(screen, words)).map(({ scene }) => scene);
    assert.deepEqual(secret, ["words-1", "words-5", "words-9", "words-13", "words-17", "words-21"]);
    for (const { scene, scrollback } of played.moments)
      if (scene !== "end") assert.deepEqual(scrollback, [], `scrollback at ${scene}`);
    const end = played.moments.at(-1);
    const left = `ceremony: done; ${played.out} has transcript.jsonl, node.json, accounts.json and identity.age`;
    assert.equal(end?.screen.join("").replaceAll(" ", ""), left.replaceAll(" ", ""));
    assert.deepEqual(end?.scrollback, []);
  });
}

describe("whole rehearsals", { concurrency: true }, () => {
  describe("typed passphrase, one plate, 64 throws", () => {
    const played = new Played();
    before(() => played.play({}));
    after(() => played.remove());
    holdsForAll(played);

    test("the folder holds what a ceremony leaves and the notes, for their owner only", () => {
      const files = [
        ...["accounts.json", "head.txt", "identity.age", "node.json", "opened.json", "signer-identity.txt"],
        ...["transcript.jsonl", "words.txt"],
      ];
      assert.deepEqual(readdirSync(played.out).sort(), files);
      for (const file of files) assert.equal(statSync(join(played.out, file)).mode & 0o777, 0o600, file);
      assert.equal(statSync(played.out).mode & 0o777, 0o700);
    });

    for (const [what, change] of [
      ["die", { dice: (faces: string) => `${faces.slice(0, 40)}${(Number(faces[40]) % 6) + 1}${faces.slice(41)}` }],
      ["byte of the share", { machineShare: (hex: string) => `${hex[0] === "0" ? "1" : "0"}${hex.slice(1)}` }],
    ] as const) {
      test(`another ${what} gives other words`, needs("python3"), () => {
        const copy = join(played.folder, what);
        cpSync(played.out, copy, { recursive: true });
        const opened = played.json("opened.json") as Record<string, string>;
        for (const [field, changed] of Object.entries(change)) opened[field] = changed(opened[field] ?? "");
        writeFileSync(join(copy, "opened.json"), JSON.stringify(opened));
        const run = recompute(copy);
        assert.equal(run.status, 1, run.stdout + run.stderr);
        assert.match(run.stdout, /^DIFFERENT: .*\bwords\b/m);
      });
    }

    test("zbarimg reads node id and head off pictures of the screen", needs("zbarimg", "font"), () => {
      assert.deepEqual(decodeQr(played.pictures.get("node") ?? Buffer.alloc(0)), [played.written.nodeId]);
      const { head } = JSON.parse(
        ceremony(["verify", join(played.out, "transcript.jsonl"), "--json"]).stdout,
      ) as Record<string, string>;
      assert.deepEqual(decodeQr(played.pictures.get("head") ?? Buffer.alloc(0)), [head]);
    });
  });

  describe("passphrase by dice, two plates, 128 throws, one person leads and types", () => {
    const played = new Played();
    before(() =>
      played.play({
        policy: "dice",
        plates: 2,
        dice: throwDice(128),
        initials: ["AL", "AL", "CY", "DI", "EV"],
      }),
    );
    after(() => played.remove());
    holdsForAll(played);

    test("it is recorded so", () => {
      assert.deepEqual(played.said("dice", "thrown"), [{ round: 1, count: 128 }]);
      assert.deepEqual(played.said("passphrase", "passphrase"), [{ policy: "dice" }]);
      assert.deepEqual(played.said("readback", "plate"), [
        { plate: 1, attempts: 1 },
        { plate: 2, attempts: 1 },
      ]);
      assert.deepEqual(played.said("people", "role").slice(0, 2), [
        { role: "leader", initials: "AL" },
        { role: "operator", initials: "AL" },
      ]);
    });

    test("the passphrase is eight words, shown once and never again", () => {
      const { passphrase } = played.written;
      assert.equal(passphrase.split(" ").length, 8);
      const [, ...rest] = passphrase.split(" ");
      const shown = played.moments.filter(({ screen }) => rest.every((word) => screen.join(" ").includes(word)));
      assert.deepEqual(
        shown.map(({ scene }) => scene),
        ["passphrase-words"],
      );
    });
  });

  describe("no passphrase, a console without half blocks", () => {
    const played = new Played();
    const hidden: Moment[] = [];
    before(() =>
      played.play({
        policy: "none",
        noBlocks: true,
        async watch(scene, screen, terminal) {
          if (scene !== "words-5") return;
          // A terminal that shrinks moves its upper rows to the scrollback, and the words are there.
          terminal.resize(80, 12);
          hidden.push({ scene, screen: await terminal.waitFor("at least 80x24"), scrollback: terminal.scrollback() });
          terminal.resize(80, 24);
          await terminal.waitFor((rows) => rows.join("\n") === screen.join("\n"));
        },
      }),
    );
    after(() => played.remove());
    holdsForAll(played);

    test("a terminal made too small hides everything, also in what scrolled away", () => {
      assert.deepEqual(
        hidden.map(({ screen, scrollback }) => [screen.filter((row) => row !== ""), scrollback]),
        [[["Make the screen at least 80x24. Now 80x12."], []]],
      );
    });

    test("there is no code: hex and words only, and that is recorded", () => {
      for (const scene of ["node", "head"]) assert.doesNotMatch(played.screenOf(scene), /[█▀▄]/);
      assert.ok(played.screenOf("node").replaceAll(/\s/g, "").includes(played.written.nodeId));
      assert.equal(played.written.head.length, 32);
      assert.deepEqual(played.said("selftest", "font"), [{ blocks: false }, { blocks: false }]);
      assert.equal((played.said("result", "node")[0] as Record<string, unknown>)["qr"], false);
      assert.deepEqual(played.said("passphrase", "passphrase"), [{ policy: "none" }]);
      assert.equal(played.written.passphrase, "");
    });
  });
});
