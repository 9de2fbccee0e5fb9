import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { constants, deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { gunzipOne } from "../../proto/gzip.ts";

const codeOf = (bytes: Uint8Array, max = 1000) => {
  const content = gunzipOne(bytes, max);
  return content.ok ? "ok" : content.error.code;
};

describe("one gzip member", () => {
  test("of any content and level", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.integer({ min: 0, max: 9 }), (content, level) => {
        const inflated = gunzipOne(gzipSync(content, { level }), 500);
        assert.ok(inflated.ok);
        assert.deepEqual(inflated.value, Buffer.from(content));
      }),
    );
  });

  test("as long as the limit, and not a byte more", () => {
    assert.equal(codeOf(gzipSync(Buffer.alloc(1000))), "ok");
    assert.equal(codeOf(gzipSync(Buffer.alloc(1001))), "gzip_size");
  });

  test("no byte may be missing, added or changed, but for time, extra flags and system", () => {
    // Stored, so that deflate has no bits of its own that nobody reads.
    const whole = gzipSync("the content of a member", { level: 0 });
    for (const length of whole.keys()) assert.equal(codeOf(whole.subarray(0, length)), "gzip_member", `${length}`);
    for (const more of [Buffer.alloc(1), whole, Buffer.alloc(100)]) {
      assert.equal(codeOf(Buffer.concat([whole, more])), "gzip_trailing");
    }
    const free = [...whole.keys()].filter((at) => codeOf(Uint8Array.from(whole).with(at, 0x55)) === "ok");
    assert.deepEqual(free, [4, 5, 6, 7, 8, 9]);
  });

  test("optional header fields are refused: nobody reads what is in them", () => {
    const body = gzipSync("content");
    const named = Buffer.concat([
      Uint8Array.from(body.subarray(0, 10)).with(3, 0x08),
      Buffer.from("name\0"),
      body.subarray(10),
    ]);
    assert.equal(codeOf(named), "gzip_member");
  });

  test("zlib's and raw deflate's forms are refused", () => {
    assert.equal(codeOf(deflateRawSync("content, long enough to be a member")), "gzip_member");
    assert.equal(codeOf(gzipSync("x".repeat(50), { finishFlush: constants.Z_SYNC_FLUSH })), "gzip_member");
  });
});
