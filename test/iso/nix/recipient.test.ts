import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { needs } from "../../tools/need.ts";
import { ROOT } from "../../tools/sources.ts";
import { newNixFolder } from "./nix.ts";
import { LINE_RECIPIENT, RECIPIENT_FILES, RECIPIENTS_REFUSED } from "./recipient.ts";

test("the boot test's init reads the file by the same program, in its own shell", needs("busybox"), (t) => {
  const folder = newNixFolder(t);
  const init = readFileSync(join(ROOT, "iso/boot/init"), "utf8");
  assert.match(init, /^# RECIPIENT$/m);
  assert.match(init, /\n {2}read_recipient \/out\/recipient\.txt\n {2}\[ -z "\$why" \] \|\| refuse /);
  const read = (text: string | Buffer): string => {
    writeFileSync(join(folder, "recipient.txt"), text);
    const script =
      'set -u; . "$1"; read_recipient "$2"; if [ -z "$why" ]; then echo "$recipient"; else echo "$why"; fi';
    const files = [join(ROOT, "iso/appliance.recipient.sh"), join(folder, "recipient.txt")];
    const run = spawnSync("busybox", ["sh", "-c", script, "sh", ...files], { encoding: "utf8", env: {} });
    assert.equal(run.stderr, "");
    return run.stdout.trimEnd();
  };
  for (const [name, text] of Object.entries(RECIPIENT_FILES)) assert.equal(read(text), LINE_RECIPIENT, name);
  for (const [name, [text, says]] of Object.entries(RECIPIENTS_REFUSED)) assert.match(read(text), says, name);
});
