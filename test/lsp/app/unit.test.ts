import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { CONNECTIONS_MAX, LSP_STOP_GRACE_MS } from "../../../lsp/limits.ts";
import { needs } from "../../tools/need.ts";
import { ROOT } from "../../tools/sources.ts";
import { newLspFolder } from "./rig.ts";

/** systemd's own scale, 0 to 10, times ten. */
const EXPOSURE_MAX = 13;
const UNIT = readFileSync(join(ROOT, "lsp/lsp.service"), "utf8");
const value = (key: string): string => new RegExp(`^${key}=(.*)$`, "m").exec(UNIT)?.[1] ?? "";

describe("the systemd unit", () => {
  test("starts the command that there is, and leaves it the time and the files that it needs", () => {
    assert.match(value("ExecStart"), /^\S+\/node --disable-sigusr1 \S+\/lsp\/main\.ts run --config \S+$/);
    assert.equal(value("ExecReload"), "kill -HUP $MAINPID");
    assert(Number(value("TimeoutStopSec")) * 1000 > 2 * LSP_STOP_GRACE_MS);
    assert(Number(value("LimitNOFILE")) > CONNECTIONS_MAX + 1_000);
    for (const line of [
      "LimitCORE=0",
      "MemorySwapMax=0",
      "ProtectSystem=strict",
      "SocketBindDeny=any",
      "Type=notify",
      "NotifyAccess=all",
    ])
      assert(UNIT.split("\n").includes(line), line);
  });

  test("systemd verifies it, and calls it safe; the docs say how safe", needs("systemd"), () => {
    const folder = newLspFolder();
    const path = join(folder, "lsp.service");
    // Only the program's place is another one here: verify wants it to be there.
    writeFileSync(path, UNIT.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`));
    const verify = spawnSync("systemd-analyze", ["verify", path], { encoding: "utf8" });
    const ours = verify.stderr.split("\n").filter((line) => line.includes("lsp.service"));
    assert.deepEqual([verify.status, ours], [0, []]);
    const security = ["security", "--offline=true", `--threshold=${EXPOSURE_MAX}`, path];
    const { status, stdout } = spawnSync("systemd-analyze", security, { encoding: "utf8" });
    assert.equal(status, 0, stdout.split("\n").at(-2));
    assert(readFileSync(join(ROOT, "docs/lsp.md"), "utf8").replaceAll(/\s+/g, " ").includes("gives it 1.3 of 10"));
    rmSync(folder, { recursive: true });
  });
});
