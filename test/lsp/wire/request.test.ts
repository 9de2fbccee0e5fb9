import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createFileRegistry, type DescMessage, fromBinary, fromJson, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { MESSAGE_DEPTH_MAX } from "../../../lsp/limits.ts";
import { decodeRequest, encodeResponse } from "../../../lsp/wire/request.ts";
import { STATUS } from "../../../lsp/wire/status.ts";
import { decodeCanonical } from "../../../proto/canonical.ts";
import { InternalFailureSchema, LnPortSchema, Privacy } from "../../../proto/gen/btc_lsp/data/high_level_pb.js";
import { RequestSchema as GetCfgRequest } from "../../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import {
  RequestSchema as SwapRequest,
  ResponseSchema as SwapResponse,
} from "../../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import { SIGNED_METHODS } from "../../../signer/policy/methods.ts";
import { CONTRACT_PATHS } from "../../proto/contract.ts";
import { googleRewrites } from "../../proto/google.ts";
import { mutate, randomFrom } from "../../signer/policy/mutate.ts";
import { randomMessage } from "../../signer/policy/tree.ts";
import { bytesField, twofoldMessage } from "./loose.ts";

const bytesOf = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");
const hexOf = (bytes: Uint8Array | undefined) => (bytes === undefined ? "none" : Buffer.from(bytes).toString("hex"));

/** Every message that a method takes or gives, with its name in the table. */
const TYPES = Object.entries(CONTRACT_PATHS).flatMap(([path, names]) => {
  const method = SIGNED_METHODS.get(path);
  assert.ok(method !== undefined);
  return (["request", "response"] as const).map((side) => [names[side], method[side] as DescMessage] as const);
});
const anyType = fc.constantFrom(...TYPES);
const anyRandom = fc.integer().map(randomFrom);

describe("refused, each with its sentence", () => {
  const cases: readonly [name: string, schema: DescMessage, hex: string, says: RegExp][] = [
    ["a varint as ctx, which the library takes", GetCfgRequest, "08 00", /another type/],
    ["32 fixed bits as ctx", GetCfgRequest, "0d 00000000", /another type/],
    ["64 fixed bits as a nonce's number", GetCfgRequest, "0a 0b 0a 09 09 0100000000000000", /another type/],
    ["bytes as a number that is no list", SwapRequest, "22 01 01", /another type/],
    ["a tag with zeros after it", GetCfgRequest, "8a 00 00", /longer than it has to be/],
    ["a length with zeros after it", GetCfgRequest, "0a 80 00", /longer than it has to be/],
    ["a nonce with zeros after it", GetCfgRequest, "0a 05 0a 03 08 81 00", /longer than it has to be/],
    ["an unknown number with zeros after it", GetCfgRequest, "10 81 00", /longer than it has to be/],
    ["a nonce of 65 bits", GetCfgRequest, "0a 0d 0a 0b 08 80808080808080808002", /longer/],
    ["a nonce of eleven bytes", GetCfgRequest, "0a 0e 0a 0c 08 ffffffffffffffffffff01", /longer/],
    ["ctx twice, which the library merges", GetCfgRequest, "0a 00 0a 00", /two values/],
    ["a nonce twice", GetCfgRequest, "0a 04 0a 00 0a 00", /two values/],
    ["a number twice", GetCfgRequest, "0a 06 0a 04 08 01 08 02", /two values/],
    ["an enum twice", SwapRequest, "20 01 20 00", /two values/],
    ["two members of a oneof", SwapResponse, "12 00 1a 00", /two values/],
    ["the same member of a oneof again", SwapResponse, "1a 00 1a 00", /two values/],
    ["a port of 33 bits, which the library cuts to 1", LnPortSchema, "08 8180808010", /range/],
    ["a bool of 2", InternalFailureSchema, "08 02", /range/],
    ["an enum of 2^31", SwapRequest, "20 8080808008", /range/],
    ["an enum of 2^32 + 1, which the library cuts to PRIVATE", SwapRequest, "20 8180808010", /range/],
    ["an enum of 2^35 + 1", SwapRequest, "20 818080808001", /range/],
    ["an enum of 2^63 - 1", SwapRequest, "20 ffffffffffffffff7f", /range/],
    ["-1 as 32 bits", SwapRequest, "20 ffffffff0f", /range/],
    ["-2^31 - 1", SwapRequest, "20 fffffffff7ffffffff01", /range/],
    ["a list whose second value is out of range", SwapResponse, "1a 08 12 06 01 8080808008", /range/],
    ["a list whose last value ends after it", SwapResponse, "1a 04 12 01 80 01", /ends inside/],
    ["a list that ends in a varint", SwapResponse, "1a 04 12 02 01 80", /ends inside/],
    ["field number 0", GetCfgRequest, "02 00", /number or wire type/],
    ["a field number of 30 bits", GetCfgRequest, "8280808010 00", /number or wire type/],
    ["a tag of 36 bits, whose lower ones are ctx", GetCfgRequest, "8a8080808001 00", /number or wire type/],
    ["a field number of 61 bits", GetCfgRequest, "82808080808080808001 00", /number or wire type/],
    ["wire type 6", GetCfgRequest, "16", /number or wire type/],
    ["wire type 7 of a known field", GetCfgRequest, "0f", /another type/],
    ["a group", GetCfgRequest, "13 14", /group/],
    ["a group of a known field", GetCfgRequest, "0b 0c", /another type/],
    ["a group's end", GetCfgRequest, "14", /group/],
    ["a text in Latin-1", SwapRequest, "1a 05 0a 03 0a 01 e9", /UTF-8/],
    ["a text with half of a pair", SwapRequest, "1a 07 0a 05 0a 03 eda080", /UTF-8/],
    ["a text with a NUL of two bytes", SwapRequest, "1a 06 0a 04 0a 02 c080", /UTF-8/],
    ["a length beyond the message", GetCfgRequest, "0a 01", /ends inside/],
    ["a length beyond the message that it is in", SwapRequest, "0a 02 0a 05 20 01 20 01 20", /ends inside/],
    ["a length of 2^64 - 1", GetCfgRequest, "0a ffffffffffffffffff01", /ends inside/],
    ["a length of 2^32, which 32 bits take for 0", GetCfgRequest, "0a 8080808010", /ends inside/],
    ["a length of 2^35", GetCfgRequest, "0a 808080808001", /ends inside/],
    ["a tag alone", GetCfgRequest, "0a", /ends inside/],
    ["half a tag", GetCfgRequest, "8a", /ends inside/],
    ["an unknown number that ends", GetCfgRequest, "10 80", /ends inside/],
    ["unknown bytes that end", GetCfgRequest, "12 02 00", /ends inside/],
    ["unknown 32 bits that end", GetCfgRequest, "15 000000", /ends inside/],
    ["unknown 64 bits that end", GetCfgRequest, "11 00000000000000", /ends inside/],
    ["unknown bits that end with their message", SwapRequest, "0a 02 1d 00 20 01 20 01", /ends inside/],
  ];
  for (const [name, schema, hex, says] of cases) {
    test(name, () => {
      const decoded = decodeRequest(schema, bytesOf(hex));
      assert.ok(!decoded.ok);
      assert.equal(decoded.error.status, STATUS.invalidArgument);
      assert.match(decoded.error.message, says);
    });
  }

  test("a request cut anywhere, except between two fields", () => {
    const whole = bytesOf("0a 0a 0a 02 08 01 12 04 0a 02 02 03 1a 05 0a 03 0a 01 61 20 01");
    const taken = [...Array(whole.length + 1).keys()].filter(
      (end) => decodeRequest(SwapRequest, whole.subarray(0, end)).ok,
    );
    assert.deepEqual(taken, [0, 12, 19, 21]);
  });
});

