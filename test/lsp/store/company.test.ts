import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { NONCE_COMPANY } from "../../../lsp/limits.ts";
import type { Statement } from "../../../lsp/store/engine.ts";
import { openNonces } from "../../../lsp/store/nonces.ts";
import { numberedKey } from "./values.ts";

/** A gate over a database that takes every nonce (the real ones are in nonces.test.ts), and the keys of each statement. */
function open(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const statements: number[] = [];
  const run = async (_: Statement, [keys = ""]: readonly unknown[]) => {
    const names = [...String(keys).matchAll(/x([0-9a-f]+)/g)].map(([, key]) => key);
    statements.push(names.length);
    return names.map((key) => [key, 0n]);
  };
  const nonces = openNonces(run, () => undefined);
  let key = 0;
  const arrive = (count: number): void => {
    for (let at = 0; at < count; at += 1) void nonces.take(numberedKey(++key), 1n);
  };
  /** Some turns of the event loop, in which no time goes by. */
  const turns = async (): Promise<void> => {
    for (let at = 0; at < 5; at += 1) await turn();
  };
  return { statements, nonces, arrive, turns };
}

test("a few wait for nobody", async (t) => {
  const { statements, arrive, turns } = open(t);
  for (let at = 0; at < 3; at += 1) {
    arrive(NONCE_COMPANY.crowd - 1);
    await turns();
  }
  assert.deepEqual(statements, new Array(3).fill(NONCE_COMPANY.crowd - 1));
});

test("after a crowd the next wait for company, and go when it is there", async (t) => {
  const { statements, arrive, turns } = open(t);
  arrive(NONCE_COMPANY.crowd);
  await turns();
  arrive(1);
  await turns();
  assert.deepEqual(statements, [NONCE_COMPANY.crowd], "one of them alone waits");
  arrive(NONCE_COMPANY.keys - 2);
  await turns();
  assert.equal(statements.length, 1, "one is missing");
  arrive(1);
  await turns();
  assert.deepEqual(statements, [NONCE_COMPANY.crowd, NONCE_COMPANY.keys]);
});

test("a waiting batch is sent after NONCE_COMPANY.ms, and the next is not delayed", async (t) => {
  const { statements, arrive, turns } = open(t);
  arrive(NONCE_COMPANY.crowd);
  await turns();
  arrive(2);
  await turns();
  t.mock.timers.tick(NONCE_COMPANY.ms - 1);
  await turns();
  assert.equal(statements.length, 1);
  t.mock.timers.tick(1);
  await turns();
  arrive(1);
  await turns();
  assert.deepEqual(statements, [NONCE_COMPANY.crowd, 2, 1]);
});

test("a gate that closes decides what waits", async (t) => {
  const { statements, nonces, arrive, turns } = open(t);
  arrive(NONCE_COMPANY.crowd);
  await turns();
  arrive(3);
  await turns();
  await nonces.close();
  assert.deepEqual(statements, [NONCE_COMPANY.crowd, 3]);
});
