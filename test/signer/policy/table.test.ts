import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { DescMessage } from "@bufbuild/protobuf";
import { ELEMENTS_MAX, MESSAGE_BYTES } from "../../../proto/bounds.ts";
import { FRAME_BYTES_MAX } from "../../../proto/frame.ts";
import { decide } from "../../../signer/policy/decide.ts";
import { explain, policyTable, whatIsOff } from "../../../signer/policy/explain.ts";
import * as limits from "../../../signer/policy/limits.ts";
import { SIGNED_METHODS } from "../../../signer/policy/methods.ts";
import { DEFAULT_POLICY } from "../../../signer/policy/settings.ts";
import { POLICY_RULES } from "../../../signer/policy/table.ts";
import { ROOT } from "../../tools/sources.ts";
import { POLICY_REFUSALS } from "./refusals.ts";
import { cfgSuccess, context, item, NETWORK, NOW_MS, SAMPLE_NODE_ID, WITH_MEANING } from "./samples.ts";

const DOCS = readFileSync(join(ROOT, "docs", "policy.md"), "utf8");

describe("every rule refuses", () => {
  for (const { rule, what, item, context: given } of POLICY_REFUSALS) {
    test(`${rule}: ${what}`, () => {
      const at = given ?? context();
      const decision = decide(item, at);
      assert.equal(decision.kind === "refuse" ? decision.rule : decision.kind, rule);
      const verdicts = explain(item, at).rules.filter(({ outcome }) => outcome === "refuse");
      assert.equal(verdicts[0]?.id, rule, "explain names the same rule first");
    });
  }

  test("form.encoding: what the walk takes and the library does not", () => {
    // No message of the contract is known that does it (test/proto/canonical.test.ts has one of another contract).
    const rule = POLICY_RULES.find(({ id }) => id === "form.encoding");
    const form = { broken: { rule: "form.encoding" as const }, message: undefined };
    assert.equal(rule?.refuses({ item: item(cfgSuccess(), "GetCfg"), context: context(), form }), true);
  });
});

test("what was not read is not signed, should the rules before ever let it through", () => {
  const rule = POLICY_RULES.find(({ id }) => id === "content.ctx");
  const subject = { item: item(cfgSuccess(), "GetCfg"), context: context() };
  for (const form of [undefined, { broken: undefined, message: undefined }]) {
    assert.equal(rule?.refuses({ ...subject, form }), true);
  }
});

describe("three lists: rules, tests, docs", () => {
  test("every rule has a test, every test a rule", () => {
    const tested = new Set([...POLICY_REFUSALS.map(({ rule }) => rule), "form.encoding"]);
    assert.deepEqual([...tested].sort(), POLICY_RULES.map(({ id }) => id).sort());
  });

  test("the docs have every rule with its reason, in the table's order", () => {
    const rows = [...DOCS.matchAll(/^\| `([a-z]+\.[a-z-]+)` \| (\w+) \| (.+?) \|/gm)].map(([, ...cells]) => cells);
    assert.deepEqual(
      rows,
      POLICY_RULES.map(({ id, profile, reason }) => [id, profile, reason]),
    );
  });

  test("the docs have every limit with its value", () => {
    const rows = [...DOCS.matchAll(/^\| `([A-Z_]+)` \| ([\d,]+) \|/gm)].map(([, name, value]) => [
      name,
      Number(value?.replaceAll(",", "")),
    ]);
    const numbers = Object.entries({ FRAME_BYTES_MAX, ...limits }).map(([name, value]) => [name, Number(value)]);
    assert.deepEqual(Object.fromEntries(rows), Object.fromEntries(numbers));
  });

  test("the docs have the bound of every message, and the code has one for every message and list", () => {
    const rows = [...DOCS.matchAll(/^\| `(BtcLsp\.[\w.]+)` \| ([\d,]+) \|/gm)].map(([, name, value]) => [
      name,
      Number(value?.replaceAll(",", "")),
    ]);
    assert.deepEqual(Object.fromEntries(rows), MESSAGE_BYTES);
    const messages = [...SIGNED_METHODS.values()].flatMap(({ request, response }) => [request, response]);
    assert.deepEqual(messages.map(({ typeName }) => typeName).sort(), Object.keys(MESSAGE_BYTES).sort());
    const lists = new Set(messages.flatMap(listsIn));
    assert.deepEqual([...lists].sort(), Object.keys(ELEMENTS_MAX).sort());
  });

  test("ids are unique, and reasons too", () => {
    assert.equal(new Set(POLICY_RULES.map(({ id }) => id)).size, POLICY_RULES.length);
    assert.equal(new Set(POLICY_RULES.map(({ reason }) => reason)).size, POLICY_RULES.length);
  });
});

