import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { base64, base64nopad } from "@scure/base";
import fc from "fast-check";
import {
  acceptsGzip,
  decodeBinary,
  decodeMessage,
  encodeBinary,
  encodeMessage,
  parseTimeout,
} from "../../../lsp/wire/metadata.ts";

describe("a binary header", () => {
  test("comes back, with padding and without", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const value = encodeBinary(bytes);
        assert.deepEqual(decodeBinary(value), Buffer.from(bytes));
        assert.deepEqual(decodeBinary(value.replaceAll("=", "")), Buffer.from(bytes));
      }),
    );
  });

  test("out of the middle of a buffer too", () => {
    assert.equal(encodeBinary(Buffer.from("xxhixx").subarray(2, 4)), "aGk=");
  });

  test("is what a strict decoder takes, padded or not, and nothing else", () => {
    const decoders = [base64, base64nopad];
    const text = fc.string({ unit: fc.constantFrom(..."ABQg019+/=-_, \n\0é"), maxLength: 9 });
    fc.assert(
      fc.property(text, (value) => {
        const expected = decoders.flatMap((decoder) => {
          try {
            return [Buffer.from(decoder.decode(value))];
          } catch {
            return [];
          }
        });
        assert.deepEqual(decodeBinary(value), expected[0]);
      }),
      { numRuns: 5000 },
    );
  });

  const refused = {
    "the URL alphabet": "-_-_",
    "two values": "aGk=,aGk=",
    "two values without padding": "aGhp,aGhp",
    "a space before it": " aGk=",
    "half of the padding": "aA=",
    "too much padding": "aGk==",
    "padding alone": "=",
    "bits that belong to no byte": "aGl=",
    "a lone character": "a",
    "a line break, as in MIME": "aGho\naGho",
  };
  for (const [name, value] of Object.entries(refused)) {
    test(`refuses ${name}`, () => assert.equal(decodeBinary(value), undefined));
  }

  test("none is none, and an empty one is empty", () => {
    assert.equal(decodeBinary(undefined), undefined);
    assert.deepEqual(decodeBinary(""), Buffer.alloc(0));
  });
});

describe("grpc-timeout", () => {
  const taken: Record<string, number> = {
    "1H": 3_600_000,
    "2M": 120_000,
    "3000S": 3_000_000,
    "250m": 250,
    "1500u": 1.5,
    "2000000n": 2,
    "1n": 1e-6,
    "0m": 0,
    "00000001S": 1000,
    "99999999H": 359_999_996_400_000,
  };
  for (const [value, ms] of Object.entries(taken)) {
    test(value, () => assert.equal(parseTimeout(value), ms));
  }

  test("anything else is none", () => {
    const none = [
      "",
      "1",
      "S",
      "1s",
      "1h",
      "123456789S",
      "-1S",
      "+1S",
      "1.5S",
      " 1S",
      "1S ",
      "1S,1S",
      "1S\n",
      "0x1S",
      "١S",
    ];
    for (const value of [undefined, ...none]) assert.equal(parseTimeout(value), undefined, value);
  });
});

test("gzip is accepted where the list has it", () => {
  // grpc-core, grpc-js, grpc-go, the original's client, and one that repeats itself.
  const yes = ["identity, deflate, gzip", "identity,deflate,gzip", "gzip", "identity,gzip", "gzip,gzip", "\tgzip ,x"];
  const no = [undefined, "", "identity", "identity,deflate", "x-gzip", "gzip2", "GZIP", "gzip;q=1", "gz ip"];
  assert.deepEqual(yes.filter(acceptsGzip), yes);
  assert.deepEqual(no.filter(acceptsGzip), []);
});

describe("grpc-message", () => {
  test("what is in the range stays, all else is UTF-8 in percents", () => {
    const sentences = {
      "": "",
      "plain, with a space: ~!": "plain, with a space: ~!",
      "100%": "100%25",
      "naïve ☃ 😀": "na%C3%AFve %E2%98%83 %F0%9F%98%80",
      "two\r\nlines\t\0\x7f": "two%0D%0Alines%09%00%7F",
      " at both ends ": "%20at both ends%20",
      " ": "%20",
      "a half \ud83d": "a half %EF%BF%BD",
    };
    for (const [text, value] of Object.entries(sentences)) assert.equal(encodeMessage(text), value);
  });

  test("any text is a field value of HTTP/2, and comes back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const value = encodeMessage(text);
        assert.match(value, /^(?! )[ -~]*(?<! )$/);
        assert.equal(decodeMessage(value), text.toWellFormed());
        // How grpc-js reads it.
        assert.equal(decodeURIComponent(value), text.toWellFormed());
      }),
    );
  });

  test("of others is read as far as it can be, and never an error", () => {
    const values = { "100%": "100%", "%zz%4": "%zz%4", "%e2%98%83": "☃", "%ff!": "\ufffd!", "a%41%": "aA%", "☃": "☃" };
    for (const [value, text] of Object.entries(values)) assert.equal(decodeMessage(value), text);
  });
});
