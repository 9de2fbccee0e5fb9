import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { OUT_ROOM } from "../../../ceremony/limits.ts";
import { builtCeremony } from "../../deploy/release/artefact.ts";
import { EmulatedTerminal } from "../../rehearsal/terminal.ts";
import { needs } from "../../tools/need.ts";
import { ROOT } from "../../tools/sources.ts";
import { MOUNT, type PreparedMachine, runProgram } from "./prepared.ts";
import { LINE_RECIPIENT, RECIPIENT_FILES, RECIPIENTS_REFUSED } from "./recipient.ts";

/** Debian's user for those who own nothing. */
const NOBODY = 65534;

test("a good machine: Enter for everything, and the ceremony has its arguments, its declaration, its stick", (t) => {
  const ended = runProgram(t, "prepare", { typed: "\n\n", frameBuffer: false });
  assert.equal(ended.status, 0, ended.screen);
  assert.deepEqual(ended.calls, ["setfont /fonts/text.psf", "dmesg ", "loadkeys --quiet us", MOUNT]);
  assert.equal(
    ended.file("run/ceremony/arguments"),
    "--mode\nproduction\n--network\nmainnet\n--out\n/out/ceremony-1\n",
  );
  assert.equal(
    ended.file("run/ceremony/machine.json"),
    '{"commandLine":"BOOT_IMAGE=/boot/vmlinuz init=/run/booted/init quiet"}\n',
  );
  assert.equal(ended.file("run/ceremony/armed"), "", "from here on a new device ends the ceremony");
  assert.match(ended.screen, /arguments: --mode production --network mainnet --out \/out\/ceremony-1\n/);
});

test("characters and keyboard are chosen by number; what is no number of the list is the first", (t) => {
  const fonts = (typed: string, size = "echo 33 120") =>
    runProgram(t, "prepare", { typed, frameBuffer: true, fakes: { stty: size } }).calls.filter((call) =>
      /^(?:setfont|loadkeys)/.test(call),
    );
  const [normal, large] = ["setfont /fonts/normal.psf.gz", "setfont /fonts/large.psf.gz"];
  assert.deepEqual(fonts("2\n3\n\n"), [normal, large, "loadkeys --quiet de"]);
  assert.deepEqual(fonts("1\n7\n\n"), [normal, "loadkeys --quiet br-abnt2"]);
  assert.deepEqual(fonts("9\n8\n\n"), [normal, "loadkeys --quiet us"]);
  assert.deepEqual(fonts("$(reboot)\n@\n\n"), [normal, "loadkeys --quiet us"]);
  assert.deepEqual(
    fonts("2\n\n\n", "echo 18 64"),
    [normal, large, normal, "loadkeys --quiet us"],
    "no room for large ones",
  );
});

for (const [name, text] of Object.entries(RECIPIENT_FILES))
  test(`the signer's recipient comes from the stick, and a second start has a folder of its own: ${name}`, (t) => {
    const ended = runProgram(t, "prepare", {
      typed: "\n\n",
      before: (at) => {
        writeFileSync(at("out/recipient.txt"), text);
        mkdirSync(at("out/ceremony-1"));
      },
    });
    assert.equal(
      ended.file("run/ceremony/arguments"),
      `--mode\nproduction\n--network\nmainnet\n--recipient\n${LINE_RECIPIENT}\n--out\n/out/ceremony-2\n`,
      ended.screen,
    );
  });

for (const [name, [text, says]] of Object.entries(RECIPIENTS_REFUSED))
  test(`recipient.txt is refused before the start: ${name}`, (t) => {
    const ended = runProgram(t, "prepare", {
      typed: "\n\n\n",
      before: (at) => writeFileSync(at("out/recipient.txt"), text),
    });
    assert.match(ended.screen, says);
    assert.equal(ended.status, 1);
    assert.equal(ended.file("run/ceremony/armed"), undefined);
  });

const REFUSALS: Readonly<
  Record<string, { readonly machine: Partial<PreparedMachine>; readonly says: RegExp; readonly typed: string }>
> = {
  "an executable that was changed": {
    machine: { before: (at) => writeFileSync(at("run/ceremony/ceremony"), "another") },
    says: /CHANGED: the executable is not the one/,
    typed: "\n",
  },
  "no executable": {
    machine: { before: (at) => rmSync(at("run/ceremony/ceremony")) },
    says: /CHANGED/,
    typed: "\n",
  },
  "no hash to compare it with": {
    machine: { before: (at) => writeFileSync(at("etc/ceremony/payload.sha256"), "") },
    says: /CHANGED/,
    typed: "\n",
  },
  "memory that is not zeroed": {
    machine: { fakes: { dmesg: "echo 'mem auto-init: stack:off, heap alloc:on, heap free:off'" } },
    says: /does not zero the memory/,
    typed: "\n",
  },
  "a font that cannot be set": { machine: { fakes: { setfont: "exit 1" } }, says: /font cannot be set/, typed: "\n" },
  "a keyboard map that is not there": {
    machine: { fakes: { loadkeys: "exit 1" } },
    says: /no keyboard map us/,
    typed: "\n\n",
  },
};

for (const [what, { machine, says, typed }] of Object.entries(REFUSALS))
  test(`nothing is started with ${what}`, (t) => {
    const ended = runProgram(t, "prepare", { typed, ...machine });
    assert.equal(ended.status, 1, ended.screen);
    assert.match(ended.screen, says);
    assert.match(ended.screen, /Nothing was started\./);
    assert.equal(ended.file("run/ceremony/arguments"), undefined);
    assert.equal(ended.file("run/ceremony/armed"), undefined);
  });

