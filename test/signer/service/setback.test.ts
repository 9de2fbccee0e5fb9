import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { test } from "node:test";
import { verifyLog } from "../../../signer/audit/verify.ts";
import { openSigner } from "../../../signer/client/client.ts";
import { DEFAULT_POLICY, type PolicyConfig } from "../../../signer/policy/settings.ts";
import { lines, readSegments } from "../audit/sample.ts";
import { askAdminLine } from "./caller.ts";
import { FRAMES_NODE_ID, goodFrame, METHOD } from "./frames.ts";
import { startSignerRig } from "./rig.ts";

const YEAR_MS = 365 * 86_400_000;
const now = (): bigint => BigInt(Date.now()) * 1_000n;

test("what a clock of a year ahead had signed is set back by a person: on record, at once and over a restart", async () => {
  let ahead = 0;
  const clock = () => Date.now() + ahead;
  // Four a day, so that the day's count is seen to come back with the nonce.
  const policy: PolicyConfig = { ...DEFAULT_POLICY, budget: { ...DEFAULT_POLICY.budget, perDay: 4, perSecond: 100 } };
  const rig = await startSignerRig({ policy, clock });
  const client = openSigner({ place: { socket: rig.socket }, nodeId: FRAMES_NODE_ID, network: "regtest" });
  const ask = async (of: typeof client, nonce: bigint) => {
    const result = await of.sign(goodFrame(nonce), METHOD, "response", { deadlineMs: 9_000 });
    return result.kind === "refused" ? result.rule : result.kind;
  };
  const reset = async (admin: string) => JSON.parse(await askAdminLine(admin, "nonces-reset\n"));
  assert.equal(await ask(client, now()), "signed");
  assert.deepEqual([(await reset(rig.admin)).nonces_set_back], [""], "nothing is ahead");
  ahead = YEAR_MS;
  assert.equal(await ask(client, now() + BigInt(YEAR_MS) * 1_000n), "signed");
  ahead = 0;
  assert.equal(await ask(client, now()), "content.nonce-order");
  const done = await reset(rig.admin);
  assert.deepEqual([done.ok, done.nonces_set_back], [true, "lsp"]);
  assert.equal(await ask(client, now()), "signed");
  assert.equal((await reset(rig.admin)).nonces_set_back, "");
  await client.close();
  await rig.stop();

  const again = await startSignerRig({ folder: rig.folder, policy, clock });
  const second = openSigner({ place: { socket: again.socket }, nodeId: FRAMES_NODE_ID, network: "regtest" });
  assert.equal((await reset(again.admin)).nonces_set_back, "", "the log says so too");
  assert.equal(await ask(second, now() - 100_000_000n), "content.nonce-clock");
  assert.equal(await ask(second, now()), "signed");
  assert.equal(await ask(second, now()), "signed");
  assert.equal(await ask(second, now()), "budget.day", "what was signed in the wrong day counts for this one");
  ahead = 86_400_000;
  assert.equal(await ask(second, now() + 86_400_000_000n), "signed", "tomorrow is a new day");
  await second.close();
  await again.stop();
  const clocks = lines(rig.folder).filter(({ event }) => event === "clock");
  assert.equal(clocks.length, 1);
  assert.ok(Math.abs(Number(clocks[0]?.["to"]) - Date.now()) < YEAR_MS / 2);
  assert.equal(verifyLog(readSegments(rig.folder)).flaw, undefined);
  rmSync(rig.folder, { recursive: true });
});
