import assert from "node:assert/strict";
import { readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FLAWS, parseWitnesses, runAudit } from "../../../signer/audit/commands.ts";
import { dataFolder, openAuditSample, segmentPath, signedEntry } from "./sample.ts";

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const code = await runAudit(args, {
    stdout: (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

test("init makes a key that only its owner reads, prints the public half, and never makes a second", async (t) => {
  const dir = dataFolder(t);
  const { code, out } = await run("init", "--data", dir);
  assert.equal(code, 0);
  assert.match(out, /^[0-9a-f]{64}\n$/);
  const path = join(dir, "audit-key.pem");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const key = readFileSync(path);
  assert.equal((await run("init", "--data", dir)).code, 1);
  assert.deepEqual(readFileSync(path), key);
});

test("verify says what it looked at, names the first bad record, and finds a cut tail by the witness", async (t) => {
  const dir = dataFolder(t);
  const key = (await run("init", "--data", dir)).out.trim();
  const log = openAuditSample(dir);
  for (let i = 0; i < 20; i++) await log.append([signedEntry(i)]);
  const { seq, head } = log.head();
  await log.close();
  const witness = join(dir, "witness.jsonl");
  writeFileSync(witness, `${JSON.stringify({ seq: String(seq), head: head.toString("hex") })}\n`);
  const args = ["verify", "--data", dir, "--key", key, "--witness", witness];
  const good = await run(...args);
  assert.deepEqual([good.code, good.out.split("\n")[0]], [0, "OK 23 records, 1 to 23"]);
  assert.match(good.out, /signed up to record 23/);

  const path = segmentPath(dir, 1);
  const text = readFileSync(path, "latin1").trimEnd();
  writeFileSync(path, `${text.split("\n").slice(0, 15).join("\n")}\n`);
  const cut = await run(...args);
  assert.deepEqual([cut.code, cut.out.split(":")[0]], [1, "BAD witness_beyond"]);
  assert.equal((await run("verify", "--data", dir, "--key", key)).code, 0);

  writeFileSync(path, text.replace('"nonce":"1004"', '"nonce":"1005"'));
  const bad = await run(...args);
  assert.equal(bad.code, 1);
  assert.match(bad.out, /^BAD record_prev: 00000001\.jsonl line 8 \(record 8\) does not follow/);
  truncateSync(path, 0);
  assert.equal((await run(...args)).code, 1);
});

test("archive removes old segments, which verify then misses no more", async (t) => {
  const dir = dataFolder(t);
  const log = openAuditSample(dir);
  for (let i = 0; i < 500; i++) await log.append([signedEntry(i % 256)]);
  const locked = await run("archive", "--data", dir, "--keep", "1");
  assert.deepEqual([locked.code, locked.err.includes("the signer runs")], [1, true]);
  await log.close();
  const archived = await run("archive", "--data", dir, "--keep", "2");
  assert.match(archived.out, /^removed 00000001\.jsonl\n/);
  const verified = await run("verify", "--data", dir);
  assert.equal(verified.code, 0);
  assert.match(verified.out, /records before \d+ were archived/);
});

test("usage is exit code 2; a folder without a log is not a log that verifies", async (t) => {
  for (const args of [
    [],
    ["verify"],
    ["other", "--data", "x"],
    ["archive", "--data", "x"],
    ["verify", "--data", "x", "--key", "zz"],
  ])
    assert.equal((await run(...args)).code, 2, args.join(" "));
  assert.equal((await run("verify", "--data", dataFolder(t))).code, 1);
});

test("a witness file is lines of JSON, whatever else the client keeps in them", () => {
  const head = "ab".repeat(32);
  assert.deepEqual(parseWitnesses(`{"seq":"5","head":"${head}","at":1}\n\n{"seq":6,"head":"${head}"}`), {
    ok: true,
    value: [
      { seq: 5, head },
      { seq: 6, head },
    ],
  });
  for (const text of ["", "x", "null", '{"seq":1}', `{"seq":-1,"head":"${head}"}`, '{"seq":1,"head":"zz"}'])
    assert.equal(parseWitnesses(text).ok, false, text);
});

test("every flaw that verify can name is on the page", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/audit.md"), "utf8");
  const onPage = new Set(page.match(/`(?:record|segment|checkpoint|archive|witness)_[a-z]+`/g));
  assert.deepEqual(
    [...onPage].sort(),
    Object.keys(FLAWS)
      .map((code) => `\`${code}\``)
      .sort(),
  );
});