/** How often a fake was called, this time included. */
const TIMES = (program: string): string => `times=$(grep -c '^${program} ' "$(dirname "$0")/../../calls")`;
/** Nobody waits here: with each second somebody takes the stick out, or puts the next one in. */
const OTHER_STICK =
  'stick="$(dirname "$0")/../../dev/disk/by-label/CEREMONYOUT"; if [ -e "$stick" ]; then rm "$stick"; else : >"$stick"; fi';

const STICKS: Readonly<Record<string, { readonly fakes: Readonly<Record<string, string>>; readonly says: RegExp }>> = {
  "cannot be mounted": {
    fakes: { mount: `${TIMES("mount")}; [ "$times" -gt 2 ] || exit 32` },
    says: /stick cannot be mounted/g,
  },
  "has no room": {
    fakes: {
      mount: "",
      head: `${TIMES("head")}; if [ "$times" -gt 2 ]; then exec /usr/bin/head "$@"; else printf x; exit 1; fi`,
    },
    says: /no room for 512 KiB/g,
  },
  "is read-only": {
    fakes: { mkdir: `${TIMES("mkdir")}; if [ "$times" -gt 2 ]; then exec /usr/bin/mkdir "$@"; else exit 1; fi` },
    says: /cannot be written/g,
  },
};

for (const [what, { fakes, says }] of Object.entries(STICKS))
  test(`a stick that ${what} is asked for anew, as often as need be, before the machine is armed`, (t) => {
    const ended = runProgram(t, "prepare", { typed: "\n\n", fakes: { ...fakes, sleep: OTHER_STICK } });
    assert.equal(ended.status, 0, ended.screen);
    assert.equal(ended.screen.match(says)?.length, 2, ended.screen);
    assert.equal(ended.screen.match(/Take it out, and put another one in\./g)?.length, 2);
    assert.equal(ended.calls.filter((call) => call === MOUNT).length, 3);
    const lettingGo = ended.calls.filter((call) => call === "umount /out").length;
    assert.equal(lettingGo, what === "cannot be mounted" ? 0 : 2);
    assert.deepEqual(ended.left("out"), [], "nothing of the trial stays on the stick");
    assert.equal(ended.file("run/ceremony/armed"), "");
  });

test("the image asks a stick for as much room as the ceremony holds", () => {
  const text = readFileSync(join(ROOT, "iso/appliance.prepare.sh"), "utf8");
  assert.equal(Number(/^room=(\d+)$/m.exec(text)?.[1]), OUT_ROOM);
});

test("after the ceremony the stick is let go first, then the console is cleared with what scrolled away", (t) => {
  const done = runProgram(t, "end", { typed: "" });
  assert.deepEqual(done.calls, ["umount /out"]);
  assert.equal(done.screen, "\u001bc\u001b[3J");
  const stty = 'echo "from $(readlink /proc/$$/fd/0)" >>"$(dirname "$0")/../../calls"';
  const refused = runProgram(t, "end", { typed: "\n", env: { EXIT_STATUS: "1" }, fakes: { stty } });
  assert.deepEqual(
    refused.calls,
    ["umount /out", "stty sane -echo", "from /dev/tty1"],
    "it waits for the console's Enter",
  );
  assert.match(refused.screen, /The ceremony ended with 1\. Press Enter/);
  assert(refused.screen.endsWith("\u001bc\u001b[3J"));
});

test(
  "the released executable starts for a user who may not read it, and finds no variable",
  needs("tmpfs"),
  async (t) => {
    const executable = await builtCeremony();
    const folder = mkdtempSync(join(tmpdir(), "start-"));
    t.after(() => rmSync(folder, { recursive: true }));
    chmodSync(folder, 0o711);
    const ceremony = join(folder, "ceremony");
    copyFileSync(executable, ceremony);
    chmodSync(ceremony, 0o711);
    const out = join(folder, "out");
    mkdirSync(out);
    chownSync(out, NOBODY, NOBODY);
    writeFileSync(join(folder, "arguments"), `--mode\nrehearsal\n--out\n${out}/ceremony-1\n`);
    const start = readFileSync(join(ROOT, "iso/appliance.start.sh"), "utf8")
      .replaceAll("@bash@", "")
      .replaceAll("@coreutils@/bin", "/usr/bin")
      .replaceAll("@ceremony@", ceremony)
      .replaceAll("/run/ceremony/", `${folder}/`);
    writeFileSync(join(folder, "start"), start);
    // As systemd does it: another user, no rights, the program's own file open as descriptor 3.
    const user = `setpriv --reuid ${NOBODY} --regid ${NOBODY} --clear-groups --no-new-privs`;
    const terminal = new EmulatedTerminal("/bin/sh", ["-c", `exec ${user} bash "${folder}/start" 3<"${ceremony}"`], {
      rows: 40,
      env: { NODE_OPTIONS: "--require x", LD_LIBRARY_PATH: "/tmp" },
    });
    t.after(() => terminal.kill());
    const screen = (await terminal.waitFor("Own file", { timeoutMs: 15_000 })).join("\n");
    assert.match(screen, /pass +No NODE_ variable +none/);
    assert.match(screen, /pass +No variable of loader or libraries +none/);
    assert.match(screen, /pass +No program can gain rights +1/);
    assert.match(screen, /pass +No privilege +0000000000000000/);
    assert.match(screen, /info +Own file +mode 0711, owned by root/);
  },
);
