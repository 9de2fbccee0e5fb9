import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openSigner } from "../../../signer/client/client.ts";
import { openPause } from "../../../signer/engine/pause.ts";
import { DEFAULT_BUDGET, DEFAULT_POLICY } from "../../../signer/policy/settings.ts";
import { askAdminLine, until } from "./caller.ts";
import { badFrame, FRAMES_NODE_ID, goodFrame, METHOD } from "./frames.ts";
import { newSignerFolder, startSignerRig } from "./rig.ts";

test("a disk that refuses lifts no pause and ends no process; it is written when there is room again", async () => {
  const policy = { ...DEFAULT_POLICY, budget: { ...DEFAULT_BUDGET, pauseAbove: 0.5 } };
  const rig = await startSignerRig({ policy });
  const client = openSigner({ place: { socket: rig.socket }, nodeId: FRAMES_NODE_ID, network: "regtest" });
  const ask = async (frame: Buffer) => {
    const result = await client.sign(frame, METHOD, "response", { deadlineMs: 9_000 });
    return result.kind === "refused" ? result.rule : result.kind;
  };
  // Where the file is to be written there is a folder: as good as a full disk, for whoever is root too.
  const blocked = join(rig.folder, "paused.json.new");
  mkdirSync(blocked);
  await Promise.all(Array.from({ length: 150 }, () => ask(badFrame())));
  assert.equal(await ask(goodFrame()), "budget.paused");
  const status = JSON.parse(await askAdminLine(rig.admin, "status\n"));
  assert.deepEqual([status.paused_clients, status.pause_unsaved], ["lsp", "EISDIR"]);
  assert.equal(existsSync(join(rig.folder, "paused.json")), false);
  rmdirSync(blocked);
  await until(() => existsSync(join(rig.folder, "paused.json")), "the pause on disk");
  assert.match(readFileSync(join(rig.folder, "paused.json"), "utf8"), /"clients":\["lsp"\]/);
  assert.equal(JSON.parse(await askAdminLine(rig.admin, "status\n")).pause_unsaved, null);
  await client.close();
  await rig.end();
});

test("a person's pause counts where the disk refuses it, and says so; resuming ends it", async () => {
  const rig = await startSignerRig();
  mkdirSync(join(rig.folder, "paused.json.new"));
  const paused = JSON.parse(await askAdminLine(rig.admin, "pause\n"));
  assert.deepEqual([paused.ok, paused.serving, paused.pause_unsaved], [true, false, "EISDIR"]);
  const resumed = JSON.parse(await askAdminLine(rig.admin, "resume\n"));
  assert.deepEqual([resumed.serving, resumed.pause_unsaved], [true, null]);
  await rig.end();
});

test("saving what is saved writes nothing", () => {
  const folder = newSignerFolder();
  const pause = openPause(folder);
  assert.equal(pause.save(), true);
  assert.equal(existsSync(join(folder, "paused.json")), false);
  rmSync(folder, { recursive: true });
});
