import assert from "node:assert/strict";
import { appendFileSync, cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ServiceLog } from "../../../signer/app/serve.ts";
import { parseWitnesses } from "../../../signer/audit/commands.ts";
import { verifyLog } from "../../../signer/audit/verify.ts";
import { type ConnectionState, openSigner, type SignerOptions } from "../../../signer/client/client.ts";
import { openWitness, type WitnessAlarm } from "../../../signer/client/witness.ts";
import { bound } from "../../tools/speed.ts";
import { readSegments } from "../audit/sample.ts";
import { until } from "./caller.ts";
import { badFrame, FRAMES_NODE_ID, goodFrame, METHOD } from "./frames.ts";
import { newSignerFolder, type SignerRig, startSignerRig } from "./rig.ts";

/** The client gives up after two seconds by itself: a busy machine needs longer. */
const PATIENT = { deadlineMs: bound(2_000) };

const open = (rig: Pick<SignerRig, "socket">, more: Partial<SignerOptions> = {}) =>
  openSigner({ place: { socket: rig.socket }, nodeId: FRAMES_NODE_ID, network: "regtest", ...more });

/** A log that counts its appends, and may keep them waiting. */
function countingLog(): { wrap: (log: ServiceLog) => ServiceLog; sizes: number[]; hold: () => () => void } {
  const sizes: number[] = [];
  let gate: Promise<void> = Promise.resolve();
  return {
    sizes,
    hold() {
      let release: () => void = () => undefined;
      gate = new Promise((resolve) => {
        release = resolve;
      });
      return () => release();
    },
    wrap: (log) => ({
      append: async (entries) => {
        sizes.push(entries.length);
        await gate;
        return log.append(entries);
      },
      note: (text) => log.note(text),
      nextAddress: (next) => log.nextAddress(next),
      setBack: (to) => log.setBack(to),
      hashOf: (seq) => log.hashOf(seq),
      key: () => log.key(),
      head: () => log.head(),
      disk: () => log.disk(),
      refusal: () => log.refusal(),
      close: () => log.close(),
    }),
  };
}

test("what is asked in one turn of the event loop crosses as one message and is one append", async () => {
  const log = countingLog();
  const rig = await startSignerRig({ wrapAudit: log.wrap });
  const client = open(rig);
  await client.sign(goodFrame(), METHOD, "response", PATIENT);
  log.sizes.length = 0;
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      client.sign(at === 3 ? badFrame() : goodFrame(), METHOD, "response", PATIENT),
    ),
  );
  assert.deepEqual(log.sizes, [20]);
  assert.deepEqual(
    results.map(({ kind }) => kind),
    Array.from({ length: 20 }, (_, at) => (at === 3 ? "refused" : "signed")),
  );
  await client.close();
  await rig.end();
});

test("no signature is given before its record is on disk", async () => {
  const log = countingLog();
  const rig = await startSignerRig({ wrapAudit: log.wrap });
  const client = open(rig);
  await client.sign(goodFrame(), METHOD, "response", PATIENT);
  const release = log.hold();
  let answered = false;
  const asked = client.sign(goodFrame(), METHOD, "response", PATIENT).then((result) => {
    answered = true;
    return result;
  });
  await until(() => log.sizes.length === 2, "the append");
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(answered, false);
  release();
  assert.equal((await asked).kind, "signed");
  await client.close();
  await rig.end();
});

