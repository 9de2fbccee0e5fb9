import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createAuditKey } from "../../../signer/audit/keyfile.ts";
import { type AuditWitness, verifyLog } from "../../../signer/audit/verify.ts";
import { slowness } from "../../tools/speed.ts";
import { dataFolder, lines, openAuditSample, readSegments } from "./sample.ts";

const APPENDER = join(import.meta.dirname, "appender.ts");
/** Records that a run under load acknowledges before its kill. */
const LEAST = 13;
const MOST = 40;
const KILLS = process.env["DEEP"] === undefined ? 100 : 500;

test(`${KILLS} kills under load: no record that was acknowledged is missing, and the log verifies after each`, async (t) => {
  const dir = dataFolder(t);
  const key = createAuditKey(dir);
  assert.ok(key.ok);
  mkdirSync(join(dir, "audit"));
  let acknowledged = 0;
  let last: AuditWitness | undefined;
  for (let kill = 0; kill < KILLS; kill++) {
    // One in five dies at any time of its start, the others under load.
    const witnesses = await runAndKill(dir, kill % 5 === 0 ? "start" : "load", kill % 2 === 0 ? 64 : 3);
    acknowledged += witnesses.length;
    if (last !== undefined) witnesses.push(last);
    const verdict = verifyLog(readSegments(dir), { key: key.value.publicKey, witnesses });
    // Killed before there was anything.
    if (verdict.records === 0 && last === undefined && witnesses.length === 0) continue;
    assert.equal(verdict.flaw, undefined, `kill ${kill}`);
    last = { seq: verdict.last.seq, head: verdict.last.head };
  }
  assert.ok(acknowledged >= KILLS * 0.8 * LEAST, `${acknowledged} acknowledged`);
  const log = openAuditSample(dir);
  const expected = lines(dir).filter(({ decision }) => decision === "signed").length;
  assert.equal(Object.values(log.state().signed)[0], expected, "and a start counts what is there");
  await log.close();
  t.diagnostic(`${KILLS} kills, ${acknowledged} acknowledged, ${expected} on disk`);
});

test("a folder whose owner was killed is free at once, and one whose owner lives is not", async (t) => {
  const dir = dataFolder(t);
  const child = spawn(process.execPath, [APPENDER, dir, "1"], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  const second = spawn(process.execPath, [APPENDER, dir, "1"], { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = await once(second.stdout, "data");
  assert.equal(String(said), "refused audit_locked\n");
  child.kill("SIGKILL");
  await once(child, "exit");
  await openAuditSample(dir).close();
});

async function runAndKill(dir: string, when: "start" | "load", inFlight: number): Promise<AuditWitness[]> {
  const child = spawn(process.execPath, [APPENDER, dir, String(inFlight)], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("latin1");
  const wanted = randomInt(LEAST, MOST);
  const enough = new Promise<void>((resolve) => {
    child.stdout.on("data", (text: string) => {
      said += text;
      if (said.split("\n").length > wanted) resolve();
    });
    child.once("exit", () => resolve());
  });
  // A start takes a quarter of a second on an idle machine.
  if (when === "load") await enough;
  else await new Promise((resolve) => setTimeout(resolve, randomInt(250) * slowness()));
  child.kill("SIGKILL");
  if (child.stdout.readableEnded === false) await once(child.stdout, "close");
  assert.doesNotMatch(said, /refused|failed/);
  // What comes after the last line end was cut off by the kill; it was not said.
  return said
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split(" "))
    .map(([, seq = "", head = ""]) => ({ seq: Number(seq), head }));
}
