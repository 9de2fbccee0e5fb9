import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { commitOutput, commitShare } from "../../../ceremony/mix/commitment.ts";
import { expandLabel, type MixInput, type MixLabel, mixSeed } from "../../../ceremony/mix/mixer.ts";
import { Secret } from "../../../core/secret.ts";
import { CONFIG, fromHex, hexOf, mixInput, type Opened, VECTORS } from "./vectors.ts";

const sha256 = (hex: string) => createHash("sha256").update(Buffer.from(hex, "hex")).digest("hex");

/** All that the formula gives, as one comparable value a name. */
function outputs(opened: Opened) {
  const input = mixInput(opened);
  const { entropy, salt } = mixSeed(input);
  return {
    commitment: commitShare(input),
    entropy: hexOf(entropy),
    salt: hexOf(salt),
    outputCommitment: commitOutput({ ...input, entropy, salt }),
  };
}

for (const { name, opened, steps, expected, labels } of VECTORS) {
  test(`vector: ${name}`, () => {
    assert.deepEqual(outputs(opened), expected);
    for (const label of Object.keys(labels) as (keyof typeof labels)[]) {
      const length = labels[label].length / 2;
      assert.equal(hexOf(expandLabel(mixInput(opened), label, length)), labels[label], label);
    }
    assert.equal(sha256(steps.commitmentInput), expected.commitment);
    assert.equal(sha256(steps.outputInput), expected.outputCommitment);
    const extract = createHmac("sha256", Buffer.from(steps.hkdfSalt, "hex"));
    assert.equal(extract.update(Buffer.from(steps.keyMaterial, "hex")).digest("hex"), steps.pseudorandomKey);
  });
}

test("the first vector has the hash of a configuration", () => {
  assert.equal(createHash("sha256").update(CONFIG).digest("hex"), VECTORS[0]?.opened.configHash);
});

const hex32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex"));
const throws = fc.array(fc.constantFrom("1", "2", "3", "4", "5", "6"), { minLength: 64, maxLength: 128 });
const openedRound: fc.Arbitrary<Opened> = fc.record({
  ceremonyId: fc.string({ unit: "grapheme", minLength: 1, maxLength: 32 }),
  round: fc.integer({ min: 1, max: 255 }),
  machineShare: hex32,
  blind: hex32,
  dice: throws.map((faces) => faces.join("")),
  configHash: hex32,
});

const flip = (hex: string, byte: number, by: number) => {
  const bytes = Buffer.from(hex, "hex");
  bytes[byte] = (bytes[byte] ?? 0) ^ by;
  return bytes.toString("hex");
};

test("one byte of the share changes the commitment, the entropy and the salt", () => {
  fc.assert(
    fc.property(openedRound, fc.nat(31), fc.integer({ min: 1, max: 255 }), (opened, byte, by) => {
      const before = outputs(opened);
      const after = outputs({ ...opened, machineShare: flip(opened.machineShare, byte, by) });
      for (const name of Object.keys(before) as (keyof typeof before)[])
        assert.notEqual(after[name], before[name], name);
    }),
  );
});

test("one die changes the entropy and the salt, and not the commitment made before", () => {
  fc.assert(
    fc.property(openedRound, fc.nat(127), fc.integer({ min: 1, max: 5 }), (opened, place, by) => {
      const at = place % opened.dice.length;
      const face = ((Number(opened.dice[at]) - 1 + by) % 6) + 1;
      const before = outputs(opened);
      const after = outputs({ ...opened, dice: `${opened.dice.slice(0, at)}${face}${opened.dice.slice(at + 1)}` });
      assert.equal(after.commitment, before.commitment);
      assert.notEqual(after.entropy, before.entropy);
      assert.notEqual(after.salt, before.salt);
    }),
  );
});

test("the configuration and the ceremony's id change the entropy and the salt", () => {
  fc.assert(
    fc.property(openedRound, fc.nat(31), (opened, byte) => {
      const before = outputs(opened);
      const changed = [
        { ...opened, configHash: flip(opened.configHash, byte, 1) },
        { ...opened, ceremonyId: `${opened.ceremonyId}-` },
      ];
      for (const other of changed.map(outputs)) {
        assert.notEqual(other.entropy, before.entropy);
        assert.notEqual(other.salt, before.salt);
      }
    }),
  );
});