test("a deadline, a full queue, a frame that is too large and a closed client are answers", async () => {
  const log = countingLog();
  const rig = await startSignerRig({ wrapAudit: log.wrap });
  const client = open(rig);
  await client.sign(goodFrame(), METHOD, "response", PATIENT);
  const release = log.hold();
  assert.deepEqual(await client.sign(goodFrame(), METHOD, "response", { deadlineMs: 50 }), {
    kind: "unavailable",
    code: "deadline",
  });
  assert.deepEqual(await client.sign(new Uint8Array(70_000), METHOD, "response", PATIENT), {
    kind: "unavailable",
    code: "frame_size",
  });
  const many = Array.from({ length: 8_200 }, () => client.sign(badFrame(), METHOD, "response", PATIENT));
  const busy = await many.at(-1);
  assert.deepEqual(busy, { kind: "unavailable", code: "busy" });
  release();
  await client.close();
  assert.deepEqual(await client.sign(goodFrame(), METHOD, "response", PATIENT), {
    kind: "unavailable",
    code: "closed",
  });
  await Promise.all(many);
  await rig.end();
});

test("comes back by itself after the signer was away, and waits for it at the start", async () => {
  const folder = newSignerFolder();
  const states: ConnectionState[] = [];
  const client = open({ socket: join(folder, "run", "lsp.sock") }, { onState: (state) => states.push(state) });
  const early = client.sign(goodFrame(), METHOD, "response", PATIENT);
  await until(() => states.includes("down"), "a first attempt");
  const first = await startSignerRig({ folder });
  assert.equal((await early).kind, "signed");
  await first.stop();
  await until(() => client.state() !== "up", "the loss");
  const second = await startSignerRig({ folder });
  assert.equal((await client.sign(goodFrame(), METHOD, "response", PATIENT)).kind, "signed");
  await client.close();
  await second.end();
});

test("another node or another network is not asked for anything", async () => {
  const log = countingLog();
  const rig = await startSignerRig({ wrapAudit: log.wrap });
  for (const wrong of [{ nodeId: FRAMES_NODE_ID.replace(/^03/, "02") }, { network: "mainnet" }]) {
    const client = open(rig, wrong);
    const result = await client.sign(goodFrame(), METHOD, "response", PATIENT);
    assert.deepEqual(result, { kind: "unavailable", code: "other_signer" });
    await client.close();
  }
  assert.deepEqual(log.sizes, []);
  await rig.end();
});

test("is the log's witness: an old copy of the log is found out, also after a restart of both", async () => {
  const folder = newSignerFolder();
  const copy = newSignerFolder();
  const witnessFile = join(copy, "witness.json");
  const alarms: WitnessAlarm[] = [];
  const onAlarm = (alarm: WitnessAlarm): void => void alarms.push(alarm);
  const signSome = async (rig: SignerRig, count: number): Promise<void> => {
    const client = open(rig, { witnessFile, onAlarm });
    for (let at = 0; at < count; at += 1)
      assert.equal((await client.sign(goodFrame(), METHOD, "response", PATIENT)).kind, "signed");
    await client.close();
  };
  const first = await startSignerRig({ folder });
  await signSome(first, 2);
  await first.stop();
  cpSync(folder, join(copy, "old"), { recursive: true, filter: (path) => !path.endsWith(".sock") });
  const second = await startSignerRig({ folder });
  await signSome(second, 20);
  await second.stop();
  assert.equal(alarms.length, 0);
  const noted = readFileSync(witnessFile, "utf8");
  assert.equal(parseWitnesses(noted).ok, true);

  rmSync(join(folder, "audit"), { recursive: true });
  cpSync(join(copy, "old", "audit"), join(folder, "audit"), { recursive: true });
  const third = await startSignerRig({ folder });
  await signSome(third, 3);
  assert.equal(alarms[0]?.kind, "log_went_back");
  assert.equal(alarms.length, 1);
  const kept = readFileSync(witnessFile, "utf8");
  assert.ok(kept.startsWith(noted) && kept.includes('"alarm":"log_went_back"'), "what was noted stays, with the alarm");
  assert.deepEqual(parseWitnesses(kept).ok, true);
  await third.end();
  rmSync(copy, { recursive: true });
});

