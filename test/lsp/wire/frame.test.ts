import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { makeFrame, openFrame } from "../../../lsp/wire/frame.ts";
import { STATUS, type Status } from "../../../lsp/wire/status.ts";
import { encodeFrame, FRAME_BYTES_MAX, PAYLOAD_BYTES_MAX } from "../../../proto/frame.ts";

const statusOf = (wire: Uint8Array, encoding?: string): Status => {
  const opened = openFrame(wire, encoding);
  return opened.ok ? STATUS.ok : opened.error.status;
};
const MESSAGE = Buffer.from("a message of some bytes, a message of some bytes");

describe("one frame", () => {
  test("opens as it was made, plain and gzip", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.boolean(), (message, compressed) => {
        const opened = openFrame(makeFrame(message, compressed), "gzip");
        assert.ok(opened.ok);
        assert.equal(opened.value.compressed, compressed);
        assert.deepEqual(Buffer.from(opened.value.message), Buffer.from(message));
      }),
    );
  });

  test("at flag 0 grpc-encoding says nothing: grpcio sends gzip with small frames that it left alone", () => {
    for (const encoding of [undefined, "identity", "gzip", "deflate", "nonsense"]) {
      assert.equal(statusOf(makeFrame(MESSAGE, false), encoding), STATUS.ok);
    }
  });

  test("at flag 1 it is gzip, or nothing that we read", () => {
    assert.equal(statusOf(makeFrame(MESSAGE, true), "gzip"), STATUS.ok);
    for (const encoding of [undefined, "", "identity", "deflate", "GZIP", "gzip, gzip"]) {
      assert.equal(statusOf(makeFrame(MESSAGE, true), encoding), STATUS.invalidArgument, encoding);
    }
  });

  test("an empty message is a message", () => {
    assert.equal(statusOf(Buffer.alloc(5)), STATUS.ok);
    assert.equal(statusOf(Buffer.from("0100000000", "hex"), "gzip"), STATUS.invalidArgument);
  });
});

describe("what is not one frame is INVALID_ARGUMENT", () => {
  const frame = makeFrame(MESSAGE, false);
  const cases = {
    "no body": Buffer.alloc(0),
    "half a header": frame.subarray(0, 4),
    "a length beyond the body": frame.subarray(0, -1),
    "a length short of the body": Buffer.concat([frame, Buffer.alloc(1)]),
    "two frames": Buffer.concat([frame, frame]),
    "a frame and an empty one": Buffer.concat([frame, Buffer.alloc(5)]),
    "another flag": Buffer.from(frame).fill(2, 0, 1),
    "the flag of a trailer frame of gRPC-Web": Buffer.from(frame).fill(0x80, 0, 1),
    "a length of 4 GiB": Buffer.from("00ffffffff00", "hex"),
  };
  for (const [name, wire] of Object.entries(cases)) {
    test(name, () => assert.equal(statusOf(wire), STATUS.invalidArgument));
  }

  const member = gzipSync(MESSAGE);
  const payloads = {
    "flag 1 around plain bytes": MESSAGE,
    "flag 1 around half a member": member.subarray(0, -3),
    "two members": Buffer.concat([member, member]),
    "a member and an empty one": Buffer.concat([member, gzipSync("")]),
    "a member and zeros, which gunzip skips": Buffer.concat([member, Buffer.alloc(16)]),
    "a member with a wrong sum": Buffer.from(member).fill(0, member.length - 8, member.length - 4),
  };
  for (const [name, payload] of Object.entries(payloads)) {
    test(name, () => assert.equal(statusOf(encodeFrame(payload, true), "gzip"), STATUS.invalidArgument));
  }
});

describe("what is too large is RESOURCE_EXHAUSTED", () => {
  const largest = Buffer.alloc(PAYLOAD_BYTES_MAX);
  const larger = Buffer.alloc(PAYLOAD_BYTES_MAX + 1);

  test("as it came", () => {
    assert.equal(statusOf(makeFrame(largest, false)), STATUS.ok);
    assert.equal(statusOf(makeFrame(larger, false)), STATUS.resourceExhausted);
  });

  test("inflated", () => {
    assert.equal(statusOf(makeFrame(largest, true), "gzip"), STATUS.ok);
    assert.equal(statusOf(makeFrame(larger, true), "gzip"), STATUS.resourceExhausted);
  });

  test("a bomb: 10 MB in 10 KB", () => {
    const bomb = encodeFrame(gzipSync(Buffer.alloc(10_000_000)), true);
    assert.ok(bomb.length < FRAME_BYTES_MAX);
    assert.equal(statusOf(bomb, "gzip"), STATUS.resourceExhausted);
  });
});

describe("gzip of others", () => {
  // "hello world" by the libraries that clients use.
  const members = {
    "Go's compress/gzip: another system, and an empty block at the end":
      "1f8b08000000000000ffca48cdc9c95728cf2fca4901040000ffff85114a0d0b000000",
    "Python's gzip.compress at level 9": "1f8b0800000000000203cb48cdc9c95728cf2fca49010085114a0d0b000000",
    "one with a time": "1f8b08005d1c2e650203cb48cdc9c95728cf2fca49010085114a0d0b000000",
  };
  for (const [name, member] of Object.entries(members)) {
    test(name, () => {
      const opened = openFrame(encodeFrame(Buffer.from(member, "hex"), true), "gzip");
      assert.ok(opened.ok);
      assert.equal(Buffer.from(opened.value.message).toString(), "hello world");
    });
  }

  test("ours has no time, no extra flags, and Unix as its system, whatever it runs on", () => {
    assert.equal(makeFrame(MESSAGE, true).subarray(5, 15).toString("hex"), "1f8b0800000000000003");
  });
});
