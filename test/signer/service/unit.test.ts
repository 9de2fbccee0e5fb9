import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { needs } from "../../tools/need.ts";
import { ROOT } from "../../tools/sources.ts";
import { newSignerFolder } from "./rig.ts";

/** systemd's own scale, 0 to 10, times ten. */
const EXPOSURE_MAX = 10;
const UNIT = readFileSync(join(ROOT, "signer/signer.service"), "utf8");

describe("the systemd unit", () => {
  test("keeps the key off every disk and starts the command that there is", () => {
    for (const line of [
      "LimitCORE=0",
      "CoredumpFilter=0x0",
      "MemorySwapMax=0",
      "ProtectSystem=strict",
      "PrivateNetwork=yes",
      // Without it a client's socket cannot be given to the client's group.
      "SupplementaryGroups=lsp",
      "Type=notify",
      "NotifyAccess=all",
    ])
      assert(UNIT.split("\n").includes(line), line);
    assert.match(UNIT, /^ExecStart=\S+\/node --disable-sigusr1 \S+\/signer\/main\.ts run /m);
  });

  test("systemd verifies it, and calls it safe", needs("systemd"), () => {
    const folder = newSignerFolder();
    const path = join(folder, "signer.service");
    // Only the program's place is another one here: verify wants it to be there.
    writeFileSync(path, UNIT.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`));
    const verify = spawnSync("systemd-analyze", ["verify", path], { encoding: "utf8" });
    const ours = verify.stderr.split("\n").filter((line) => line.includes("signer.service"));
    assert.deepEqual([verify.status, ours], [0, []]);
    const security = ["security", "--offline=true", `--threshold=${EXPOSURE_MAX}`, path];
    const { status, stdout } = spawnSync("systemd-analyze", security, { encoding: "utf8" });
    assert.equal(status, 0, stdout.split("\n").at(-2));
    rmSync(folder, { recursive: true });
  });
});
