import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect } from "node:util";
import { openLspClient } from "../../../lsp/client/client.ts";
import { asMsat } from "../../../lsp/money/msat.ts";
import { customerKey, NODE_ID, startTestLsp, type TestLsp } from "./lsp.ts";

const REFUND = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

let lsp: TestLsp;
before(async () => {
  lsp = await startTestLsp();
});
after(() => lsp.stop());

for (const gzip of [false, true]) {
  test(`GetCfg: the answer is proven over its raw bytes, ${gzip ? "gzip" : "identity"}`, async () => {
    const client = open({ gzip });
    const answers = [await client.getCfg(), await client.getCfg()];
    for (const answer of answers) {
      assert(answer.ok, inspect(answer));
      assert.equal(answer.value.compressed, gzip);
      assert.equal(answer.value.frame[0], gzip ? 1 : 0);
      assert.deepEqual(answer.value.value, {
        nodes: [{ nodeId: NODE_ID, host: "127.0.0.1", port: 9736 }],
        swapIntoLn: { minMsat: 12_000_000n, maxMsat: 10_000_000_000n },
        swapFromLn: { minMsat: 12_000_000n, maxMsat: 10_000_000_000n },
        feeRate: { numerator: 1n, denominator: 250n },
        minFeeMsat: 2_000_000n,
      });
    }
    client.close();
  });
}

test("calls that are made together are answered one after the other", async () => {
  const client = open();
  const answers = await Promise.all(Array.from({ length: 64 }, () => client.getCfg()));
  const nonces = answers.map((answer) => (answer.ok ? answer.value.nonce : 0n));
  assert.deepEqual(
    nonces,
    nonces.toSorted((a, b) => (a < b ? -1 : 1)),
  );
  assert.equal(new Set(nonces).size, 64);
  assert(!nonces.includes(0n), inspect(answers.find(({ ok }) => !ok)));
  client.close();
});

test("SwapIntoLn and SwapFromLn: what the LSP does not do yet has codes of its own", async () => {
  const client = open({ network: "regtest" });
  const into = await client.swapIntoLn({ refundAddress: REFUND, isPrivate: true });
  assert(!into.ok);
  assert.equal(into.error.code, "client_status");
  assert.partialDeepStrictEqual(into.error.refusal, { kind: "status", name: "UNIMPLEMENTED" });
  const from = await client.swapFromLn({ fundMsat: asMsat(20_000_000n), fundAddress: REFUND });
  assert.equal(from.ok ? "" : from.error.code, "client_empty");
  client.close();
});

test("a refusal that the LSP signs is proven", async () => {
  const client = open();
  const refused = await client.swapIntoLn({ refundAddress: "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn" });
  assert(!refused.ok);
  assert.deepEqual(refused.error, {
    code: "client_refused",
    about: "",
    refusal: { kind: "failure", generic: [], specific: ["REFUND_ON_CHAIN_ADDRESS_IS_NOT_SEGWIT"], internal: [] },
  });
  client.close();
});

test("a nonce that is not above the last one is refused, and the client says so", async () => {
  const key = customerKey(0x33).key;
  const ahead = open({ key, clock: () => Date.now() + 10_000 });
  assert((await ahead.getCfg()).ok);
  ahead.close();
  const behind = open({ key });
  const refused = await behind.getCfg();
  assert(!refused.ok);
  assert.equal(refused.error.code, "client_refused");
  assert.partialDeepStrictEqual(refused.error.refusal, { generic: [{ path: [1, 1], kind: "VERIFICATION_FAILED" }] });
  behind.close();
});

test("an address of another network does not leave", async () => {
  const client = open({ network: "mainnet" });
  for (const answer of [
    await client.swapIntoLn({ refundAddress: REFUND }),
    await client.swapFromLn({ fundMsat: asMsat(1n), fundAddress: REFUND }),
  ]) {
    assert.deepEqual(answer.ok ? undefined : answer.error, { code: "client_address_network", about: REFUND });
  }
  client.close();
});

test("another node id than the LSP's: its answers do not count", async () => {
  const other = Buffer.from(customerKey(0x44).key.publicKey).toString("hex");
  const client = open({ nodeId: other });
  const answer = await client.getCfg();
  assert.deepEqual(answer.ok ? undefined : answer.error, { code: "client_signature", about: "" });
  client.close();
});

function open(options: Partial<Parameters<typeof openLspClient>[0]> = {}): ReturnType<typeof openLspClient> {
  return openLspClient({
    address: lsp.address,
    tls: { certificate: lsp.certificate },
    nodeId: NODE_ID,
    key: customerKey().key,
    ...options,
  });
}
