import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { decipher } from "../../../ceremony/seed/aezeed.ts";
import { parsePhrase } from "../../../ceremony/seed/phrase.ts";
import { Secret } from "../../../core/secret.ts";
import type { CeremonySecrets } from "../../rehearsal/needles.ts";
import { type Notes, playRehearsal, type Table } from "../../rehearsal/player.ts";
import { REHEARSED_CHECKOUT, throwDice } from "../../rehearsal/rehearse.ts";
import { decodeQr } from "../../rehearsal/zbar.ts";
import { needs } from "../../tools/need.ts";
import { builtImage, fileHash, OUTPUT } from "./image.ts";
import { BootMachine, type BootMachineOptions } from "./machine.ts";
import { bootNeedles, type Dump, described, dumpMemory, searchDump, searchPicture } from "./memory.ts";
import { makeStick, readStick, stickFiles } from "./stick.ts";

/** Both firmwares, both ways to bring the image, both kinds of keyboard; with DEEP=1 the other two pairs of the first. */
const MACHINES = [
  { name: "bios, from a CD, on the keyboard of the board", firmware: "bios", kind: "cd", keyboard: "ps2" },
  { name: "uefi, from a stick, on a USB keyboard", firmware: "uefi", kind: "stick", keyboard: "usb" },
  ...(process.env["DEEP"] === "1"
    ? ([
        { name: "bios, from a stick, on a USB keyboard", firmware: "bios", kind: "stick", keyboard: "usb" },
        { name: "uefi, from a CD, on the keyboard of the board", firmware: "uefi", kind: "cd", keyboard: "ps2" },
      ] as const)
    : []),
] as const;

/** UEFI's console is drawn as a picture. */
const UEFI_PICTURE = { width: 800, height: 600 };

const WRITTEN = ["accounts.json", "identity.age", "node.json", "transcript.jsonl"];

/** When the memories are kept: most is known, all children have gone, and the machine is off. */
const SHOWN = "words-21";
const FORGOTTEN = "machine";
const OFF = "off";

/** Lies in the machine's memory the whole time, in its firmware's tables, and is searched for like a secret. */
const CANARY = "canary: zoo abstract cat dinosaur legal marble thank pigeon wave sausage";

/** Labels of what people have typed, as text. */
const TYPED = /^(?:phrase|passphrase|dice) text\b/;

async function tableFor(recipient: string): Promise<Table> {
  return {
    ceremonyId: "boot-test-1",
    date: new Date().toISOString().slice(0, 10),
    dice: throwDice(64),
    passphrase: "Only for 1 rehearsal!",
    passphraseDice: "",
    policy: "typed",
    plates: 1,
    recipient,
  };
}

function secretsOf({ words, passphrase, opened }: Notes): CeremonySecrets {
  const phrase = parsePhrase(Buffer.from(words.join(" ")));
  assert.ok(phrase.ok);
  const seed = decipher(phrase.value, Secret.take(Buffer.from(passphrase)));
  assert.ok(seed.ok);
  const others = {
    share: Buffer.from(opened.machineShare, "hex"),
    blind: Buffer.from(opened.blind, "hex"),
    dice: opened.dice,
  };
  return { words, passphrase, entropy: seed.value.entropy.bytes, others };
}

class Play {
  readonly folder = mkdtempSync(join(tmpdir(), "boot-play-"));
  readonly stick = join(this.folder, "out.img");
  readonly dumps: Dump[] = [];
  readonly pictures = new Map<string, Buffer>();
  readonly screens: string;

  constructor(name: string) {
    this.screens = join(OUTPUT, "screens", name.replaceAll(/[^a-z]+/gi, "-"));
    rmSync(this.screens, { recursive: true, force: true });
    mkdirSync(this.screens, { recursive: true });
  }

  async keep(machine: BootMachine, scene: string): Promise<void> {
    const picture = await machine.picture();
    this.pictures.set(scene, picture);
    writeFileSync(join(this.screens, `${String(this.pictures.size).padStart(2, "0")}-${scene}.png`), picture);
    if (scene === SHOWN || scene === FORGOTTEN || scene === OFF)
      this.dumps.push(await dumpMemory(machine, this.folder, scene));
  }

