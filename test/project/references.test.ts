import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, test } from "node:test";
import { needs } from "../tools/need.ts";
import { ROOT } from "../tools/sources.ts";

/** Documents of others, which no file here is named like. */
const FOREIGN: ReadonlySet<string> = new Set([
  // grpc/grpc, doc/
  "PROTOCOL-HTTP2.md",
  // C2SP
  "age.md",
  // lightningnetwork/lnd
  "docs/remote-signing.md",
]);

/** A document, and the section in it if one is named as in a link. */
const REFERENCE = /(?<![\w:/.-])((?:[\w.-]+\/)*[\w-]+\.md)(?:#([\w-]+))?/g;
/** What is not in the repository. */
const CONTRACT = "docs/contract.md";
const ELSEWHERE = /(?<![\w/])(?:\.\.\/)?(?:spec|shared)\/[\w-]+\.md/;

describe("references to documents", needs("git"), () => {
  const files = textFiles();

  test("each document and each section that is referred to exists", () => {
    const missing = files.flatMap(({ path, text }) => brokenReferences(path, text).map((what) => `${path}: ${what}`));
    assert.deepEqual(missing, []);
  });

  test("nothing refers to a specification outside the repository", () => {
    assert.deepEqual(
      files.filter(({ text }) => ELSEWHERE.test(text)).map(({ path }) => path),
      [],
    );
    assert.match(["// sp", "ec/answers.m", "d 1.7"].join(""), ELSEWHERE);
  });

  test("a missing document and a missing section are found", () => {
    const [good, document, section] = ["docs/contract.md#signature", "docs/nowhere", "#nowhere"];
    assert.deepEqual(brokenReferences("lsp/a.ts", `// ${good} ${document}.md ${CONTRACT}${section}`), [
      `${document}.md`,
      `${CONTRACT}${section}`,
    ]);
  });

  test("the steps of docs/contract.md and of docs/answers.md are the same ones", () => {
    const steps = new Set([...readPage("docs/contract.md").matchAll(/^\| ([A-G]|[1-9]) \|/gm)].map(([, step]) => step));
    const rows = [...readPage("docs/answers.md").matchAll(/^\| `\w+` \| ([A-G]|[1-9]) \|/gm)].map(([, step]) => step);
    assert.deepEqual(
      [...steps].filter((step) => !rows.includes(step)),
      [],
    );
    assert.deepEqual(
      rows.filter((step) => !steps.has(step)),
      [],
    );
  });
});

function brokenReferences(path: string, text: string): string[] {
  return [...text.matchAll(REFERENCE)]
    .filter(([, page = ""]) => !FOREIGN.has(page))
    .filter(([, page = "", section]) => {
      const place = [page, normalize(join(dirname(path), page)), `docs/${page}`].find((file) =>
        existsSync(join(ROOT, file)),
      );
      return place === undefined || (section !== undefined && !sectionsOf(place).has(section));
    })
    .map(([, page, section]) => (section === undefined ? `${page}` : `${page}#${section}`));
}

const sections = new Map<string, ReadonlySet<string>>();

/** Headings as GitHub makes links of them. */
function sectionsOf(page: string): ReadonlySet<string> {
  const known = sections.get(page);
  if (known !== undefined) return known;
  const slugs = [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
  const found = new Set(slugs);
  sections.set(page, found);
  return found;
}

function readPage(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}

function textFiles(): { path: string; text: string }[] {
  const listed = spawnSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" }).stdout.split("\0");
  return listed
    .filter((path) => /\.(?:ts|md|py|go|mod|rs|java|nix|sh|proto|service|json)$/.test(path))
    .filter((path) => path !== "test/project/rules.ts" && path !== "package-lock.json" && existsSync(join(ROOT, path)))
    .map((path) => ({ path, text: readPage(path) }));
}
