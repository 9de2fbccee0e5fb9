import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalJson, type JsonValue, NotCanonicalError, parseCanonical } from "../../../core/canonical.ts";

const value = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.string({ unit: "binary" }),
    fc.array(tie("value")),
    fc.dictionary(fc.string({ unit: "binary" }), tie("value")),
  ),
})).value;

test("members are sorted by code units, nothing is spaced, strings are escaped as little as JSON allows", () => {
  assert.equal(
    canonicalJson({ b: [1, -2, true, null], a: 'é\n\u0001"/', B: {}, "": 0 }),
    '{"":0,"B":{},"a":"é\\n\\u0001\\"/","b":[1,-2,true,null]}',
  );
  // U+10000 sorts before U+FFFF by code unit and after it by code point: the case that sorters get wrong.
  assert.equal(canonicalJson({ "\uffff": 1, "\u{10000}": 2 }), '{"\u{10000}":2,"\uffff":1}');
  assert.equal(canonicalJson(-0), "0");
});

test("what has no canonical form is refused, not written somehow", () => {
  const sparse: unknown[] = [];
  sparse[1] = 1;
  const wrong: unknown[] = [undefined, 0.5, Number.NaN, Infinity, 2 ** 53, 1n, "\ud800", { a: undefined }, [undefined]];
  for (const each of [...wrong, sparse, new Map(), new Date(0), Buffer.from("a"), () => 1, Symbol("a")])
    assert.throws(() => canonicalJson(each as JsonValue), NotCanonicalError);
});

test("every value comes back from its canonical form, whatever order its members had", () => {
  fc.assert(
    fc.property(value, (one) => {
      const text = canonicalJson(one);
      assert.equal(canonicalJson(parseCanonical(text) as JsonValue), text);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(one)));
    }),
  );
});

test("any other way to write the same value is not parsed", () => {
  const others = [
    '{"a": 1}',
    '{"b":1,"a":1}',
    '{"a":1,"a":1}',
    "1.0",
    "1e3",
    "-0",
    "01",
    '"\\u0061"',
    '"\\/"',
    " 1",
    "1\n",
    "",
    "NaN",
    '"\ud800"',
    "\ufeff1",
    "{",
    "9007199254740993",
  ];
  for (const text of others) assert.equal(parseCanonical(text), undefined, text);
  assert.deepEqual(parseCanonical('{"a":1}'), { a: 1 });
});

test("a name that objects inherit is a name like any other", () => {
  const text = '{"__proto__":{"a":1},"constructor":2}';
  const parsed = parseCanonical(text);
  assert.notEqual(parsed, undefined);
  assert.equal(canonicalJson(parsed as JsonValue), text);
});
