import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { healthFailure } from "../../../ceremony/check/health.ts";
import { deviceNumbers, readNonblocking } from "../../../ceremony/host/machine.ts";
import { drawRandom, kernelSource } from "../../../ceremony/host/random.ts";
import { HEALTH_PROPORTION, HEALTH_REPETITIONS, HEALTH_WINDOW } from "../../../ceremony/limits.ts";
import { fail } from "../../../core/result.ts";

/** Bytes without runs: 0, 1, 2, … from `first`. */
const counting = (length: number, first = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index + first) & 0xff);
const OTHER = counting(1024, 1);

test("a draw is of the length asked for, and no two are the same", () => {
  const seen = new Set<string>();
  for (const length of [16, 32, 33, 512]) {
    const draw = drawRandom(length);
    assert.ok(draw.ok);
    assert.equal(draw.value.length, length);
    seen.add(draw.value.bytes.subarray(0, 16).toString("hex"));
  }
  assert.equal(seen.size, 4);
});

test("fewer than 16 bytes are not drawn: they may repeat by chance", () => {
  for (const length of [0, 15, 16.5, -1, Number.NaN]) assert.throws(() => drawRandom(length), RangeError);
});

test("another device, a file or nothing in the place of the generator is refused", () => {
  const folder = mkdtempSync(join(tmpdir(), "random-"));
  const file = join(folder, "random");
  writeFileSync(file, counting(1024));
  for (const path of ["/dev/zero", "/dev/full", "/dev/urandom", file])
    assert.deepEqual(drawRandom(32, kernelSource(path)), fail({ code: "random_not_kernel" }), path);
  for (const path of [join(folder, "missing"), folder.concat("/random/below")])
    assert.deepEqual(drawRandom(32, kernelSource(path)), fail({ code: "random_unavailable" }), path);
  rmSync(folder, { recursive: true });
});

test("a source that fails, stands still or repeats itself gives no secret", () => {
  for (const code of ["random_short", "random_not_seeded", "random_unavailable"] as const)
    assert.deepEqual(
      drawRandom(32, () => ({ code })),
      fail({ code }),
    );
  const unhealthy = (fill: (bytes: Buffer) => void) => {
    const drawn = drawRandom(32, (bytes) => void fill(bytes));
    return drawn.ok ? "drawn" : drawn.error.code === "random_unhealthy" ? drawn.error.test : drawn.error.code;
  };
  assert.equal(
    unhealthy(() => {}),
    "same_twice",
  );
  assert.equal(
    unhealthy((bytes) => bytes.set([...counting(32), ...counting(32)])),
    "same_twice",
  );
  assert.equal(
    unhealthy((bytes) => bytes.set([...counting(32), ...new Uint8Array(32)])),
    "repetition",
  );
  assert.equal(
    unhealthy((bytes) => bytes.set([...counting(32), ...counting(32, 5)])),
    "drawn",
  );
});

test("the buffer of a draw is wiped, the discarded block too", () => {
  let kept: Buffer | undefined;
  const drawn = drawRandom(32, (bytes) => {
    bytes.set([...counting(32), ...counting(32, 5)]);
    kept = bytes;
    return undefined;
  });
  assert.ok(drawn.ok && drawn.value.bytes.equals(counting(32)));
  assert.deepEqual(kept, Buffer.alloc(64));
});

test("repetition count: the cutoff is red, one less is not", () => {
  for (const at of [0, 100, 1024 - HEALTH_REPETITIONS]) {
    const stuck = counting(1024).fill(7, at, at + HEALTH_REPETITIONS);
    // One more may join from a neighbour that happens to be 7.
    assert.equal(healthFailure(stuck, OTHER), "repetition");
    assert.equal(healthFailure(OTHER, stuck), "repetition");
  }
  assert.equal(healthFailure(counting(1024).fill(200, 10, 10 + HEALTH_REPETITIONS - 1), OTHER), undefined);
});

test("adaptive proportion: the cutoff is red, one less is not", () => {
  const often = (times: number, window: number): Uint8Array => {
    // Each value twice a window already; the first one is put at more places, never two in a row.
    const bytes = counting(1024);
    for (let extra = 0; extra < times - 2; extra += 1) bytes[window * HEALTH_WINDOW + 4 + 2 * extra] = 0;
    return bytes;
  };
  for (const window of [0, 1]) {
    assert.equal(healthFailure(often(HEALTH_PROPORTION, window), OTHER), "proportion");
    assert.equal(healthFailure(OTHER, often(HEALTH_PROPORTION, window)), "proportion");
    assert.equal(healthFailure(often(HEALTH_PROPORTION - 1, window), OTHER), undefined);
  }
});

test("the kernel's generator passes 2,000 health tests", () => {
  for (let count = 0; count < 1000; count += 1) {
    const [first, second] = [readNonblocking("/dev/random", 1024), readNonblocking("/dev/random", 1024)];
    assert.ok(first.ok && second.ok);
    assert.equal(healthFailure(first.value, second.value), undefined);
  }
});

test("device numbers are unpacked as Linux packs them", () => {
  assert.deepEqual(deviceNumbers(0x108), { major: 1, minor: 8 });
  assert.deepEqual(deviceNumbers(0x109), { major: 1, minor: 9 });
  // makedev(0x123, 0x45678)
  assert.deepEqual(deviceNumbers(0x45612378), { major: 0x123, minor: 0x45678 });
});
