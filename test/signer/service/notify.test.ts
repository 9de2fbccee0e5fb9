import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { needs } from "../../tools/need.ts";
import { listenNotify } from "../../tools/notify.ts";
import { writeBundle } from "./bundle.ts";
import { MAIN, signer } from "./program.ts";
import { newSignerFolder } from "./rig.ts";

test("systemd is told when it signs and when it stops", needs("python3", "systemd"), async () => {
  const folder = newSignerFolder();
  const path = join(folder, "notify");
  const { next, close } = await listenNotify(path);
  const { bundle, identity } = await writeBundle(folder);
  const options = ["--network", "regtest", "--bundle", bundle, "--identity-file", identity];
  const places = ["--data", join(folder, "data"), "--socket", join(folder, "run", "lsp.sock")];
  const child = spawn(process.execPath, [MAIN, "run", ...options, ...places], {
    env: { ...process.env, NOTIFY_SOCKET: path },
    stdio: "ignore",
  });
  assert.equal(await next(), "READY=1");
  // Ready is ready: the admin socket answers, and it would sign.
  assert.equal(signer("status", "--data", join(folder, "data")).status, 0);
  child.kill("SIGTERM");
  assert.equal(await next(), "STOPPING=1");
  assert.deepEqual((await once(child, "exit"))[0], 0);
  close();
  rmSync(folder, { recursive: true });
});

test("without systemd's program it signs all the same, and says that nobody was told", async () => {
  const folder = newSignerFolder();
  const { bundle, identity } = await writeBundle(folder);
  const options = ["--network", "regtest", "--bundle", bundle, "--identity-file", identity];
  const places = ["--data", join(folder, "data"), "--socket", join(folder, "run", "lsp.sock")];
  const child = spawn(process.execPath, [MAIN, "run", ...options, ...places], {
    env: { NOTIFY_SOCKET: join(folder, "nobody"), PATH: folder },
    stdio: ["ignore", "ignore", "pipe"],
  });
  for await (const line of createInterface({ input: child.stderr })) if (line.includes("systemd not told")) break;
  assert.equal(signer("status", "--data", join(folder, "data")).status, 0);
  child.kill("SIGTERM");
  await once(child, "exit");
  rmSync(folder, { recursive: true });
});