describe("taken", () => {
  const decoded = <Desc extends DescMessage>(schema: Desc, hex: string) => {
    const result = decodeRequest(schema, bytesOf(hex));
    assert.ok(result.ok, result.ok ? "" : result.error.message);
    return result.value;
  };

  test("nothing, which is a request without ctx", () => assert.equal(decoded(GetCfgRequest, "").ctx, undefined));

  test("an empty ctx, nonce and key, which are present", () => {
    const { ctx } = decoded(GetCfgRequest, "0a 04 12 00 0a 00");
    assert.equal(ctx?.nonce?.val, 0n);
    assert.equal(ctx?.lnPubKey?.val.length, 0);
  });

  test("a nonce of 2^63 and of 2^64 - 1, as they are", () => {
    assert.equal(decoded(GetCfgRequest, "0a 0d 0a 0b 08 80808080808080808001").ctx?.nonce?.val, 2n ** 63n);
    assert.equal(decoded(GetCfgRequest, "0a 0d 0a 0b 08 ffffffffffffffffff01").ctx?.nonce?.val, 2n ** 64n - 1n);
  });

  test("a privacy without a name, for the handler to refuse", () => {
    assert.equal(decoded(SwapRequest, "20 05").privacy, 5);
    assert.equal(decoded(SwapRequest, "20 ffffffffffffffffff01").privacy, -1);
    assert.equal(decoded(SwapRequest, "20 00").privacy, Privacy.PUBLIC);
  });

  test("the retired number 2, in any form and number, and is left away", () => {
    const request = decoded(SwapRequest, "12 06 0a 04 6c6e6263 10 07 20 01 15 00000000 11 0000000000000000 12 01 ff");
    assert.equal(request.privacy, Privacy.PRIVATE);
    assert.equal(request.$unknown, undefined);
  });

  test("a text with a byte-order mark, which stays in it", () => {
    const request = decoded(SwapRequest, "1a 08 0a 06 0a 04 efbbbf 61");
    assert.equal(request.refundOnChainAddress?.val?.val, "\uFEFFa");
  });

  test("a list packed, unpacked or both", () => {
    for (const hex of ["1a 04 12 02 03 04", "1a 04 10 03 10 04", "1a 05 10 03 12 01 04"]) {
      const { either } = decoded(SwapResponse, hex);
      assert.ok(either.case === "failure");
      assert.deepEqual(either.value.specific, [3, 4]);
    }
  });
});

