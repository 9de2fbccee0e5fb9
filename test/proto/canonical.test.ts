import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createFileRegistry, type DescMessage, fromJson, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { decodeCanonical } from "../../proto/canonical.ts";
import { ResponseSchema as GetCfgResponse } from "../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import {
  RequestSchema as SwapRequest,
  ResponseSchema as SwapResponse,
} from "../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import { SIGNED_METHODS } from "../../signer/policy/methods.ts";
import { randomFrom } from "../signer/policy/mutate.ts";
import { randomMessage } from "../signer/policy/tree.ts";
import { CONTRACT_PATHS } from "./contract.ts";
import { googleAccepts } from "./google.ts";

describe("vectors of docs/contract.md", () => {
  const FAILURES = {
    "1a0a0a080a0208010a020801": { generic: [[1, 1], 0] },
    "1a040a021003": { generic: [[], 3] },
    "1a0c0a0a0a0208010a0208011003": { generic: [[1, 1], 3] },
    "1a060a040a020803": { generic: [[3], 0] },
    "1a03120103": { specific: [3] },
    "1a03120104": { specific: [4] },
    "1a041a020801": { redacted: true },
  };

  for (const [hex, expected] of Object.entries(FAILURES)) {
    test(`failure ${hex}`, () => {
      const decoded = decodeCanonical(SwapResponse, Buffer.from(hex, "hex"));
      assert.ok(decoded.ok && decoded.value.either.case === "failure");
      const { generic, specific, internal } = decoded.value.either.value;
      const [first] = generic;
      const found = {
        ...(first === undefined ? {} : { generic: [first.fieldLocation.map(({ val }) => val), first.kind] }),
        ...(specific.length === 0 ? {} : { specific }),
        ...(internal.length === 0 ? {} : { redacted: internal[0]?.either.value }),
      };
      assert.deepEqual(found, expected);
    });
  }

  test("a GetCfg success", () => {
    const success =
      "0a370a230a21034f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa120b0a093132372e302e302e311a0308884c" +
      "12070a050880b6dc051a080a060880c8afa02522070a050880b6dc052a080a060880c8afa02532070a05080110fa013a060a040880897a";
    const length = (success.length / 2).toString(16);
    const decoded = decodeCanonical(GetCfgResponse, Buffer.from(`12${length}${success}`, "hex"));
    assert.ok(decoded.ok && decoded.value.either.case === "success");
    const { lspLnNodes, swapIntoLnMaxAmt, swapLnFeeRate } = decoded.value.either.value;
    assert.equal(lspLnNodes[0]?.port?.val, 9736);
    assert.equal(swapIntoLnMaxAmt?.val?.val, 10_000_000_000n);
    assert.equal(swapLnFeeRate?.val?.denominator, 250n);
  });

  test("a SwapIntoLn request", () => {
    const hex =
      "0a300a09088080f9c0c1c4820312230a21034f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa1a300a2e0a2c" +
      "62637274317177353038643671656a7874646734793572337a6172766172793063357877376b7967743038302001";
    const decoded = decodeCanonical(SwapRequest, Buffer.from(hex, "hex"));
    assert.ok(decoded.ok);
    assert.equal(decoded.value.privacy, 1);
  });
});

test("made from the table without faults, every message of the contract is taken", () => {
  const random = randomFrom(7);
  for (const [path, types] of Object.entries(CONTRACT_PATHS)) {
    const method = SIGNED_METHODS.get(path);
    assert.ok(method !== undefined);
    for (const direction of ["request", "response"] as const) {
      const desc: DescMessage = method[direction];
      for (let round = 0; round < 300; round++) {
        const bytes = randomMessage(types[direction], random, false);
        const { ok } = decodeCanonical(desc, bytes);
        assert.equal(ok, googleAccepts(types[direction], bytes), Buffer.from(bytes).toString("hex"));
        // A text of the generator has a byte-order mark, which neither takes.
        assert.ok(ok || Buffer.from(bytes).includes("\uFEFF"), Buffer.from(bytes).toString("hex"));
      }
    }
  }
});

test("every truncation of a message is refused, or ends between two fields", () => {
  const whole = Buffer.from("0a0e0a02080112080a060102030405061a040a021003", "hex");
  const taken = [...whole.keys()].filter((length) => decodeCanonical(GetCfgResponse, whole.subarray(0, length)).ok);
  assert.deepEqual(taken, [0, 16]);
});

test("a fault has its place", () => {
  const { ok, error } = decodeCanonical(GetCfgResponse, Buffer.from("1a040a021083", "hex")) as {
    ok: boolean;
    error?: unknown;
  };
  assert.equal(ok, false);
  assert.deepEqual(error, { code: "truncated", at: 5, type: "BtcLsp.Data.HighLevel.InputFailure" });
});

describe("another contract", () => {
  const scalar = (name: string, number: number, type: string, more = {}) => ({
    ...{ name, number, type, label: "LABEL_OPTIONAL" },
    ...more,
  });
  const registry = createFileRegistry(
    fromJson(FileDescriptorSetSchema, {
      file: [
        {
          name: "other.proto",
          syntax: "proto3",
          messageType: [
            {
              name: "Unpacked",
              field: [scalar("list", 1, "TYPE_UINT32", { label: "LABEL_REPEATED", options: { packed: false } })],
            },
            { name: "Signed", field: [scalar("val", 1, "TYPE_SINT32")] },
          ],
        },
      ],
    }),
  );

  test("where the walk and the library disagree, nothing is taken", () => {
    const unpacked = registry.getMessage("Unpacked");
    assert.ok(unpacked !== undefined);
    // The walk takes packed lists alone, the library writes this one as it is declared.
    const packed = Buffer.from("0a020102", "hex");
    assert.deepEqual(decodeCanonical(unpacked, packed), {
      ok: false,
      error: { code: "encoding", at: 0, type: "Unpacked" },
    });
    assert.equal(toBinary(unpacked, { $typeName: "Unpacked", list: [1, 2] } as never).length, 4);
  });

  test("a kind of field that the contract does not have is no message to guess at", () => {
    const signed = registry.getMessage("Signed");
    assert.ok(signed !== undefined);
    assert.throws(() => decodeCanonical(signed, Buffer.from("0802", "hex")), /a kind the contract does not use/);
  });
});
