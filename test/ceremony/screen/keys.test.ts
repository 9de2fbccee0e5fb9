import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { faultOf, type Key, keysOf, letterOf } from "../../../ceremony/screen/keys.ts";

const kinds = (text: string | Uint8Array): string[] => keysOf(Buffer.from(text)).map(({ kind }) => kind);
const char = (key: Key): string => (key.kind === "char" ? String.fromCharCode(key.code) : `<${key.kind}>`);
const bytes = fc.uint8Array({ maxLength: 64 });

test("printable keys are themselves, in order", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii", maxLength: 40 }), (text) => {
      const keys = keysOf(Buffer.from(text));
      assert.equal(keys.map(char).join(""), text);
    }),
  );
});

test("any bytes are some keys, no more than there are bytes, and each of a known kind", () => {
  const known = [
    ...["char", "enter", "backspace", "escape", "tab", "interrupt", "note", "clear"],
    ...["foreign", "sequence", "control"],
  ];
  fc.assert(
    fc.property(bytes, (read) => {
      const before = Uint8Array.from(read);
      const keys = keysOf(read);
      assert.ok(keys.length <= read.length && (keys.length > 0 || read.length === 0));
      for (const key of keys) {
        assert.ok(known.includes(key.kind));
        if (key.kind === "char") assert.ok(key.code >= 0x20 && key.code <= 0x7e);
      }
      assert.deepEqual(read, before);
    }),
    { numRuns: 500 },
  );
});

test("however a read is split, printable keys stay what they are", () => {
  const printable = fc.uint8Array({ maxLength: 40, min: 0x20, max: 0x7e });
  fc.assert(
    fc.property(printable, fc.nat({ max: 40 }), (read, at) => {
      assert.deepEqual([...keysOf(read.subarray(0, at)), ...keysOf(read.subarray(at))], keysOf(read));
    }),
  );
});

test("a key with a sequence is one key, also before and after others", () => {
  const sequences = [
    "\x1b[A",
    "\x1b[1;5C",
    "\x1b[3~",
    "\x1b[15~",
    "\x1bOP",
    "\x1b[[A",
    "\x1b[200~",
    "\x1b[<0;1;1M",
    "\x1bw",
    "\x1b\r",
  ];
  for (const sequence of sequences) {
    assert.deepEqual(kinds(sequence), ["sequence"], JSON.stringify(sequence));
    assert.deepEqual(kinds(`a${sequence}1`), ["char", "sequence", "char"], JSON.stringify(sequence));
  }
  assert.deepEqual(kinds("\x1b"), ["escape"]);
  assert.deepEqual(kinds("\x1b\x1b"), ["escape", "escape"]);
  for (const cut of ["\x1b[", "\x1bO", "\x1b[1;", "\x1b[["])
    assert.deepEqual(kinds(cut), ["sequence"], JSON.stringify(cut));
});

test("a character beyond ASCII is one key, whatever it takes in UTF-8", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("ä", "ß", "€", "你", "😀"), { maxLength: 8 }), (letters) => {
      assert.deepEqual(
        kinds(letters.join("x")),
        letters.flatMap((_, at) => (at === 0 ? ["foreign"] : ["char", "foreign"])),
      );
    }),
  );
  assert.deepEqual(kinds(Uint8Array.of(0xe4, 0x61)), ["foreign", "char"], "Latin-1 too");
});

test("the keys with a name", () => {
  assert.deepEqual(kinds("\r\n\b\x7f\t\x03\x05\x15\x00\x1a"), [
    ...["enter", "enter", "backspace", "backspace", "tab", "interrupt", "note", "clear", "control", "control"],
  ]);
  // Which of the two it was: Ctrl-H is a slip for a capital H, too.
  assert.deepEqual(keysOf(Buffer.from("\b\x7f")), [{ kind: "backspace", ctrlH: true }, { kind: "backspace" }]);
});

test("the keys that no field takes are told apart", () => {
  const faults = keysOf(Buffer.from("aä\x1bOw\x00\x1b[A\t\r\x7f")).map(faultOf);
  assert.deepEqual(faults, [undefined, "foreign", "sequence", "control", "sequence", undefined, undefined, undefined]);
});

test("one-key answers are the same in either case, and named keys are no letters", () => {
  assert.deepEqual(keysOf(Buffer.from("aZ1\r")).map(letterOf), ["A", "Z", "1", undefined]);
});
