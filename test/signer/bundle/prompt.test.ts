import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { EmulatedTerminal } from "../../rehearsal/terminal.ts";

const PROMPT = JSON.stringify(new URL("../../../signer/bundle/prompt.ts", import.meta.url).href);

/** Says what was obtained as hex, which shows every byte and is never what was typed. */
const script = (options: object): string => `
  const { obtainPassphrase, processPassphraseIo } = await import(${PROMPT});
  const got = await obtainPassphrase(${JSON.stringify(options)}, processPassphraseIo());
  console.log(got.ok ? "got " + got.value.bytes.toString("hex") : "error " + got.error.code);
`;
const node = (options: object): string[] => ["--input-type=module", "-e", script(options)];
const hex = (text: string): string => Buffer.from(text).toString("hex");

async function atTerminal(options: object, act: (terminal: EmulatedTerminal) => Promise<void>): Promise<string> {
  const terminal = new EmulatedTerminal(process.execPath, node(options), { columns: 100, rows: 24 });
  try {
    await act(terminal);
    return (await terminal.waitFor(/^(?:got|error) /m)).join("\n");
  } finally {
    await terminal.close();
  }
}

test("two people type their halves, nothing of them is on the screen, and Backspace takes a key back", async () => {
  const screen = await atTerminal({ halves: true, isNew: false }, async (terminal) => {
    await terminal.waitFor("first half of the passphrase:");
    await terminal.type("left hax\x7flf");
    await terminal.press("\r");
    await terminal.waitFor("second half of the passphrase:");
    await terminal.type("right");
    await terminal.press("\r");
  });
  assert.match(screen, new RegExp(`^got ${hex("left half" + "right")}$`, "m"));
  assert.doesNotMatch(screen, /left|right/);
});

test("Ctrl-C at the prompt ends it", async () => {
  const screen = await atTerminal({ halves: false, isNew: true }, async (terminal) => {
    await terminal.waitFor("passphrase:");
    await terminal.press("\x03");
  });
  assert.match(screen, /^error passphrase_ended$/m);
});

test("no terminal: nobody is asked, a descriptor is read", () => {
  const run = (options: object, input: string) => {
    const stdio = ["pipe", "pipe", "pipe"] as const;
    return spawnSync(process.execPath, node(options), { input, encoding: "utf8", stdio: [...stdio] }).stdout;
  };
  assert.equal(run({ halves: false, isNew: false }, "typed\n"), "error passphrase_no_terminal\n");
  assert.equal(run({ fd: 0, halves: false, isNew: false }, "from a pipe\n"), `got ${hex("from a pipe")}\n`);
  assert.equal(run({ fd: 0, halves: true, isNew: false }, "from \na pipe"), `got ${hex("from a pipe")}\n`);
  assert.equal(run({ fd: 0, halves: false, isNew: false }, "x".repeat(2000)), "error passphrase_fd\n");
});
