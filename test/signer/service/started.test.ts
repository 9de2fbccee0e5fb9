import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageVersion } from "../../../core/version.ts";
import { policyHash, signerHash } from "../../../signer/app/program.ts";
import { verifyLog } from "../../../signer/audit/verify.ts";
import { openSigner } from "../../../signer/client/client.ts";
import { DEFAULT_POLICY } from "../../../signer/policy/settings.ts";
import { lines, readSegments } from "../audit/sample.ts";
import { ACCOUNTS, ADVERTISED, accountKey, sampleAddress, WITH_MEANING } from "../policy/samples.ts";
import { askAdminLine } from "./caller.ts";
import { addressFrame, FRAMES_NODE_ID, METHOD } from "./frames.ts";
import { signer, startSignerProgram } from "./program.ts";
import { newSignerFolder, startSignerRig } from "./rig.ts";

test("a start is on record with version, program, policy and accounts; without an audit key it warns", async () => {
  const folder = newSignerFolder();
  const accounts = join(folder, "accounts.json");
  writeFileSync(accounts, ACCOUNTS);
  const first = await startSignerProgram(folder);
  assert.match(first.logged(), /"msg":"the log has no audit key/);
  await first.stop();
  assert.equal(signer("audit", "init", "--data", first.data).status, 0);
  const second = await startSignerProgram(folder, ["--accounts", accounts]);
  assert.doesNotMatch(second.logged(), /audit key/);
  await second.stop();
  const starts = lines(first.data).filter(({ event }) => event === "start");
  assert.equal(starts.length, 2);
  assert.deepEqual(
    starts.map(({ version: is, program, accounts: of }) => [is, program, of]),
    [
      [packageVersion(), signerHash(), undefined],
      [packageVersion(), signerHash(), createHash("sha256").update(ACCOUNTS).digest("hex")],
    ],
  );
  assert.notEqual(starts[0]?.["policy"], starts[1]?.["policy"]);
  assert.equal(verifyLog(readSegments(first.data)).flaw, undefined);
  rmSync(folder, { recursive: true });
});

test("the policy's hash is another for each setting, and the same for the same ones", () => {
  const meaning = { ...WITH_MEANING.meaning!, addressesAhead: 7 };
  const all = [
    DEFAULT_POLICY,
    WITH_MEANING,
    { ...WITH_MEANING, meaning },
    { ...WITH_MEANING, advertised: { ...ADVERTISED, minFeeMsat: 1n } },
    {
      ...WITH_MEANING,
      meaning: { ...WITH_MEANING.meaning!, accountKey: { ...accountKey(), chainCode: new Uint8Array(32) } },
    },
  ];
  assert.equal(new Set(all.map(policyHash)).size, all.length);
  assert.equal(policyHash({ ...WITH_MEANING }), policyHash(WITH_MEANING));
});

test("a person sets which address comes next: on record, at once and over a restart", async () => {
  const rig = await startSignerRig({ policy: WITH_MEANING });
  const open = (socket: string) => openSigner({ place: { socket }, nodeId: FRAMES_NODE_ID, network: "regtest" });
  const client = open(rig.socket);
  const ask = async (of: typeof client, index: number) => {
    const result = await of.sign(addressFrame(sampleAddress(index)), METHOD, "response", { deadlineMs: 9_000 });
    return result.kind === "refused" ? result.rule : result.kind;
  };
  assert.equal(await ask(client, 3), "signed");
  assert.equal(await ask(client, 900), "meaning.address");
  const answer = JSON.parse(await askAdminLine(rig.admin, "next-address 900\n"));
  assert.deepEqual([answer.ok, answer.address_highest], [true, 899]);
  assert.equal(await ask(client, 900), "signed");
  await client.close();
  await rig.stop();
  const again = await startSignerRig({ folder: rig.folder, policy: WITH_MEANING });
  const second = open(again.socket);
  assert.equal(await ask(second, 1_000), "signed");
  assert.equal(await ask(second, 1_300), "meaning.address");
  const back = JSON.parse(await askAdminLine(again.admin, "next-address 2\n"));
  assert.equal(back.address_highest, 1);
  assert.equal(await ask(second, 1_000), "meaning.address");
  assert.equal(await ask(second, 2), "signed");
  await second.close();
  await again.stop();
  assert.deepEqual(
    lines(rig.folder).flatMap(({ event, next }) => (event === "address" ? [next] : [])),
    [900, 2],
  );
  assert.equal(verifyLog(readSegments(rig.folder)).flaw, undefined);
  rmSync(rig.folder, { recursive: true });
});

test("without accounts, below addresses-from and with no number no address is set", async () => {
  const plain = await startSignerRig();
  assert.equal(JSON.parse(await askAdminLine(plain.admin, "next-address 5\n")).error, "admin_no_accounts");
  for (const line of ["next-address", "next-address -1", "next-address 1e3", "next-address 2147483648"])
    assert.equal(JSON.parse(await askAdminLine(plain.admin, `${line}\n`)).error, "admin_command", line);
  await plain.end();
  const meaning = { ...WITH_MEANING.meaning!, addressesFrom: 7 };
  const used = await startSignerRig({ policy: { ...WITH_MEANING, meaning } });
  assert.equal(JSON.parse(await askAdminLine(used.admin, "next-address 5\n")).error, "admin_address_floor");
  assert.equal(JSON.parse(await askAdminLine(used.admin, "next-address 8\n")).address_highest, 7);
  await used.end();
});
