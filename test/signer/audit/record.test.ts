import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseRecord } from "../../../signer/audit/parse.ts";
import {
  type AuditEntry,
  decisionLine,
  eventLine,
  isoTime,
  NO_PREV,
  recordLine,
} from "../../../signer/audit/record.ts";
import { makeLog, NOON, newSampleAuditKey, signedEntry } from "./sample.ts";

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });
const text = fc.string({ unit: "binary", maxLength: 300 });
const entry: fc.Arbitrary<AuditEntry> = fc.record(
  {
    client: text,
    method: text,
    frameDigest: digest,
    decision: fc.constantFrom("signed", "refused"),
    rule: text,
    signatureDigest: digest,
    nonce: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    addressIndex: fc.nat(),
    count: fc.integer({ min: 1, max: 1_000_000 }),
  },
  { requiredKeys: ["client", "method", "frameDigest", "decision"] },
);

test("whatever a client sends, its record is one line of printable ASCII that is read back as it was", () => {
  fc.assert(
    fc.property(entry, (one) => {
      const line = decisionLine(7, NO_PREV, isoTime(NOON), 5, one);
      assert.match(line, /^[ -~]+$/);
      assert.ok(line.length < 4200);
      const record = parseRecord(line);
      assert.ok(record.ok);
      assert.equal(recordLine(record.value), line);
      assert.ok("client" in record.value);
      assert.equal(record.value.frame, Buffer.from(one.frameDigest).toString("hex"));
      assert.equal(record.value.method, one.method.slice(0, 200));
      assert.equal(record.value.nonce, one.nonce?.toString());
    }),
  );
});

test("there is one way to write a record: every other is refused", () => {
  const line = decisionLine(7, NO_PREV, isoTime(NOON), 5, signedEntry(1));
  assert.ok(parseRecord(line).ok);
  const others = [
    line.replace('{"seq"', '{ "seq"'),
    line.replace('"seq":7', '"seq":7.0'),
    line.replace('"seq":7', '"seq":"7"'),
    line.replace('"seq":7', '"seq":0'),
    line.replace('"seq":7,', '"seq":7,"seq":7,'),
    line.replace(/}$/, ',"more":1}'),
    line.replace('"decision":"signed"', '"decision":"other"'),
    line.replace('"client":"lsp"', '"client":"\\u006csp"'),
    line.replace("2026-11-22", "2026-13-22"),
    line.replace(NO_PREV, NO_PREV.replace("0", "A")),
    line.replace(/"nonce":"\d+"/, '"nonce":"01"'),
    line.replace(/"client":"lsp",("method":"[^"]*")/, '$1,"client":"lsp"'),
    line.replace(/,"frame":"[0-9a-f]*"/, ""),
    `${line} `,
    line.slice(0, -1),
    "",
    "null",
    "[]",
    "{}",
    '{"event":"toString"}',
  ];
  for (const other of others) {
    assert.notEqual(other, line);
    assert.equal(parseRecord(other).ok, false, other);
  }
});

test("events are read back as they were written", () => {
  const head = { seq: 9, prev: NO_PREV, time: isoTime(NOON), batch: 9 };
  const events = [
    { ...head, event: "start", cut: 0 },
    { ...head, event: "start", cut: 12, torn: "ab".repeat(32) },
    { ...head, event: "archive", through: 8, head: "cd".repeat(32) },
    { ...head, event: "address", next: 12 },
    { ...head, event: "clock", to: NOON },
    { ...head, event: "note", text: 'paused by "admin"\n' },
  ] as const;
  for (const event of events) assert.deepEqual(parseRecord(eventLine(event)), { ok: true, value: event });
  const [first = ""] =
    makeLog([[2]], newSampleAuditKey())[0]
      ?.bytes.toString("latin1")
      .split("\n") ?? [];
  const checkpoint = parseRecord(first);
  assert.ok(checkpoint.ok && "event" in checkpoint.value && checkpoint.value.event === "checkpoint");
  assert.equal(checkpoint.value.signature?.length, 128);
});
