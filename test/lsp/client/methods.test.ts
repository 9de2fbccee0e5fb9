import assert from "node:assert/strict";
import { test } from "node:test";
import { GET_CFG, makeContext, SWAP_FROM_LN, SWAP_INTO_LN } from "../../../lsp/client/methods.ts";
import { asMsat } from "../../../lsp/money/msat.ts";
import { makeFrame } from "../../../lsp/wire/frame.ts";
import { encodeBinary } from "../../../lsp/wire/metadata.ts";
import { decodeCanonical } from "../../../proto/canonical.ts";
import { RequestSchema } from "../../../proto/gen/btc_lsp/method/swap_from_ln_pb.js";
import VECTORS from "../../vectors/wire.json" with { type: "json" };
import { customerKey } from "./lsp.ts";

const REFUND = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

test("requests, frames and signatures are the published ones (docs/contract.md)", async () => {
  const { key } = customerKey(0x11);
  const ctx = makeContext(BigInt(VECTORS.nonce), key.publicKey);
  const messages: Readonly<Record<string, Uint8Array>> = {
    GetCfg: GET_CFG.encode(ctx, undefined),
    SwapIntoLn: SWAP_INTO_LN.encode(ctx, { refundAddress: REFUND, isPrivate: true }),
  };
  assert.equal(VECTORS.requests.length, 3);
  for (const { method, compressed, frame, sig_bin } of VECTORS.requests) {
    const made = makeFrame(messages[method] ?? Buffer.alloc(0), compressed);
    assert.equal(made.toString("hex"), frame);
    const signature = await key.sign(made);
    assert(signature.ok);
    assert.equal(encodeBinary(signature.value), sig_bin);
  }
});

test("a request of SwapFromLn is canonical and says what was asked", () => {
  const ctx = makeContext(2n ** 64n - 1n, customerKey().key.publicKey);
  const request = SWAP_FROM_LN.encode(ctx, { fundMsat: asMsat(2n ** 64n - 1n), fundAddress: REFUND });
  const decoded = decodeCanonical(RequestSchema, request);
  assert(decoded.ok);
  assert.equal(decoded.value.fundMoney?.val?.val, 2n ** 64n - 1n);
  assert.equal(decoded.value.fundOnChainAddress?.val?.val, REFUND);
});
