import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../tools/sources.ts";

/** Every command of the three programs, with an argument before the request for help where one may stand. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  ceremony: ["", "inspect", "inspect --json", "verify", "verify FILE", "hash", "script", "--mode production"],
  signer: ["", "run", "recipient", "config check", "policy", "explain", "certs", "pause", "resume", "status"].concat([
    "audit init",
    "audit verify",
  ]),
  lsp: ["", "run", "config check", "config keys", "macaroon", "client", "client get-cfg", "client new-key"],
};

for (const [program, commands] of Object.entries(COMMANDS))
  test(`every command of ${program} has --help`, () => {
    for (const command of commands) {
      const args = [...command.split(" ").filter((word) => word !== ""), "--help"];
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, program, "main.ts"), ...args], {
        encoding: "utf8",
      });
      assert.deepEqual([status, stderr], [0, ""], command);
      assert.match(stdout, new RegExp(`^usage: ${program}`), command);
    }
  });