test("a log that was rolled back and grew past what was seen is found out, and stays so until a person acts", async () => {
  const folder = newSignerFolder();
  const copy = newSignerFolder();
  const witnessFile = join(copy, "witness.jsonl");
  const alarms: string[] = [];
  const onAlarm = ({ kind }: WitnessAlarm): void => void alarms.push(kind);
  const signSome = async (rig: SignerRig, count: number, more: Partial<SignerOptions> = {}): Promise<void> => {
    const client = open(rig, more);
    for (let at = 0; at < count; at += 1)
      assert.equal((await client.sign(goodFrame(), METHOD, "response", { deadlineMs: 9_000 })).kind, "signed");
    await client.close();
  };
  const witnessed = { witnessFile, onAlarm };
  const first = await startSignerRig({ folder });
  await signSome(first, 2, witnessed);
  await first.stop();
  cpSync(join(folder, "audit"), join(copy, "audit"), { recursive: true });
  const second = await startSignerRig({ folder });
  await signSome(second, 5);
  await signSome(second, 1, witnessed);
  await second.stop();
  assert.deepEqual(alarms, []);

  rmSync(join(folder, "audit"), { recursive: true });
  cpSync(join(copy, "audit"), join(folder, "audit"), { recursive: true });
  const third = await startSignerRig({ folder });
  // Harmless ones, by somebody else, until the log is longer than it was.
  await signSome(third, 30);
  await signSome(third, 1, witnessed);
  assert.deepEqual(alarms, ["log_rewritten"]);
  await signSome(third, 1, witnessed);
  assert.deepEqual(alarms, ["log_rewritten", "log_rewritten"], "again with each process that reads the file");
  await third.stop();
  const witnesses = parseWitnesses(readFileSync(witnessFile, "utf8"));
  assert.ok(witnesses.ok);
  assert.equal(verifyLog(readSegments(folder), { witnesses: witnesses.value }).flaw?.code, "witness_differs");
  rmSync(folder, { recursive: true });
  rmSync(copy, { recursive: true });
});

test("half a line at the end of a witness is written over, and what was archived is no alarm", async () => {
  const folder = newSignerFolder();
  const path = join(folder, "witness.jsonl");
  const at = (seq: bigint, fill: number) => ({ seq, head: Buffer.alloc(32, fill) });
  const witness = openWitness(path, FRAMES_NODE_ID);
  witness.see(at(5n, 1));
  await witness.save();
  appendFileSync(path, '{"node":"03');
  const again = openWitness(path, FRAMES_NODE_ID);
  assert.equal(again.last()?.seq, 5n);
  again.see(at(7n, 2));
  await Promise.all([again.save(), again.save()]);
  const { length } = readFileSync(path, "utf8").trimEnd().split("\n");
  assert.equal(length, 2);
  assert.equal(again.check({ head: Buffer.alloc(32, 2), first: 1n, last: 9n }), undefined);
  assert.equal(again.check({ head: undefined, first: 8n, last: 9n }), undefined);
  assert.equal(again.check({ head: undefined, first: 1n, last: 6n })?.kind, "log_went_back");
  assert.equal(again.check({ head: Buffer.alloc(32, 3), first: 1n, last: 9n })?.kind, "log_rewritten");
  rmSync(folder, { recursive: true });
});

test("a witness knows a rewritten log by its hash, and a damaged file is no empty one", async () => {
  const witness = openWitness(undefined, FRAMES_NODE_ID);
  const at = (seq: bigint, fill: number) => ({ seq, head: Buffer.alloc(32, fill) });
  assert.equal(witness.see(at(5n, 1)), undefined);
  assert.equal(witness.see(at(5n, 1)), undefined);
  assert.equal(witness.see(at(5n, 2))?.kind, "log_rewritten");
  assert.equal(witness.see(at(4n, 2))?.kind, "log_went_back");
  assert.equal(witness.see(at(9n, 3)), undefined);
  assert.equal(witness.last()?.seq, 9n);
  assert.throws(() => openWitness(import.meta.filename, FRAMES_NODE_ID));
  assert.equal(existsSync(`${import.meta.filename}.new`), false);
});