describe("explain", () => {
  const outcomes = (it: ReturnType<typeof item>, at = context()) =>
    Object.fromEntries(explain(it, at).rules.map(({ id, outcome }) => [id, outcome]));

  test("a frame that is signed: all that is on has passed, and the message is shown", () => {
    const good = item(cfgSuccess(), "GetCfg");
    const { decision, rules, message } = explain(good, context(WITH_MEANING));
    assert.equal(decision.kind, "sign");
    assert.deepEqual([...new Set(rules.map(({ outcome }) => outcome))], ["pass"]);
    assert.match(message ?? "", /"host": \{\s*"val": "127\.0\.0\.1"/);
    assert.equal(outcomes(good)["meaning.address"], "off");
  });

  test("after a fault of the frame nothing of the message is judged", () => {
    const found = outcomes({ ...item(cfgSuccess(), "GetCfg"), frame: Buffer.alloc(32) });
    assert.deepEqual(
      ["ask.method", "form.domain", "form.hash-length", "form.flag", "form.varint", "content.ctx"].map(
        (id) => found[id],
      ),
      ["pass", "pass", "refuse", "not-judged", "not-judged", "not-judged"],
    );
  });

  test("a fault of the message says where it is", () => {
    const broken = POLICY_REFUSALS.find(({ rule }) => rule === "form.enum");
    const [verdict] = explain(broken!.item, context()).rules.filter(({ outcome }) => outcome === "refuse");
    assert.match(verdict?.reason ?? "", /\(byte 55, in BtcLsp\.Data\.HighLevel\.InputFailure\)$/);
  });

  test("an unknown method: the frame is judged, its message is not", () => {
    const found = outcomes({ ...item(cfgSuccess(), "GetCfg"), method: "/BtcLsp.Service/Other" });
    assert.deepEqual(
      ["ask.method", "form.flag", "form.gzip-size", "form.varint", "content.ctx", "content.node"].map(
        (id) => found[id],
      ),
      ["refuse", "pass", "pass", "not-judged", "not-judged", "not-judged"],
    );
  });

  test("more than one refusal is shown", () => {
    const old = { ...context(), nowMs: NOW_MS + 3_600_000, nodeId: `02${"11".repeat(32)}` };
    const found = outcomes(item(cfgSuccess(), "GetCfg"), old);
    assert.deepEqual(
      ["content.key", "content.nonce-clock", "content.node"].map((id) => found[id]),
      ["refuse", "refuse", "refuse"],
    );
  });
});

/** Every repeated field below a message, by its full name. */
function listsIn(desc: DescMessage): string[] {
  return desc.fields.flatMap((field) => [
    ...(field.fieldKind === "list" ? [`${desc.typeName}.${field.name}`] : []),
    ...(field.message === undefined ? [] : listsIn(field.message)),
  ]);
}

test("what is off is said", () => {
  assert.match(whatIsOff(DEFAULT_POLICY).join(), /^meaning is off/);
  assert.deepEqual(whatIsOff(WITH_MEANING), []);
  assert.match(whatIsOff(DEFAULT_POLICY).join(), /in this rehearsal any host/);
  assert.match(whatIsOff({ ...WITH_MEANING, advertised: undefined }).join(), /no GetCfg success will be signed/);
  assert.match(whatIsOff({ ...WITH_MEANING, profiles: ["response", "request"] }).join(), /client of another LSP/);
});

test("the printed table has a line for each rule", () => {
  const lines = policyTable(DEFAULT_POLICY).trimEnd().split("\n");
  assert.equal(lines.length, POLICY_RULES.length);
  assert.ok(lines.every((line) => line.length <= 120));
  assert.match(lines.find((line) => line.startsWith("meaning.address")) ?? "", / off /);
  assert.match(policyTable(WITH_MEANING), /meaning\.address +on /);
});

test("the samples are of one wallet", () => {
  assert.match(SAMPLE_NODE_ID, /^0[23][0-9a-f]{64}$/);
  assert.equal(NETWORK, "regtest");
});