describe("every message of the contract", () => {
  test("written with every liberty, reads as its canonical form", () => {
    fc.assert(
      fc.property(anyType, anyRandom, ([name, schema], random) => {
        const { canonical, loose } = twofoldMessage(name, random);
        const decoded = decodeRequest(schema, loose);
        assert.ok(decoded.ok, `${name} ${hexOf(loose)}`);
        assert.equal(hexOf(encodeResponse(schema, decoded.value)), hexOf(canonical), `${name} ${hexOf(loose)}`);
      }),
      { numRuns: 3000 },
    );
  });

  test("leaves in its canonical form", () => {
    fc.assert(
      fc.property(anyType, anyRandom, ([name, schema], random) => {
        const bytes = randomMessage(name, random, false);
        const message = fromBinary(schema, Buffer.concat([bytes, bytesField(16, Buffer.from("unknown"))]));
        const encoded = encodeResponse(schema, message);
        assert.equal(hexOf(encoded), hexOf(bytes));
        // The walk of proto/canonical.ts takes no byte-order mark.
        assert.ok(decodeCanonical(schema, encoded).ok || encoded.includes("\uFEFF"), hexOf(bytes));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("damaged messages", () => {
  /** A message with faults, and with changes to its bytes. */
  const damaged = (name: string, random: ReturnType<typeof randomFrom>) => {
    const bytes = randomMessage(name, random, true);
    return random(2) === 0 ? bytes : mutate(bytes, [randomMessage(name, random, true)], random);
  };

  test("are refused, or read as Google's protobuf and the strict walk read them", () => {
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(anyType, anyRandom, ([name, schema], random) => {
        const bytes = damaged(name, random);
        const decoded = decodeRequest(schema, bytes);
        seen[decoded.ok ? "taken" : "refused"]++;
        if (!decoded.ok) {
          assert.equal(decodeCanonical(schema, bytes).ok, false, `${name} ${hexOf(bytes)}`);
        } else if (!Buffer.from(bytes).includes("\uFEFF")) {
          // Google's reader drops a byte-order mark.
          assert.equal(
            hexOf(toBinary(schema, decoded.value)),
            hexOf(googleRewrites(name, bytes)),
            `${name} ${hexOf(bytes)}`,
          );
        }
      }),
      { numRuns: 10_000 },
    );
    assert.ok(seen.taken > 1000 && seen.refused > 1000, JSON.stringify(seen));
  });

  test("random bytes are refused or read, and nothing throws", () => {
    fc.assert(
      fc.property(anyType, fc.uint8Array({ maxLength: 40 }), ([name, schema], bytes) => {
        const decoded = decodeRequest(schema, bytes);
        if (decoded.ok) assert.ok(googleRewrites(name, bytes) !== undefined, `${name} ${hexOf(bytes)}`);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("another contract", () => {
  const field = (name: string, number: number, type: string, more = {}) => ({
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
            { name: "Nest", field: [field("nest", 1, "TYPE_MESSAGE", { typeName: ".Nest" })] },
            { name: "Signed", field: [field("val", 1, "TYPE_SINT32")] },
            { name: "Wide", field: Array.from({ length: 33 }, (_, at) => field(`f${at}`, at + 1, "TYPE_BOOL")) },
          ],
        },
      ],
    }),
  );
  const messageNamed = (name: string) => {
    const message = registry.getMessage(name);
    assert.ok(message !== undefined);
    return message;
  };

  test("a message within itself goes as deep as the limit", () => {
    const nest = messageNamed("Nest");
    const depths = [1, MESSAGE_DEPTH_MAX, MESSAGE_DEPTH_MAX + 1, 5000].map((depth) => {
      let bytes: Uint8Array = Buffer.alloc(0);
      for (let level = 1; level < depth; level++) bytes = bytesField(1, bytes);
      const decoded = decodeRequest(nest, bytes);
      return decoded.ok ? "taken" : decoded.error.message;
    });
    const refused = "the message is nested too deep";
    assert.deepEqual(depths, ["taken", "taken", refused, refused]);
  });

  test("what the contract does not have is not guessed at", () => {
    assert.throws(() => decodeRequest(messageNamed("Signed"), bytesOf("08 02")), /a kind the contract does not use/);
    assert.throws(() => decodeRequest(messageNamed("Wide"), bytesOf("08 01")), /more fields than the contract uses/);
  });
});
