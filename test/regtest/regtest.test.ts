import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { needs } from "../tools/need.ts";
import type { Lnd } from "./lnd.ts";
import { logsOnFailure } from "./logs.ts";
import { type Regtest, startRegtest } from "./regtest.ts";

const CHANNEL_SAT = 1_000_000;
const PUSHED_SAT = 400_000;

describe("two lnds on one chain", needs("go"), () => {
  let regtest: Regtest;
  let lsp: Lnd;
  let customer: Lnd;
  let channel: string;

  before(async () => {
    regtest = await startRegtest();
    [lsp, customer] = [regtest.lnd("lsp"), regtest.lnd("customer")];
  });
  logsOnFailure(() => regtest);
  after(() => regtest?.stop());

  test("are of the version that is pinned, on regtest, and can tell others where they are", async () => {
    const pinned = readFileSync(join(import.meta.dirname, "go.mod"), "utf8").match(/lightningnetwork\/lnd v(\S+)/)?.[1];
    const info = await lsp.call<Info>("lnrpc.Lightning/GetInfo");
    assert.equal(info.version.split(" ")[0], pinned);
    assert.deepEqual(info.chains, [{ chain: "bitcoin", network: "regtest" }]);
    assert.deepEqual(info.uris, [`${lsp.nodeId}@${lsp.p2p}`]);
    assert.notEqual(lsp.nodeId, customer.nodeId);
  });

  test("have the blocks that are mined", async () => {
    const before = await regtest.chain.height();
    await regtest.mine(3);
    assert.deepEqual(await tips(), [before + 3, before + 3]);
  });

  test("get coins, open a channel and pay in it both ways", async () => {
    await regtest.fund("lsp", 5_000_000);
    channel = await regtest.openChannel("lsp", "customer", CHANNEL_SAT, PUSHED_SAT);
    await regtest.pay("lsp", "customer", 30_000);
    await regtest.pay("customer", "lsp", 10_000);
    assert.equal((await channelOf(customer)).local_balance, `${PUSHED_SAT + 20_000}`);
  });

  for (const depth of [1, 6]) {
    test(`follow another branch when the last ${depth} of their blocks are cut; the channel stays`, async () => {
      const [height, tip] = [await regtest.chain.height(), await regtest.chain.blockHash()];
      await regtest.reorg(depth);
      assert.deepEqual(await tips(), [height + 1, height + 1]);
      assert.notEqual(await regtest.chain.blockHash(height), tip);
      assert.equal((await channelOf(lsp)).active, true);
    });
  }

  test("find a deposit again that a reorg puts into another block", async () => {
    const txid = await regtest.fund("customer", 70_000);
    const first = await transactionOf(txid);
    await regtest.reorg(2, { longer: 2 });
    const again = await customer.until("the deposit's new block", async () => {
      const found = await transactionOf(txid);
      return found?.num_confirmations !== 0 && found?.block_hash !== first?.block_hash ? found : undefined;
    });
    assert.equal(again.amount, "70000");
  });

  test("lose a deposit for good when the new branch spends its coins otherwise", async () => {
    const txid = await regtest.fund("customer", 80_000);
    await regtest.reorg(1, { lose: [txid] });
    await assert.rejects(regtest.chain.call("getrawtransaction", txid), /No information available/);
    const { utxos } = await customer.call<{ utxos: readonly { amount_sat: string }[] }>("lnrpc.Lightning/ListUnspent", {
      min_confs: 1,
      max_confs: 1000,
    });
    assert.deepEqual(
      utxos.map(({ amount_sat }) => amount_sat),
      ["70000"],
    );
  });

  test("come back after a restart and after a kill: same node, same address, channel in use", async () => {
    const before = [lsp.target, lsp.nodeId, lsp.pid];
    await lsp.restart();
    assert.deepEqual([lsp.target, lsp.nodeId], before.slice(0, 2));
    assert.notEqual(lsp.pid, before[2]);
    await customer.kill();
    assert.equal(customer.running, false);
    await customer.start();
    await regtest.connect("customer", "lsp");
    await lsp.until("channel", async () => (await channelOf(lsp)).active || undefined);
    await regtest.pay("customer", "lsp", 5_000);
  });

  test("stay locked if that is wanted, keep nobody waiting, and open with the password", async () => {
    await customer.restart({ locked: true });
    await assert.rejects(customer.call("lnrpc.Lightning/GetInfo"), /wallet locked/);
    await regtest.mine(1);
    await customer.unlock();
    await regtest.waitSynced();
    assert.equal(new Set(await tips()).size, 1);
  });

  test("leave the logs of everything that ran", () => {
    const folder = mkdtempSync(join(tmpdir(), "logs-"));
    try {
      regtest.saveLogs(folder);
      assert.deepEqual(readdirSync(folder).sort(), ["btcd.log", "customer.log", "lsp.log"]);
      assert.match(readFileSync(join(folder, "lsp.log"), "utf8"), /Waiting for wallet/);
    } finally {
      rmSync(folder, { recursive: true });
    }
    assert.match(regtest.tails(), /^== btcd\n(?:.*\n)+== (?:lsp|customer)\n/);
  });

  test("are gone when they are stopped, btcd too, with their folder", async () => {
    const pids = [regtest.chain.pid, lsp.pid, customer.pid];
    await regtest.stop();
    assert.deepEqual(pids.filter(runs), []);
    assert.equal(existsSync(regtest.folder), false);
    await regtest.stop();
  });

  async function tips(): Promise<number[]> {
    return Promise.all(
      [lsp, customer].map(async (lnd) => (await lnd.call<Info>("lnrpc.Lightning/GetInfo")).block_height),
    );
  }

  async function channelOf(lnd: Lnd): Promise<Channel> {
    const { channels } = await lnd.call<{ channels: readonly Channel[] }>("lnrpc.Lightning/ListChannels");
    const found = channels.find(({ channel_point }) => channel_point === channel);
    assert.ok(found);
    return found;
  }

  async function transactionOf(txid: string): Promise<Transaction | undefined> {
    const request = { start_height: 0, end_height: -1 };
    const answer = await customer.call<{ transactions: readonly Transaction[] }>(
      "lnrpc.Lightning/GetTransactions",
      request,
    );
    return answer.transactions.find(({ tx_hash }) => tx_hash === txid);
  }
});

describe("a regtest that cannot start", needs("go"), () => {
  test("says why, with the last lines of what ran, and leaves nothing", async () => {
    // A folder of temporary files of its own: other tests start regtests at the same time.
    const [temporary, folder] = [process.env["TMPDIR"], mkdtempSync(join(tmpdir(), "none-"))];
    process.env["TMPDIR"] = folder;
    try {
      const lnds = [{ name: "lsp", flags: ["--no-such-flag"] }];
      await assert.rejects(startRegtest({ lnds }), /exit 1\n[\s\S]*unknown flag [\s\S]*== btcd\n/);
      assert.deepEqual(readdirSync(folder), []);
    } finally {
      if (temporary === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = temporary;
      rmSync(folder, { recursive: true });
    }
  });
});

interface Info {
  readonly version: string;
  readonly block_height: number;
  readonly uris: readonly string[];
  readonly chains: readonly { readonly chain: string; readonly network: string }[];
}

interface Channel {
  readonly channel_point: string;
  readonly active: boolean;
  readonly local_balance: string;
}

interface Transaction {
  readonly tx_hash: string;
  readonly block_hash: string;
  readonly num_confirmations: number;
  readonly amount: string;
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
