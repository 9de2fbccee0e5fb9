import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { FIELD_PATHS, genericFailure, internalFailure, refundFailure } from "../../../lsp/wire/failures.ts";
import { makeFrame, openFrame } from "../../../lsp/wire/frame.ts";
import { decodeBinary, encodeBinary } from "../../../lsp/wire/metadata.ts";
import { decodeRequest, encodeResponse } from "../../../lsp/wire/request.ts";
import { verifyFrame } from "../../../lsp/wire/signature.ts";
import { decodeCanonical } from "../../../proto/canonical.ts";
import { Privacy } from "../../../proto/gen/btc_lsp/data/high_level_pb.js";
import {
  RequestSchema as GetCfgRequest,
  ResponseSchema as GetCfgResponse,
  Response_SuccessSchema as GetCfgSuccess,
} from "../../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import {
  RequestSchema as SwapRequest,
  ResponseSchema as SwapResponse,
} from "../../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import vectors from "../../vectors/wire.json" with { type: "json" };
import { signFrame } from "./keys.ts";

// Every byte of docs/contract.md#vectors, both ways. They were computed outside of this project.

const KEY = Buffer.from(vectors.private_key, "hex");
const NODE = Buffer.from(vectors.public_key, "hex");
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("a request", () => {
  for (const { name, method, compressed, message, frame, sha256, sig_bin } of vectors.requests) {
    const wire = Buffer.from(frame, "hex");

    test(`${name}: its frame, both ways`, () => {
      assert.equal(createHash("sha256").update(wire).digest("hex"), sha256);
      assert.equal(hex(makeFrame(Buffer.from(message, "hex"), compressed)), frame);
      const opened = openFrame(wire, "gzip");
      assert.ok(opened.ok);
      assert.equal(opened.value.compressed, compressed);
      assert.equal(hex(opened.value.message), message);
    });

    test(`${name}: its signature, both ways`, () => {
      const der = decodeBinary(sig_bin);
      assert.ok(der !== undefined);
      assert.equal(encodeBinary(der), sig_bin);
      assert.ok(verifyFrame(wire, der, NODE));
      assert.equal(encodeBinary(signFrame(wire, KEY)), sig_bin);
    });

    test(`${name}: its message, both ways`, () => {
      const schema = method === "GetCfg" ? GetCfgRequest : SwapRequest;
      const decoded = decodeRequest(schema, Buffer.from(message, "hex"));
      assert.ok(decoded.ok);
      assert.equal(decoded.value.ctx?.nonce?.val, BigInt(vectors.nonce));
      assert.equal(hex(decoded.value.ctx?.lnPubKey?.val ?? Buffer.alloc(0)), vectors.public_key);
      assert.equal(hex(toBinary(schema, decoded.value)), message);
    });
  }

  test("SwapIntoLn: refund address and privacy", () => {
    const decoded = decodeRequest(SwapRequest, Buffer.from(vectors.requests[1]?.message ?? "", "hex"));
    assert.ok(decoded.ok);
    assert.equal(decoded.value.refundOnChainAddress?.val?.val, vectors.swap.refund_address);
    assert.equal(Privacy[decoded.value.privacy], vectors.swap.privacy);
  });
});

test("a success of GetCfg", () => {
  const { host, port, min_amount_msat, max_amount_msat, fee_rate, min_fee_msat, message } = vectors.success;
  const amount = (msat: string) => ({ val: { val: BigInt(msat) } });
  const [numerator, denominator] = fee_rate.map(BigInt) as [bigint, bigint];
  const success = create(GetCfgSuccess, {
    lspLnNodes: [{ pubKey: { val: NODE }, host: { val: host }, port: { val: port } }],
    swapIntoLnMinAmt: amount(min_amount_msat),
    swapIntoLnMaxAmt: amount(max_amount_msat),
    swapFromLnMinAmt: amount(min_amount_msat),
    swapFromLnMaxAmt: amount(max_amount_msat),
    swapLnFeeRate: { val: { numerator, denominator } },
    swapLnMinFee: amount(min_fee_msat),
  });
  assert.equal(hex(encodeResponse(GetCfgSuccess, success)), message);
});

describe("a failure", () => {
  const values = new Map(
    Object.entries({
      "REQUIRED [1,1]": genericFailure(FIELD_PATHS.nonce, "REQUIRED"),
      "REQUIRED [1,2]": genericFailure(FIELD_PATHS.key, "REQUIRED"),
      "VERIFICATION_FAILED []": genericFailure(FIELD_PATHS.none, "VERIFICATION_FAILED"),
      "VERIFICATION_FAILED [1,1]": genericFailure(FIELD_PATHS.nonce, "VERIFICATION_FAILED"),
      "REQUIRED [3]": genericFailure(FIELD_PATHS.refundAddress, "REQUIRED"),
      "PARSING_FAILED [4]": genericFailure(FIELD_PATHS.privacy, "PARSING_FAILED"),
      "not valid": refundFailure("NOT_VALID"),
      "not segwit": refundFailure("NOT_SEGWIT"),
      "internal redacted": internalFailure(),
    }),
  );
  // Not in 2.8, computed by hand: the key of 1.7 C, and the privacy that the original answers with INTERNAL.
  const more = [
    { name: "REQUIRED [1,2]", message: "1a0a0a080a0208010a020802" },
    { name: "PARSING_FAILED [4]", message: "1a080a060a0208041002" },
  ];

  for (const { name, message } of [...vectors.failures, ...more]) {
    test(name, () => {
      const value = values.get(name);
      assert.ok(value !== undefined);
      const bytes = encodeResponse(SwapResponse, create(SwapResponse, { either: { case: "failure", value } }));
      assert.equal(hex(bytes), message);
      assert.ok(decodeCanonical(SwapResponse, bytes).ok);
    });
  }

  test("the ones of every method are the same bytes in each", () => {
    for (const value of [genericFailure(FIELD_PATHS.nonce, "VERIFICATION_FAILED"), internalFailure()]) {
      assert.equal(
        hex(toBinary(GetCfgResponse, create(GetCfgResponse, { either: { case: "failure", value } }))),
        hex(toBinary(SwapResponse, create(SwapResponse, { either: { case: "failure", value } }))),
      );
    }
  });
});