  async run(options: BootMachineOptions, table: Table): Promise<Notes> {
    const machine = await BootMachine.start(options);
    try {
      const first = (await machine.waitFor("Press Enter to begin")).join("\n");
      assert.match(first, /test vehicle/);
      assert.match(first, /files are as they were built; memory is zeroed when it is freed/);
      await this.keep(machine, "boot");
      await machine.press("\r");
      const notes = await playRehearsal(machine, table, async (scene, screen) => {
        assert.doesNotMatch(screen.at(-1) ?? "", /_$/, `${scene}: the cursor is hidden`);
        await this.keep(machine, scene);
      });
      await machine.off();
      await this.keep(machine, OFF);
      return notes;
    } finally {
      await machine.close();
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function assertWritten(play: Play, notes: Notes): void {
  assert.deepEqual(stickFiles(play.stick), [...WRITTEN.map((name) => `ceremony-1/${name}`), "recipient.txt"]);
  const transcript = join(play.folder, "transcript.jsonl");
  writeFileSync(transcript, readStick(play.stick, "ceremony-1/transcript.jsonl") ?? "");
  const outcomes = readFileSync(transcript, "utf8").matchAll(/"outcome":"(\w+)"/g);
  assert.deepEqual(
    new Set([...outcomes].map(([, outcome]) => outcome)),
    new Set(["pass", "info"]),
    "no check is waived",
  );
  const [file, ...args] = REHEARSED_CHECKOUT;
  const run = spawnSync(file, [...args, "verify", transcript, "--head", notes.head.join(" ")], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stdout + run.stderr);
  assert.match(run.stdout.split("\n")[0] ?? "", /\bwhole\b/i);
  const node = JSON.parse(String(readStick(play.stick, "ceremony-1/node.json")));
  assert.equal(node.nodeId, notes.nodeId);
  assert.deepEqual(decodeQr(play.pictures.get("node") ?? Buffer.alloc(0)), [notes.nodeId]);
}

function assertForgotten(t: TestContext, play: Play, secrets: CeremonySecrets, firmware: string): void {
  const needles = bootNeedles({ ...secrets, others: { ...secrets.others, canary: CANARY } });
  for (const { moment, ram, video } of play.dumps) {
    const start = performance.now();
    const found = searchDump(ram, needles);
    const screen = searchDump(video, needles);
    const drawn = firmware === "uefi" ? searchPicture(readFileSync(video), UEFI_PICTURE, needles) : new Map();
    const canaries = [...found].filter(([label]) => label.startsWith("canary"));
    for (const [label] of canaries) found.delete(label);
    t.diagnostic(`${moment}: RAM ${described(found)}; canary ${described(new Map(canaries))}`);
    t.diagnostic(`${moment}: screen memory ${described(screen)}; drawn ${described(drawn)}`);
    t.diagnostic(`${moment}: searched in ${((performance.now() - start) / 1000).toFixed(1)} s`);
    // Where there must be some, the same search must find them: else its zeros mean nothing.
    assert.ok(canaries.length > 0, `${moment}: the canary is not found`);
    const onScreen = described(new Map([...screen, ...drawn]));
    if (moment === SHOWN) {
      assert.ok(found.size > 0 && onScreen !== "0", "neither RAM nor screen are seen");
      continue;
    }
    assert.equal(onScreen, "0", `${moment}: the screen's memory`);
    // What people typed may still stand in the kernel's own keyboard buffers, until the console is closed.
    const kept = [...found.keys()].filter((label) => !TYPED.test(label));
    assert.deepEqual(kept, [], `${moment}: nothing that only the program knew`);
  }
}

describe("a whole rehearsal on the screen and keyboard of a machine", { concurrency: true }, () => {
  for (const { name, firmware, kind, keyboard } of MACHINES) {
    test(
      name,
      needs("qemu", "ovmf", "xorriso", "grub", "grubEfi", "mtools", "dosfstools", "busybox", "font", "zbarimg"),
      async (t) => {
        const image = await builtImage();
        const play = new Play(name);
        t.after(() => play.remove());
        const recipient = await identityToRecipient(await generateX25519Identity());
        makeStick(play.stick, "CEREMONYOUT", { "recipient.txt": `${recipient}\n` });
        const [other, disk] = [join(play.folder, "other.img"), join(play.folder, "disk.img")];
        makeStick(other, "SOMEBODYS", { "letter.txt": "nothing of the ceremony's\n" });
        makeStick(disk, "INSIDE");
        const untouched = [image.iso, other, disk];
        const before = untouched.map(fileHash);
        const devices = [
          ...["-drive", `if=none,id=other,format=raw,file=${other}`, "-device", "usb-storage,bus=usb.0,drive=other"],
          ...["-drive", `if=none,id=disk,format=raw,file=${disk}`, "-device", "ide-hd,bus=ide.0,drive=disk"],
          ...["-smbios", `type=11,value=${CANARY}`],
        ];
        const start = performance.now();
        const notes = await play.run(
          { firmware, keyboard, start: { kind, image: image.iso }, stick: play.stick, devices },
          await tableFor(recipient),
        );
        t.diagnostic(`${name}: played in ${((performance.now() - start) / 1000).toFixed(0)} s`);
        assertWritten(play, notes);
        assert.deepEqual(untouched.map(fileHash), before, "what was not the output stick");
        assertForgotten(t, play, secretsOf(notes), firmware);
      },
    );
  }
});
