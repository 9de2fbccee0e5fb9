import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { EmulatedTerminal } from "../../rehearsal/terminal.ts";
import { ROOT } from "../../tools/sources.ts";
import { block, INSPECT_NODE_ID, INSPECT_PASSPHRASE, LIST } from "./read.ts";

// A shell with a history, as people have one: what inspect leaves in the terminal is run by it.

const NODE = join(ROOT, "node_modules/.bin/node");
const PROMPT = "prompt> ";
let home: string;
before(() => {
  home = mkdtempSync(join(tmpdir(), "inspect-"));
});
after(() => rmSync(home, { recursive: true }));

/** Starts inspect from a shell, pastes, and comes back with the screen, its scrollback and the shell's history. */
async function inShell(keys: readonly string[], args = "") {
  const history = join(home, `history-${keys.length}-${args.length}-${keys.join("").length}`);
  const terminal = new EmulatedTerminal("/bin/bash", ["--norc", "-i"], {
    cwd: home,
    env: { HOME: home, HISTFILE: history, PS1: PROMPT, PS2: "more> " },
  });
  try {
    await terminal.waitFor(PROMPT.trim());
    await terminal.press(`${NODE} ${join(ROOT, "ceremony/main.ts")} inspect ${args}; echo "ended: $?"\r`);
    await terminal.waitFor("Type the 24 words");
    for (const pasted of keys) {
      await terminal.press(pasted);
    }
    await terminal.waitFor(/ended: \d/);
    await terminal.press("echo and on\r");
    await terminal.waitFor(/^and on$/m);
    const shown = [...terminal.scrollback(), ...terminal.screen()].join("\n");
    await terminal.press("exit\r");
    await terminal.exit;
    return { shown, history: readFileSync(history, "utf8") };
  } finally {
    await terminal.close();
  }
}

/** No two words beside each other, nor the passphrase, and nothing that the shell did not know. */
function keepsQuiet({ shown, history }: { readonly shown: string; readonly history: string }): void {
  for (const text of [shown, history]) {
    assert.ok(!text.includes(INSPECT_PASSPHRASE), text);
    assert.ok(!LIST.some((word) => new RegExp(`\\b${word}\\b`).test(text.replaceAll("install", ""))), text);
    assert.ok(!text.includes("command not found"), text);
  }
  assert.equal(history.trim().split("\n").length, 3);
}

const flat = (text: string): string => text.replaceAll("\n", "");

describe("inspect in a terminal", () => {
  it("takes lncli's block in one paste, and leaves nothing on the screen, in the scrollback or to the shell", async () => {
    const ended = await inShell([`${block()}\n${INSPECT_PASSPHRASE}\n`]);
    assert.match(ended.shown, /ended: 0/);
    assert.ok(flat(ended.shown).includes(INSPECT_NODE_ID));
    keepsQuiet(ended);
  });

  it("takes a paste in pieces, with what follows the passphrase and a line without its end", async () => {
    const rows = block().split("\n");
    const pieces = [`${rows.slice(0, 2).join("\n")}\n`, `\n${rows.slice(2).join("\n")}\n${INSPECT_PASSPHRASE}\n`];
    const ended = await inShell([...pieces.slice(0, 1), `${pieces[1]}${LIST.slice(0, 4).join(" ")}\nabstract`]);
    assert.match(ended.shown, /ended: 0/);
    keepsQuiet(ended);
  });

  it("ends with Ctrl-C, and the rest of what was pasted is gone with it", async () => {
    const ended = await inShell([`${LIST.slice(0, 8).join(" ")}\n${LIST.slice(8, 10).join(" ")}\u0003`]);
    assert.match(ended.shown, /ended: 130/);
    keepsQuiet(ended);
  });

  it("ends with Ctrl-D, and counts the words", async () => {
    const ended = await inShell([`${LIST.slice(0, 8).join("\n")}\n\u0004`]);
    assert.match(ended.shown, /words are 8, and a seed has 24.*ended: 1/s);
    keepsQuiet(ended);
  });
});
