import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ROOT } from "../tools/sources.ts";
import { importsOf } from "./source.ts";

const PAGE = readFileSync(join(ROOT, "docs/code.md"), "utf8");
/** More, and nobody walks it. */
const FILES_MAX = 15;

interface Stop {
  readonly file: string;
  /** The file that hands it in, where none above imports it. */
  readonly by: string | undefined;
}

for (const heading of ["From a frame to its signature", "From a die to its words"])
  test(`docs/code.md, ${heading}: at most ${FILES_MAX} files, each imported by one above it or by the one it names`, () => {
    const walk = stopsOf(PAGE, heading);
    assert(walk.length > 2 && walk.length <= FILES_MAX, `${walk.length} files`);
    assert.deepEqual(brokenStops(walk), []);
  });

describe("a walk that is wrong is seen", () => {
  const first = { file: "ceremony/flow/mix.ts", by: undefined };
  for (const [name, stop] of Object.entries({
    "a file that does not exist": { file: "ceremony/flow/nowhere.ts", by: undefined },
    "a file that none above it imports": { file: "ceremony/seed/aez.ts", by: undefined },
    "a file that the one named does not import": { file: "ceremony/seed/aez.ts", by: "ceremony/flow/words.ts" },
  }))
    test(name, () => assert.deepEqual(brokenStops([first, stop]), [stop.file]));
});

test("every place that docs/code.md names exists", () => {
  const places = [...PAGE.matchAll(/`((?:\w+\/)+[\w./-]*)`/g)].map(([, place = ""]) => place);
  assert.deepEqual(
    places.filter((place) => !existsSync(join(ROOT, place)) && !WAITING.has(place)),
    [],
  );
});

/** Rooms of the table that are empty until their work begins. */
const WAITING: ReadonlySet<string> = new Set(["lsp/tx/"]);

function stopsOf(page: string, heading: string): Stop[] {
  const section = page.split("\n## ").find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^\d+\. `([\w./]+)`(?:.*\(by `([\w./]+)`)?/gm)].map(([, file = "", by]) => ({
    file,
    by,
  }));
}

function brokenStops(walk: readonly Stop[]): string[] {
  return walk
    .filter(({ file, by }, at) => {
      if (!existsSync(join(ROOT, file))) return true;
      const above = by === undefined ? walk.slice(0, at).map((stop) => stop.file) : [by];
      return at > 0 && !above.some((other) => importsFile(other, file));
    })
    .map(({ file }) => file);
}

function importsFile(path: string, file: string): boolean {
  return (
    existsSync(join(ROOT, path)) && importsOf({ path, text: readFileSync(join(ROOT, path), "utf8") }).includes(file)
  );
}