test("the round and the blind change both commitments and nothing of the seed", () => {
  fc.assert(
    fc.property(openedRound, fc.nat(31), (opened, byte) => {
      const before = outputs(opened);
      const changed = [
        { ...opened, round: (opened.round % 255) + 1 },
        { ...opened, blind: flip(opened.blind, byte, 1) },
      ];
      for (const other of changed.map(outputs)) {
        assert.notEqual(other.commitment, before.commitment);
        assert.notEqual(other.outputCommitment, before.outputCommitment);
        assert.equal(other.entropy, before.entropy);
        assert.equal(other.salt, before.salt);
      }
    }),
  );
});

test("labels separate: no output is another's beginning, whatever the length", () => {
  const labels: MixLabel[] = ["aezeed-entropy", "aezeed-salt", "bundle-file-key", "bundle-nonce", "bundle-ephemeral"];
  fc.assert(
    fc.property(openedRound, (opened) => {
      const starts = labels.map((label) => hexOf(expandLabel(mixInput(opened), label, 8)));
      assert.equal(new Set(starts).size, labels.length);
    }),
  );
});

test("no byte moves between the id and what follows it: the commitments differ", () => {
  const id = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 31 });
  const following = fc.uint8Array({ minLength: 66, maxLength: 66, min: 1, max: 127 });
  fc.assert(
    fc.property(id, following, (ceremonyId, bytes) => {
      // The same bytes after the domain string, read with the shorter id and with one that has taken the next byte.
      const read = (name: string, from: number) =>
        commitShare({
          ceremonyId: name,
          round: bytes[from] ?? 0,
          share: Secret.copyOf(bytes.subarray(from + 1, from + 33)),
          blind: Secret.copyOf(
            Buffer.concat([bytes.subarray(from + 33, from + 65), Buffer.alloc(from)]).subarray(0, 32),
          ),
        });
      assert.notEqual(read(ceremonyId, 0), read(`${ceremonyId}${String.fromCharCode(bytes[0] ?? 0)}`, 1));
    }),
  );
});

test("what has the wrong width or is no throw is a mistake of the program and throws", () => {
  const opened = VECTORS[0]?.opened;
  assert.ok(opened);
  const input = mixInput(opened);
  const digits = (text: string) => Secret.copyOf(Buffer.from(text, "ascii"));
  const bad: [string, Partial<MixInput>][] = [
    ["short share", { share: fromHex("00".repeat(31)) }],
    ["long share", { share: fromHex("00".repeat(33)) }],
    ["no dice", { dice: digits("") }],
    ["63 throws", { dice: digits("123456".repeat(11).slice(0, 63)) }],
    ["129 throws", { dice: digits("123456".repeat(22).slice(0, 129)) }],
    ["a zero", { dice: digits(`0${opened.dice.slice(1)}`) }],
    ["a seven", { dice: digits(`7${opened.dice.slice(1)}`) }],
    ["faces as numbers", { dice: Secret.copyOf(Buffer.alloc(64, 1)) }],
    ["round 0", { round: 0 }],
    ["round 256", { round: 256 }],
    ["a fraction of a round", { round: 1.5 }],
    ["no id", { ceremonyId: "" }],
    ["half a character", { ceremonyId: "a\ud83c" }],
    ["a short hash", { configHash: "00" }],
    ["a hash in capitals", { configHash: "AB".repeat(32) }],
  ];
  for (const [name, part] of bad) assert.throws(() => mixSeed({ ...input, ...part }), RangeError, name);
  assert.throws(() => commitShare({ ...input, blind: fromHex("00".repeat(16)) }), RangeError);
  assert.throws(
    () => commitOutput({ ...input, entropy: fromHex("00".repeat(32)), salt: fromHex("00".repeat(5)) }),
    RangeError,
  );
  assert.throws(
    () => commitOutput({ ...input, entropy: fromHex("00".repeat(16)), salt: fromHex("00".repeat(6)) }),
    RangeError,
  );
});

test("the inputs stay with the caller, unchanged", () => {
  const [vector] = VECTORS;
  assert.ok(vector);
  const input = mixInput(vector.opened);
  mixSeed(input);
  commitShare(input);
  assert.equal(hexOf(input.share), vector.opened.machineShare);
  assert.equal(hexOf(input.blind), vector.opened.blind);
  assert.equal(input.dice.bytes.toString("ascii"), vector.opened.dice);
});
