/**
 * Every screen of a rehearsal, at two sizes: `golden/80x24/NN-scene.txt` and `golden/100x30/…`, and the README's picture.
 *
 * After a wanted change: `UPDATE_GOLDEN=1 node --test test/rehearsal/golden.test.ts`, then read the difference.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import type { Size } from "../../ceremony/screen/frame.ts";
import { needs } from "../tools/need.ts";
import { ROOT } from "../tools/sources.ts";
import { FIXED_TABLE, playFixed } from "./fixed.ts";
import { type FieldPlace, fieldPlaces, masked } from "./mask.ts";
import { missingGlyphs, screenPng } from "./picture.ts";
import { pngContent } from "./png.ts";
import { rehearse } from "./rehearse.ts";
import type { Cell } from "./terminal.ts";

const SIZES: readonly Size[] = [
  { columns: 80, rows: 24 },
  { columns: 100, rows: 30 },
];
const GOLDEN = join(import.meta.dirname, "golden");
const PICTURE = join(ROOT, "docs/screen.png");
const PICTURED = { columns: 80, scene: "node" } as const;
const isUpdate = process.env["UPDATE_GOLDEN"] === "1";

/** What may differ in a run of the program itself. Any other field, or any other difference, is a failure. */
const FIELDS = [
  ...["version", "program-hash", "asked-row", "config-hash", "out", "self-test-sum", "check-outcome", "check-value"],
  ...["font-pattern", "commitment", "asked-words", "node-id", "fingerprint", "birthday", "output-commitment"],
  ...["word", "letters", "ceremony-id", "opened", "file-hash", "recipient", "qr", "head"],
];

interface Scene {
  readonly name: string;
  readonly screen: readonly string[];
}

interface FixedScene extends Scene {
  readonly places: readonly FieldPlace[];
  readonly cells: readonly (readonly Cell[])[];
}

async function fixedScenes(size: Size): Promise<FixedScene[]> {
  const scenes: FixedScene[] = [];
  const ending = await playFixed(size, (name, screen, desk) => {
    assert.deepEqual(desk.scrollback(), [], `nothing scrolls away on ${name}`);
    scenes.push({ name, screen, places: fieldPlaces(desk.frame()), cells: desk.cells() });
  });
  assert.deepEqual(ending, { kind: "done" });
  return scenes;
}

/** The program itself through a pseudo-terminal, with today's date, this machine's self-test and its own randomness. */
async function realScenes({ columns, rows }: Size): Promise<Scene[]> {
  const scenes: Scene[] = [];
  const folder = mkdtempSync(join(tmpdir(), "golden-"));
  try {
    await rehearse({
      out: join(folder, "out"),
      columns,
      rows,
      dice: FIXED_TABLE.dice,
      noScreens: true,
      watch: (name, screen) => {
        if (name !== "end") scenes.push({ name, screen });
      },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
  return scenes;
}

const fileNames = (scenes: readonly Scene[]): string[] =>
  scenes.map(({ name }, index) => `${String(index + 1).padStart(2, "0")}-${name}.txt`);
const textOf = (screen: readonly string[]): string => `${screen.join("\n")}\n`;

function writeGolden(folder: string, scenes: readonly Scene[]): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const names = fileNames(scenes);
  scenes.forEach(({ screen }, index) => {
    writeFileSync(join(folder, names[index] ?? ""), textOf(screen));
  });
}

describe("golden screens", { concurrency: true }, () => {
  for (const size of SIZES) {
    const named = `${size.columns}x${size.rows}`;
    const folder = join(GOLDEN, named);

    describe(named, { concurrency: true }, () => {
      let fixed: FixedScene[] = [];
      before(async () => {
        fixed = await fixedScenes(size);
        if (!isUpdate) return;
        writeGolden(folder, fixed);
        const pictured = fixed.find(({ name }) => name === PICTURED.scene);
        if (pictured !== undefined && size.columns === PICTURED.columns)
          writeFileSync(PICTURE, screenPng(pictured.cells));
      });

      test("with fixed adapters they are these files, and no others", () => {
        assert.deepEqual(fileNames(fixed), readdirSync(folder).sort());
        for (const [index, name] of fileNames(fixed).entries())
          assert.equal(textOf(fixed[index]?.screen ?? []), readFileSync(join(folder, name), "utf8"), name);
      });

      test("the fields are the ones that are named here", () => {
        const found = fixed.flatMap(({ places }) => places.map(({ field }) => field));
        assert.deepEqual([...new Set(found)].sort(), [...FIELDS].sort());
      });

      test("the program itself shows the same but for the named fields", async () => {
        const real = await realScenes(size);
        assert.deepEqual(fileNames(real), readdirSync(folder).sort());
        for (const [index, name] of fileNames(real).entries()) {
          const golden = readFileSync(join(folder, name), "utf8").split("\n").slice(0, -1);
          const places = fixed[index]?.places ?? [];
          assert.equal(textOf(masked(real[index]?.screen ?? [], places)), textOf(masked(golden, places)), name);
        }
      });

      test("every glyph is in the console's font", needs("font"), () => {
        for (const { name, screen } of fixed) assert.deepEqual(missingGlyphs(textOf(screen)), [], name);
      });

      if (size.columns !== PICTURED.columns) return;
      test("the README's picture is one of them", needs("font"), () => {
        const pictured = fixed.find(({ name }) => name === PICTURED.scene);
        // Not the bytes: zlib compresses differently on a processor with other instructions.
        assert.deepEqual(pngContent(readFileSync(PICTURE)), pngContent(screenPng(pictured?.cells ?? [])));
      });
    });
  }
});
