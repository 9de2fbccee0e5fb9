import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkpointLine } from "../../../signer/audit/checkpoint.ts";
import { parseRecord } from "../../../signer/audit/parse.ts";
import { recordHash, recordLine } from "../../../signer/audit/record.ts";
import { type AuditWitness, type SegmentBytes, verifyLog } from "../../../signer/audit/verify.ts";
import { makeLog, newSampleAuditKey } from "./sample.ts";

const key = newSampleAuditKey();
const LOG = makeLog(
  [
    [5, 1, 9],
    [3, 20, 2],
    [4, 4],
  ],
  key,
);
const LINES = LOG.flatMap(({ number, bytes }) =>
  bytes
    .toString("latin1")
    .trimEnd()
    .split("\n")
    .map((line, i) => ({ number, line, at: i + 1 })),
);
const WITNESS: AuditWitness = { seq: LINES.length, head: recordHash(LINES.at(-1)?.line ?? "") };

/** The log of other lines, each in the segment where it was. */
function logOf(lines: readonly { number: number; line: string }[]): SegmentBytes[] {
  const numbers = [...new Set(lines.map(({ number }) => number))];
  return numbers.map((number) => {
    const own = lines.filter((one) => one.number === number).map(({ line }) => `${line}\n`);
    return { number, bytes: Buffer.from(own.join(""), "latin1") };
  });
}

/** Index of the first record of the last write: four decisions and a checkpoint. */
const LAST_WRITE = LINES.length - 5;

const anyLine = fc.nat({ max: LINES.length - 1 });

test("the log as it was written verifies, with key and witness, and says how far it is signed", () => {
  const verdict = verifyLog(LOG, { key: key.publicKey, witnesses: [WITNESS] });
  assert.equal(verdict.flaw, undefined);
  assert.equal(verdict.records, LINES.length);
  assert.deepEqual(verdict.last, WITNESS);
  assert.ok(verdict.signedTo > 40 && verdict.signedTo <= LINES.length);
});

test("any changed byte is found, at its record or the one after", () => {
  fc.assert(
    fc.property(anyLine, fc.nat(), fc.integer({ min: 1, max: 255 }), (n, where, change) => {
      const lines = LINES.map((one) => ({ ...one }));
      const one = lines[n];
      assert.ok(one);
      const bytes = Buffer.from(one.line, "latin1");
      const i = where % bytes.length;
      bytes[i] = (bytes[i] ?? 0) ^ change;
      one.line = bytes.toString("latin1");
      const { flaw } = verifyLog(logOf(lines), { key: key.publicKey, witnesses: [WITNESS] });
      assert.ok(flaw !== undefined);
      // A line end within a record makes two of it; a record that is still one is found by the next one's hash.
      const next = LINES[n + 1] ?? one;
      const places = [`${one.number}:${one.at}`, `${next.number}:${next.at}`];
      // In the last write a record that seems to break off is what a crash leaves; the witness knows that it did not.
      const before = LINES[n - 1];
      if (flaw.code === "witness_beyond" && n >= LAST_WRITE && before !== undefined)
        places.push(`${before.number}:${before.at}`);
      assert.ok(places.includes(`${Number.parseInt(flaw.segment, 10)}:${flaw.line}`), JSON.stringify(flaw));
    }),
    { numRuns: 400 },
  );
});

test("any dropped, doubled or swapped record is found", () => {
  fc.assert(
    fc.property(anyLine, anyLine, fc.constantFrom("drop", "double", "swap"), (a, b, way) => {
      fc.pre(way !== "swap" || a !== b);
      fc.pre(way !== "drop" || a < LINES.length - 1);
      const lines = LINES.map((one) => ({ ...one }));
      const [one, other] = [lines[a], lines[b]];
      assert.ok(one && other);
      if (way === "drop") lines.splice(a, 1);
      if (way === "double") lines.splice(a, 0, one);
      if (way === "swap") [one.line, other.line] = [other.line, one.line];
      assert.ok(verifyLog(logOf(lines)).flaw !== undefined);
    }),
    { numRuns: 300 },
  );
});

test("a tail that was cut off is found by the witness, and by nothing else", () => {
  for (let kept = 1; kept < LINES.length; kept++) {
    const cut = logOf(LINES.slice(0, kept));
    const alone = verifyLog(cut);
    assert.equal(alone.flaw, undefined, `${kept}`);
    assert.equal(verifyLog(cut, { witnesses: [WITNESS] }).flaw?.code, "witness_beyond");
  }
});

