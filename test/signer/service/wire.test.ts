import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import {
  Direction,
  SignBatchResultSchema,
  SignBatchSchema,
  SignRequestSchema,
  SignResponseSchema,
} from "../../../proto/gen/signer/v1/signer_pb.js";
import {
  decodeBatch,
  decodeSignRequest,
  encodeBatchResult,
  encodeSignResponse,
  type WireResult,
} from "../../../signer/wire/batch.ts";
import { decodeBatchResult, encodeBatch } from "../../../signer/wire/clientbatch.ts";

const DIRECTIONS = ["unspecified", "response", "request"] as const;
const bytes = fc.uint8Array({ maxLength: 300 });
const item = fc.record({
  id: fc.bigInt(0n, 2n ** 64n - 1n),
  frame: bytes,
  method: fc.string({ unit: "binary", maxLength: 40 }),
  direction: fc.constantFrom(Direction.DIRECTION_UNSPECIFIED, Direction.RESPONSE, Direction.REQUEST),
});
const result: fc.Arbitrary<WireResult> = fc.oneof(
  fc.record({ kind: fc.constant("signed" as const), signature: fc.uint8Array({ minLength: 1, maxLength: 72 }) }),
  fc.record({
    kind: fc.constant("refused" as const),
    rule: fc.string({ maxLength: 20 }),
    reason: fc.string({ unit: "binary", maxLength: 200 }),
  }),
);
const position = fc.record({
  seq: fc.bigInt(0n, 2n ** 53n - 1n),
  head: fc.uint8Array({ minLength: 32, maxLength: 32 }),
});

/** The id of an item, as the protobuf runtime reads it. */
function idOf(varint: Uint8Array): bigint {
  return varint.reduceRight((value, byte) => (value << 7n) | BigInt(byte & 0x7f), 0n);
}

describe("the codec by hand is the codec of the protobuf runtime", () => {
  test("a batch, as the signer reads it", () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 6 }), (items) => {
        const message = create(SignBatchSchema, { items: items.map(({ id, ...request }) => ({ id, request })) });
        const read = decodeBatch(Buffer.from(toBinary(SignBatchSchema, message)));
        assert.deepEqual(
          read?.map(({ id, frame, method, direction }) => ({
            id: idOf(id),
            frame: Uint8Array.from(frame),
            method,
            direction,
          })),
          items.map(({ id, frame, method, direction }) => ({
            id,
            frame,
            method: Buffer.from(method).toString(),
            direction: DIRECTIONS[direction],
          })),
        );
      }),
    );
  });

  test("a request, as the signer reads it", () => {
    fc.assert(
      fc.property(item, ({ frame, method, direction }) => {
        const message = create(SignRequestSchema, { frame, method, direction });
        const read = decodeSignRequest(Buffer.from(toBinary(SignRequestSchema, message)));
        assert(read !== undefined);
        assert.deepEqual(Uint8Array.from(read.frame), frame);
        assert.equal(read.direction, DIRECTIONS[direction]);
      }),
    );
  });

  test("results, as the signer writes them and the client reads them", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 2 ** 40 }), result), { maxLength: 6 }),
        position,
        (given, at) => {
          const ids = given.map(([id]) => id);
          const sent = ids.map((id) => ({
            id,
            frame: new Uint8Array(),
            method: Buffer.alloc(0),
            direction: "response" as const,
          }));
          const items = decodeBatch(encodeBatch(sent));
          assert(items !== undefined);
          const encoded = encodeBatchResult(
            items,
            given.map(([, one]) => one),
            at,
          );
          const message = fromBinary(SignBatchResultSchema, encoded);
          assert.equal(message.auditSeq, at.seq);
          assert.deepEqual(Uint8Array.from(message.auditHead), at.head);
          assert.deepEqual(Buffer.from(toBinary(SignBatchResultSchema, message)), encoded);
          assert.deepEqual(
            message.results.map(({ id }) => Number(id)),
            ids,
          );
          const read = decodeBatchResult(encoded);
          assert.equal(read?.position.seq, at.seq);
          assert.deepEqual(
            read?.results.map(({ id, ...rest }) => [id, rest]),
            given.map(([id, one]) => [id, wellFormed(one)]),
          );
        },
      ),
    );
  });

  test("a response of the unary call", () => {
    fc.assert(
      fc.property(result, position, (one, at) => {
        const encoded = encodeSignResponse(one, at);
        const message = fromBinary(SignResponseSchema, encoded);
        assert.equal(message.result.case, one.kind === "signed" ? "signature" : "refusal");
        assert.deepEqual(Buffer.from(toBinary(SignResponseSchema, message)), encoded);
      }),
    );
  });

  test("a batch, as the client writes it", () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 6 }), (items) => {
        const sent = items.map(({ frame, method, direction }, at) => ({
          id: at * 1_000_000,
          frame,
          method: Buffer.from(method),
          direction: DIRECTIONS[direction],
        }));
        const encoded = encodeBatch(sent);
        const message = fromBinary(SignBatchSchema, encoded);
        assert.deepEqual(
          message.items.map(({ id }) => Number(id)),
          sent.map(({ id }) => id),
        );
        assert.deepEqual(
          message.items.map(({ request }) => request?.frame.length),
          items.map(({ frame }) => frame.length),
        );
        assert.deepEqual(
          message.items.map(({ request }) => request?.direction),
          items.map(({ direction }) => direction),
        );
      }),
    );
  });
});

test("any bytes are read or refused, and what the runtime refuses is refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
      const read = decodeBatch(Buffer.from(noise));
      if (read !== undefined) for (const { frame } of read) assert(frame.length <= noise.length);
      decodeBatchResult(Buffer.from(noise));
      decodeSignRequest(Buffer.from(noise));
    }),
    { numRuns: 2000 },
  );
});

test("a length beyond the message, an endless varint, field 0 and a group are no batch", () => {
  for (const hex of ["0a05", "0a", "ffffffffffffffffffffff", "0000", "0b", "0a020a05", "0a0412020a09", "12"])
    assert.equal(decodeBatch(Buffer.from(hex, "hex")), undefined, hex);
});

test("fields that are not known are passed over", () => {
  const known = encodeBatch([{ id: 7, frame: Buffer.from("f"), method: Buffer.from("m"), direction: "response" }]);
  const unknown = Buffer.from("9a0602aabb" + "a10600000000000000009506000000009006ff01", "hex");
  assert.deepEqual(decodeBatch(Buffer.concat([unknown, known, unknown])), decodeBatch(known));
});

/** Text that is no Unicode is written with replacement characters. */
function wellFormed(one: WireResult): WireResult {
  return one.kind === "signed"
    ? { ...one, signature: Uint8Array.from(one.signature) }
    : { ...one, rule: one.rule.toWellFormed(), reason: one.reason.toWellFormed() };
}
