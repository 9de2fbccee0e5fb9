import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NETWORKS } from "../../../core/network.ts";
import { type BundlePayload, encodePayload, identityPath, parsePayload } from "../../../core/payload.ts";
import { Secret } from "../../../core/secret.ts";

const EXAMPLE: BundlePayload = {
  network: "regtest",
  mode: "rehearsal",
  nodeId: `02${"ab".repeat(32)}`,
  privateKey: Secret.copyOf(Buffer.from(Array.from({ length: 32 }, (_, at) => 8 * at))),
  ceremonyId: "node-2026-a",
};
const TEXT = `version 1
network regtest
mode rehearsal
node-id 02${"ab".repeat(32)}
path m/1017'/1'/6'/0/0
private-key 0008101820283038404850586068707880889098a0a8b0b8c0c8d0d8e0e8f0f8
ceremony-id node-2026-a
`;

const parsed = (text: string) => parsePayload(Buffer.from(text, "latin1"));

test("the encoding is this text", () => {
  assert.equal(encodePayload(EXAMPLE).bytes.toString("latin1"), TEXT);
  const key = Secret.copyOf(Buffer.alloc(31));
  assert.throws(() => encodePayload({ ...EXAMPLE, privateKey: key }), RangeError);
});

test("what is encoded is parsed, and what is parsed was encoded so", () => {
  const payload = fc.record({
    network: fc.constantFrom(...NETWORKS),
    mode: fc.constantFrom("rehearsal" as const, "production" as const),
    nodeId: fc.stringMatching(/^0[23][0-9a-f]{64}$/),
    privateKey: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(Secret.copyOf),
    ceremonyId: fc.stringMatching(/^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$/),
  });
  fc.assert(
    fc.property(payload, (value) => {
      const found = parsePayload(encodePayload(value).bytes);
      assert.ok(found.ok);
      assert.deepEqual({ ...found.value, privateKey: "" }, { ...value, privateKey: "" });
      assert.ok(found.value.privateKey.equals(value.privateKey));
    }),
  );
  fc.assert(
    fc.property(fc.nat(TEXT.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const bytes = Buffer.from(TEXT);
      bytes[at] = byte;
      const found = parsePayload(bytes);
      if (found.ok) assert.ok(encodePayload(found.value).bytes.equals(bytes));
    }),
    { numRuns: 2000 },
  );
});

test("each deviation is named", () => {
  const form = (field: string) => ({ ok: false, error: { code: "bundle_form", field } });
  const cases: [string, object][] = [
    [TEXT.replace("version 1", "version 2"), { ok: false, error: { code: "bundle_version" } }],
    [TEXT.replace("/1'/6'", "/0'/6'"), { ok: false, error: { code: "bundle_path" } }],
    [TEXT.replace("6'/0/0", "6'/0/1"), { ok: false, error: { code: "bundle_path" } }],
    [TEXT.replace("regtest", "regtest2"), form("network")],
    [TEXT.replace("mode rehearsal", "mode Rehearsal"), form("mode")],
    [TEXT.replace("node-id 02", "node-id 04"), form("node-id")],
    [TEXT.replace("e0e8f0f8", "E0E8F0F8"), form("private-key")],
    [TEXT.replace("e0e8f0f8", "e0e8f0"), form("private-key")],
    [TEXT.replace("node-2026-a", "-node"), form("ceremony-id")],
    [TEXT.replace("network", "Network"), form("network")],
    [TEXT.replace("mode rehearsal\n", ""), form("mode")],
    [TEXT.slice(0, -1), form("ceremony-id")],
    [`${TEXT}\n`, form("end")],
    [TEXT.replaceAll("\n", "\r\n"), { ok: false, error: { code: "bundle_version" } }],
    ["", form("version")],
  ];
  for (const [text, wanted] of cases) assert.deepEqual(parsed(text), wanted, text);
});

test("the path is lnd's, by network", () => {
  assert.equal(identityPath("mainnet"), "m/1017'/0'/6'/0/0");
  for (const network of ["testnet", "signet", "simnet", "regtest"] as const)
    assert.equal(identityPath(network), "m/1017'/1'/6'/0/0");
});
