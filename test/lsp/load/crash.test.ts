import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { askOnce, customer, dialServer, isSuccess, type SignedCall, signedGetCfg } from "../../bench/customers.ts";
import { needs } from "../../tools/need.ts";
import { eventually } from "../../tools/wait.ts";
import { readiness } from "../app/rig.ts";
import { type LoadedLsp, prepareLsp } from "./system.ts";

const METHOD = "/BtcLsp.Service/GetCfg";
const CUSTOMERS = 32;
const ROUNDS = process.env["DEEP"] === undefined ? 2 : 8;

/** What became of one question before the kill. */
interface Asked {
  readonly question: SignedCall;
  readonly answered: boolean;
}

describe("SIGKILL of LSP and Postgres under load", needs("go", "postgres"), () => {
  let lsp: LoadedLsp;
  before(async () => {
    lsp = await prepareLsp();
  });
  after(() => lsp?.stop());

  for (let round = 0; round < ROUNDS; round += 1) {
    test(`round ${round + 1}: no request that was answered passes again, and one that was not passes once at most`, async (t) => {
      const program = await lsp.start();
      await readiness(program.admin);
      const asked = await underLoad(program.address, async (answered) => {
        const enough = CUSTOMERS * randomInt(4, 40);
        await eventually(`${enough} answers`, () => answered() > enough, { pauseMs: 1 });
        await Promise.all([program.stop("SIGKILL"), lsp.postgres.kill()]);
      });
      await lsp.postgres.start();
      const again = await lsp.start();
      await readiness(again.admin);
      const session = await dialServer(again.address, lsp.authority);
      const passes = async (question: SignedCall): Promise<boolean> =>
        isSuccess(await askOnce(session, METHOD, question));
      let [answered, passed] = [0, 0];
      // Of one customer in their order, as they were asked: a later one that passes makes the earlier ones old.
      for (const { question, answered: was } of asked) {
        const first = await passes(question);
        assert.equal(await passes(question), false, "a request passed twice");
        if (was) assert.equal(first, false, "a request that was answered passed again");
        if (was) answered += 1;
        if (first) passed += 1;
      }
      assert.ok(answered > CUSTOMERS, `${answered} answered`);
      session.destroy();
      await again.stop("SIGKILL");
      t.diagnostic(
        `${answered} answered before the kill, ${asked.length - answered} not, of which ${passed} passed after`,
      );
    });
  }

  /** Each customer asks one question after the other until there is nobody to answer. */
  async function underLoad(address: string, kill: (answered: () => number) => Promise<void>): Promise<Asked[]> {
    let count = 0;
    const session = await dialServer(address, lsp.authority);
    const each = Array.from({ length: CUSTOMERS }, async (_, at) => {
      const who = customer(at);
      const asked: Asked[] = [];
      for (let nonce = BigInt(Date.now()) * 1_000n; ; nonce += 1n) {
        const question = signedGetCfg(who, nonce);
        const answer = await askOnce(session, METHOD, question).catch(() => undefined);
        const answered = answer !== undefined && answer.status === "0";
        asked.push({ question, answered });
        if (!answered) return asked;
        count += 1;
        assert.ok(isSuccess(answer));
      }
    });
    await kill(() => count);
    session.destroy();
    return (await Promise.all(each)).flat();
  }
});
