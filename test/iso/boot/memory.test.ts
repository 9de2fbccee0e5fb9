import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readFont } from "../../rehearsal/font.ts";
import { CONSOLE_FONT } from "../../tools/list.ts";
import { needs } from "../../tools/need.ts";
import { bootNeedles, searchDump, searchPicture } from "./memory.ts";

// A search that finds nothing proves something only if it would have found it. So here everything that it is there for is
// planted in memory, at odd places, and found.

const WORDS =
  "zoo abstract cat dinosaur legal marble thank pigeon wave sausage novel bracket elephant robot crystal act shield noble tiger inside yellow cat umbrella mimic".split(
    " ",
  );
const SECRETS = {
  words: WORDS,
  passphrase: "Plum-Orbit 7 Lantern",
  entropy: Buffer.from("81b637d86359e6960de795e41e0b4cfd", "hex"),
};
const NEEDLES = bootNeedles(SECRETS);
const PHRASE = WORDS.join(" ");

/** Each character with something between: UTF-16, UTF-32, an attribute, a plane of a graphics card. */
const spread = (text: string, between: readonly number[]): Buffer =>
  Buffer.from([...Buffer.from(text)].flatMap((byte) => [byte, ...between]));

const ROW = `    1   ${(WORDS[0] ?? "").padEnd(8)}        Z O O`;

const PLANTED: readonly (readonly [name: string, label: RegExp, bytes: Buffer])[] = [
  ["ASCII", /^phrase text$/, Buffer.from(PHRASE)],
  ["hex", /^phrase hex$/, Buffer.from(Buffer.from(PHRASE).toString("hex"))],
  ["base64", /^phrase base64$/, Buffer.from(Buffer.from(PHRASE).toString("base64"))],
  ["UTF-16", /^phrase text two-byte$|^phrase text, every 2nd/, spread(PHRASE, [0])],
  ["UTF-32", /^phrase text, every 4th/, spread(PHRASE, [0, 0, 0])],
  ["character and attribute", /^phrase text, every 2nd/, spread(PHRASE, [0x0f])],
  ["planes of a graphics card", /^phrase text, every 4th/, spread(PHRASE, [0x0f, 0x3c, 0])],
  ["a row of the screen", /^row of words, every 2nd/, spread(ROW, [0x07])],
  ["the passphrase, character and attribute", /^passphrase text, every 2nd/, spread(SECRETS.passphrase, [0x70])],
  ["raw entropy", /^entropy raw$/, SECRETS.entropy],
  [
    "entropy in hex, character and attribute",
    /^entropy hex, every 2nd/,
    spread(SECRETS.entropy.toString("hex"), [0x07]),
  ],
];

test("each form of a secret is found wherever it lies, over the borders of what is read at once too", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "boot-memory-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "ram");
  for (const [name, label, bytes] of PLANTED)
    for (const at of [1, 4094, (1 << 20) - 3, (1 << 20) + 4097, (3 << 20) - bytes.length]) {
      const memory = Buffer.alloc(3 << 20);
      bytes.copy(memory, at);
      writeFileSync(path, memory);
      const found = searchDump(path, NEEDLES);
      const counts = [...found].filter(([found]) => label.test(found)).map(([, count]) => count);
      assert.deepEqual(counts.slice(0, 1), [1], `${name} at ${at}: ${JSON.stringify([...found])}`);
    }
  writeFileSync(path, Buffer.alloc(3 << 20, "nothing of a ceremony's "));
  assert.equal(searchDump(path, NEEDLES).size, 0);
});

test("words that are only drawn are read off the picture", needs("font"), () => {
  const font = readFont(CONSOLE_FONT);
  const size = { width: 800, height: 600 };
  const video = Buffer.alloc(size.width * size.height * 4);
  [...`  ${WORDS.slice(0, 8).join(" ")}`].forEach((char, column) => {
    font.glyph(char)?.forEach((bits, y) => {
      for (let x = 0; x < 8; x += 1)
        if (bits & (0x80 >> x)) video.writeUInt32LE(0xaaaaaa, ((5 * 16 + y) * size.width + column * 8 + x) * 4);
    });
  });
  assert.deepEqual([...searchPicture(video, size, NEEDLES)], [["phrase text", 1]]);
  assert.equal(searchPicture(Buffer.alloc(video.length), size, NEEDLES).size, 0);
});