test("a chain that was rewritten from some record on is found by the key up to the last checkpoint, and by the witness", () => {
  const signedTo = verifyLog(LOG, { key: key.publicKey }).signedTo;
  for (let from = 2; from < LINES.length; from += 3) {
    const rewritten = logOf(rewrite(from));
    assert.equal(verifyLog(rewritten).flaw, undefined, "without key and witness nobody can tell");
    assert.equal(verifyLog(rewritten, { witnesses: [WITNESS] }).flaw?.code, "witness_differs");
    const { flaw } = verifyLog(rewritten, { key: key.publicKey });
    if (from < signedTo) assert.equal(flaw?.code, "checkpoint_signature");
    else assert.equal(flaw, undefined);
  }
});

test("a chain rewritten and signed with another key, or with none, is found", () => {
  const other = newSampleAuditKey();
  assert.equal(
    verifyLog(logOf(rewrite(1, other.publicKey)), { key: key.publicKey }).flaw?.code,
    "checkpoint_signature",
  );
  const unsigned = makeLog([[5, 1, 9], [3]]);
  assert.equal(verifyLog(unsigned).flaw, undefined);
  assert.equal(verifyLog(unsigned, { key: key.publicKey }).flaw?.code, "checkpoint_none");
});

test("a long tail without any signature is not what a signer leaves", () => {
  const [log] = makeLog([[4200]], key);
  assert.ok(log);
  assert.equal(verifyLog([log], { key: key.publicKey }).flaw, undefined);
  const bytes = log.bytes.subarray(0, log.bytes.lastIndexOf('{"seq"'));
  assert.equal(verifyLog([{ number: 1, bytes }]).flaw, undefined);
  assert.equal(verifyLog([{ number: 1, bytes }], { key: key.publicKey }).flaw?.code, "checkpoint_overdue");
});

test("segments that are gone, in the middle or before the first, or in another order are found", () => {
  const [one, two, three] = LOG;
  assert.ok(one && two && three);
  assert.equal(verifyLog([one, three]).flaw?.code, "segment_missing");
  assert.equal(verifyLog([one, three]).flaw?.segment, "00000002.jsonl");
  assert.equal(verifyLog([two, three]).flaw?.code, "segment_missing");
  assert.equal(verifyLog([two, three]).flaw?.segment, "00000001.jsonl");
  const swapped = [one, { number: 2, bytes: three.bytes }, { number: 3, bytes: two.bytes }];
  assert.ok(verifyLog(swapped).flaw !== undefined);
});

test("filler behind the last record is no flaw, and records behind filler are one", () => {
  const [one, two, three] = LOG;
  assert.ok(one && two && three);
  const filler = Buffer.alloc(1000, "\n");
  const filled = { number: 3, bytes: Buffer.concat([three.bytes, filler]) };
  assert.equal(verifyLog([one, two, filled, { number: 4, bytes: filler }]).flaw, undefined);
  assert.equal(
    verifyLog([one, { number: 2, bytes: filler }, { number: 3, bytes: two.bytes }]).flaw?.code,
    "record_form",
  );
});

test("sums of a checkpoint that the records do not give are found without any key", () => {
  const lines = LINES.map((one) => ({ ...one }));
  const at = lines.findLastIndex(({ line }) => line.includes('"event":"checkpoint"'));
  const one = lines[at];
  assert.ok(one);
  one.line = one.line.replace(/"nonce":"\d+"/, '"nonce":"99999999"');
  assert.equal(verifyLog(logOf(lines.slice(0, at + 1))).flaw?.code, "checkpoint_state");
});

/** The log with the decision of one record turned, and every hash after it made anew; checkpoints keep their signature. */
function rewrite(from: number, newKeyHex?: string): { number: number; line: string }[] {
  let prev = "";
  return LINES.map(({ number, line }, i) => {
    const parsed = parseRecord(line);
    assert.ok(parsed.ok);
    let record = parsed.value;
    if (i > 0) record = { ...record, prev };
    if (i >= from - 1 && "client" in record) record = { ...record, rule: "rewritten" };
    if ("event" in record && record.event === "checkpoint" && newKeyHex !== undefined) {
      const { key: _key, signature: _signature, ...rest } = record;
      const text = checkpointLine(rest, { ...newSampleAuditKey(), publicKey: newKeyHex });
      prev = recordHash(text);
      return { number, line: text };
    }
    const text = recordLine(record);
    prev = recordHash(text);
    return { number, line: text };
  });
}
