import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { encodeFrame, parseFrame } from "../../proto/frame.ts";

describe("one frame", () => {
  test("encodes and parses the published GetCfg request", () => {
    const payload = Buffer.from(
      "0a300a09088080f9c0c1c4820312230a21034f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa",
      "hex",
    );
    assert.equal(encodeFrame(payload).toString("hex"), `0000000032${payload.toString("hex")}`);
  });

  test("comes back as it went, compressed or not, also out of the middle of a buffer", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (payload, compressed) => {
        const frame = encodeFrame(payload, compressed);
        const within = Buffer.concat([Buffer.alloc(3, 7), frame, Buffer.alloc(2)]).subarray(3, 3 + frame.length);
        const parsed = parseFrame(within);
        assert.ok(parsed.ok);
        assert.equal(parsed.value.compressed, compressed);
        assert.deepEqual(Buffer.from(parsed.value.payload), Buffer.from(payload));
      }),
    );
  });

  test("what is not exactly one is refused", () => {
    const codes = [
      "",
      "00",
      "00000000",
      "0000000001",
      "000000000000",
      "0200000000",
      "01ffffffff00",
      "00000000020000ff",
    ].map((hex) => {
      const parsed = parseFrame(Buffer.from(hex, "hex"));
      return parsed.ok ? "ok" : parsed.error.code;
    });
    assert.deepEqual(codes, [
      ...["frame_length", "frame_length", "frame_length", "frame_length", "frame_trailing", "frame_flag"],
      ...["frame_length", "frame_trailing"],
    ]);
  });

  test("any change of flag or length is refused", () => {
    const frame = encodeFrame(Buffer.from("payload"));
    for (let at = 0; at < 5; at++) {
      for (let value = 0; value < 256; value++) {
        const parsed = parseFrame(Uint8Array.from(frame).with(at, value));
        assert.equal(parsed.ok, value === frame[at] || (at === 0 && value === 1), `byte ${at} = ${value}`);
      }
    }
  });
});
