import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openSigner, type SignResult } from "../../signer/client/client.ts";
import { startSigner } from "../chain/signer.ts";
import { writeBundle } from "../signer/service/bundle.ts";
import { FRAMES_NODE_ID, goodFrame, METHOD } from "../signer/service/frames.ts";
import { signer } from "../signer/service/program.ts";
import { newSignerFolder } from "../signer/service/rig.ts";

const SECOND = 1_000_000n;
const told = (result: SignResult): string => (result.kind === "refused" ? result.rule : result.kind);

/** The steps of docs/operate.md, "Move the signer to another host"; a folder is a host. */
test("a signer moves with its log: what was signed on the old host binds the new one", async () => {
  const [old, next, fresh] = [newSignerFolder(), newSignerFolder(), newSignerFolder()];
  const { bundle, identity } = await writeBundle(old);
  const key = ["--network", "regtest", "--bundle", bundle, "--identity-file", identity];
  const hostOf = (folder: string) => {
    const [data, socket] = [join(folder, "data"), join(folder, "run", "lsp.sock")];
    return { data, socket, options: [...key, "--data", data, "--socket", socket] };
  };
  const [a, b, c] = [hostOf(old), hostOf(next), hostOf(fresh)];
  const publicKey = signer("audit", "init", "--data", a.data).stdout.trim();
  const witness = join(old, "witness.jsonl");
  const alarms: string[] = [];
  const connect = (socket: string) =>
    openSigner({
      place: { socket },
      nodeId: FRAMES_NODE_ID,
      network: "regtest",
      witnessFile: witness,
      onAlarm: ({ kind }) => alarms.push(kind),
    });

  const first = await startSigner(a.options);
  const before = connect(a.socket);
  const now = BigInt(Date.now()) * 1_000n;
  assert.equal(told(await before.sign(goodFrame(now + 50n * SECOND), METHOD, "response")), "signed");
  assert.equal(signer("pause", "--data", a.data).status, 0);
  assert.equal(told(await before.sign(goodFrame(), METHOD, "response")), "signer.paused");
  await before.close();
  await first.stop();

  // The data folder whole, with its modes.
  assert.equal(spawnSync("cp", ["-a", a.data, b.data]).status, 0);
  const verified = signer("audit", "verify", "--data", b.data, "--key", publicKey, "--witness", witness);
  assert.equal(verified.status, 0, verified.stdout);
  const second = await startSigner(b.options);
  // The pause came along: nothing signs before a person says so.
  const paused = signer("status", "--data", b.data);
  assert.deepEqual([paused.status, JSON.parse(paused.stdout).serving], [1, false]);
  assert.equal(signer("resume", "--data", b.data).status, 0);
  const after = connect(b.socket);
  const late = goodFrame(now - 30n * SECOND);
  assert.equal(told(await after.sign(late, METHOD, "response")), "content.nonce-order");
  assert.equal(told(await after.sign(goodFrame(now + 51n * SECOND), METHOD, "response")), "signed");
  await after.close();
  await second.stop();
  assert.deepEqual(alarms, []);
  assert.equal(signer("audit", "verify", "--data", b.data, "--key", publicKey, "--witness", witness).status, 0);

  // What the log is for: a signer without it signs the late frame, and the client's witness says that something is wrong.
  const third = await startSigner(c.options);
  const astray = connect(c.socket);
  assert.equal(told(await astray.sign(late, METHOD, "response")), "signed");
  await astray.close();
  await third.stop();
  assert(alarms.length > 0);
  for (const folder of [old, next, fresh]) rmSync(folder, { recursive: true });
});

/** docs/operate.md, "Back up": segments and key, copied while the signer writes. */
test("a log that was copied while the signer runs verifies, and a signer goes on in it", async () => {
  const [folder, copy] = [newSignerFolder(), newSignerFolder()];
  const { bundle, identity } = await writeBundle(folder);
  const options = ["--network", "regtest", "--bundle", bundle, "--identity-file", identity];
  const data = join(folder, "data");
  const publicKey = signer("audit", "init", "--data", data).stdout.trim();
  const running = await startSigner([...options, "--data", data, "--socket", join(folder, "run", "lsp.sock")]);
  const client = openSigner({
    place: { socket: join(folder, "run", "lsp.sock") },
    nodeId: FRAMES_NODE_ID,
    network: "regtest",
  });
  const asked = Array.from({ length: 500 }, () => client.sign(goodFrame(), METHOD, "response"));
  await asked[0];
  const backup = join(copy, "data");
  mkdirSync(join(backup, "audit"), { recursive: true, mode: 0o700 });
  for (const name of readdirSync(join(data, "audit")).filter((each) => each.endsWith(".jsonl")))
    writeFileSync(join(backup, "audit", name), readFileSync(join(data, "audit", name)), { mode: 0o600 });
  writeFileSync(join(backup, "audit-key.pem"), readFileSync(join(data, "audit-key.pem")), { mode: 0o600 });
  await Promise.all(asked);
  await client.close();
  await running.stop();
  const verified = signer("audit", "verify", "--data", backup, "--key", publicKey);
  assert.equal(verified.status, 0, verified.stdout);
  const restored = await startSigner([...options, "--data", backup, "--socket", join(copy, "run", "lsp.sock")]);
  await restored.stop();
  assert.equal(signer("audit", "verify", "--data", backup, "--key", publicKey).status, 0);
  for (const each of [folder, copy]) rmSync(each, { recursive: true });
});
