import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { type LspClientOptions, openLspClient } from "../../../lsp/client/client.ts";
import { asMsat } from "../../../lsp/money/msat.ts";
import type { Incoming, Outgoing } from "../../../lsp/server/exchange.ts";
import { makeFrame } from "../../../lsp/wire/frame.ts";
import { decodeBinary } from "../../../lsp/wire/metadata.ts";
import { encodeResponse } from "../../../lsp/wire/request.ts";
import { verifyFrame } from "../../../lsp/wire/signature.ts";
import { ResponseSchema as FromLn } from "../../../proto/gen/btc_lsp/method/swap_from_ln_pb.js";
import { ResponseSchema as IntoLn } from "../../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import { customerKey, NODE_ID, startServer, type TestLsp } from "./lsp.ts";
import { client as command } from "./run.ts";

// The LSP offers no swaps yet. Behind the real listener stands a handler that answers as one will: each swap the same.

const { key: LSP } = customerKey(0x11);
const { key: CUSTOMER, hex: CUSTOMER_HEX } = customerKey();
const REFUND = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
const INVOICE = "lnbcrt120u1pexample";

let lsp: TestLsp;
let depositAddress = REFUND;
before(async () => {
  lsp = await startServer(answer);
});
after(() => lsp.stop());

for (const gzip of [false, true]) {
  test(`swaps that are granted, ${gzip ? "gzip" : "identity"}`, async () => {
    const client = open({ gzip, network: "regtest" });
    const into = await client.swapIntoLn({ refundAddress: REFUND });
    assert(into.ok);
    assert.deepEqual(into.value.value, { fundAddress: REFUND, minFundMsat: 12_000_000n });
    assert.equal(into.value.compressed, gzip);
    const from = await client.swapFromLn({ fundMsat: asMsat(20_000_000n), fundAddress: REFUND });
    assert(from.ok);
    assert.deepEqual(from.value.value, { invoice: INVOICE });
    client.close();
  });
}

test("a deposit address of another network, or that is none, is not handed on", async () => {
  for (const address of [
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt081",
    "\u001b[2Jbcrt1",
  ]) {
    depositAddress = address;
    const client = open({ network: "regtest" });
    const into = await client.swapIntoLn({ refundAddress: REFUND });
    assert.equal(into.ok ? "ok" : into.error.code, "client_address_network");
    client.close();
  }
  depositAddress = REFUND;
});

test("the command says where to pay", async () => {
  const keyFile = join(lsp.folder, "customer.key");
  writeFileSync(keyFile, CUSTOMER_HEX, { mode: 0o600 });
  const whom = ["--address", lsp.address, "--node-id", NODE_ID, "--cert", lsp.certificateFile, "--key-file", keyFile];
  const into = await command("swap-into-ln", ...whom, "--network", "regtest", "--refund-address", REFUND);
  assert.deepEqual(into.stdout.split("\n").slice(0, 2), [`pay to    ${REFUND}`, "at least  12 000 sat"]);
  const from = await command("swap-from-ln", ...whom, "--fund-address", REFUND, "--fund-msat", "20000000");
  assert.equal(from.stdout.split("\n")[0], `invoice   ${INVOICE}`);
});

function open(options: Partial<LspClientOptions>): ReturnType<typeof openLspClient> {
  const tls = { certificate: lsp.certificate };
  return openLspClient({ address: lsp.address, tls, nodeId: NODE_ID, key: CUSTOMER, ...options });
}

async function answer({ path, wire, headers }: Incoming): Promise<Outgoing> {
  const signature = decodeBinary(headers["sig-bin"]);
  assert(signature !== undefined && verifyFrame(wire, signature, CUSTOMER.publicKey));
  const ctx = { nonce: { val: BigInt(Date.now()) * 1000n + nonces++ }, lnPubKey: { val: LSP.publicKey } };
  const message = path.endsWith("/SwapIntoLn")
    ? encodeResponse(
        IntoLn,
        create(IntoLn, {
          ctx,
          either: {
            case: "success",
            value: {
              fundOnChainAddress: { val: { val: depositAddress } },
              minFundMoney: { val: { val: 12_000_000n } },
            },
          },
        }),
      )
    : encodeResponse(
        FromLn,
        create(FromLn, { ctx, either: { case: "success", value: { fundLnHodlInvoice: { val: { val: INVOICE } } } } }),
      );
  const gzip = wire[0] === 1;
  const frame = makeFrame(message, gzip);
  const signed = await LSP.sign(frame);
  assert(signed.ok);
  return { kind: "reply", wire: frame, signature: signed.value, gzip };
}
let nonces = 0n;
