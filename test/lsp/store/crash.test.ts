import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openStore, type Store, type StoreOptions } from "../../../lsp/store/store.ts";
import { needs } from "../../tools/need.ts";
import { eventually } from "../../tools/wait.ts";
import { startHammer } from "./child.ts";
import { emptyFolder } from "./folder.ts";
import { startPostgres } from "./postgres.ts";
import { numberedKey, value } from "./values.ts";

/** DEEP says how many more to run. */
const ROUNDS = Number(process.env["DEEP"] ?? 3);
const KEYS = 64;
/** Processes that take nonces of the same keys at once. */
const PROCESSES = 2;

test(
  "a kill of Postgres and of the program under load: no acknowledged nonce passes again",
  needs("postgres"),
  async (t) => {
    const server = await startPostgres();
    t.after(() => server.stop());
    const logs = logFolder(t);
    for (let round = 0; round < ROUNDS; round += 1) {
      const files = Array.from({ length: PROCESSES }, (_, i) => join(logs, `${round}-${i}`));
      const hammers = await Promise.all(files.map((file) => startHammer("take", server.url, file, String(KEYS))));
      t.after(() => Promise.all(hammers.map((hammer) => hammer.kill())));
      assert.deepEqual(new Set(hammers.map(({ said }) => said)), new Set(["opened"]));
      await underWay(files, KEYS * randomInt(4, 40));
      // In one order and in the other: what is under way is cut off at either end.
      const kills = [() => server.kill(), () => Promise.all(hammers.map((hammer) => hammer.kill()))];
      if (round % 2 === 1) kills.reverse();
      for (const kill of kills) await kill();
      await server.start();
      await acknowledgedIsKept(files, { url: server.url });
    }
  },
);

test("a kill of the program under load, on PGlite: what is in the page cache is kept", async (t) => {
  const folder = await emptyFolder();
  const logs = logFolder(t);
  const file = join(logs, "0");
  const hammer = await startHammer("take", folder, file, String(KEYS));
  t.after(hammer.kill);
  assert.equal(hammer.said, "opened");
  await underWay([file], KEYS * 4);
  await hammer.kill();
  assert.ok((await acknowledgedIsKept([file], { folder })) > KEYS);
});

/** Waits until so many nonces were taken, whatever time that takes: what is killed then is in the middle of its work. */
function underWay(files: readonly string[], nonces: number): Promise<void> {
  const linesOf = (file: string): readonly string[] => readFileSync(file, "utf8").match(/^n /gm) ?? [];
  const taken = (): number => files.filter(existsSync).flatMap(linesOf).length;
  return eventually(`${nonces} nonces taken`, () => taken() > nonces);
}

/** @returns how many replies were given a nonce */
async function acknowledgedIsKept(
  files: readonly string[],
  where: Pick<StoreOptions, "url" | "folder">,
): Promise<number> {
  const lines = files.flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.split(" ")),
  );
  const nonces = lines.flatMap(([kind, key, nonce]) =>
    // A line that the kill cut off says nothing.
    kind === "n" && nonce?.length === 16 ? [[Number(key), BigInt(nonce)] as const] : [],
  );
  const replies = lines.flatMap(([kind, nonce]) => (kind === "r" && nonce?.length === 16 ? [BigInt(nonce)] : []));
  assert.ok(nonces.length > KEYS, `${nonces.length} nonces`);
  assert.equal(new Set(nonces.map(String)).size, nonces.length, "accepted twice while it ran");
  assert.equal(new Set(replies).size, replies.length, "two replies of one nonce");

  const store = value(await openStore({ ...where, network: "regtest", clock: Date.now }));
  try {
    const first = await nextReply(store);
    assert.deepEqual(
      replies.filter((nonce) => nonce >= first),
      [],
    );
    // Upwards, so that one which is accepted shows, whatever the order in which they were taken.
    const again = nonces.toSorted(([, a], [, b]) => (a < b ? -1 : 1));
    for (let at = 0; at < again.length; at += 5_000) {
      const part = again.slice(at, at + 5_000);
      const verdicts = await Promise.all(part.map(([key, nonce]) => store.nonces.take(numberedKey(key), nonce)));
      const passed = part.filter((_, i) => value(verdicts[i] as (typeof verdicts)[number]) === "accepted");
      assert.deepEqual(passed, []);
    }
    return replies.length;
  } finally {
    await store.close();
  }
}

/** Starts one upon the other take reply nonces ahead of the clock; it catches up in a few seconds. */
async function nextReply(store: Store): Promise<bigint> {
  let nonce: bigint | undefined;
  await eventually("a reply nonce", () => {
    nonce = store.replyNonces.next();
    return nonce !== undefined;
  });
  return nonce as unknown as bigint;
}

function logFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "store-crash-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
