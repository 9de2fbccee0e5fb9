import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { sampleTranscript } from "../ceremony/transcript/sample.ts";
import { ROOT } from "../tools/sources.ts";
import { COMMANDS, judgeCommand, OTHER_SCRIPTS, type Start, startNpm } from "./commands.ts";

const PAGES = [
  ...["README.md", "SECURITY.md", "iso/README.md", "iso/boot/README.md"],
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const text = (page: string): string => readFileSync(join(ROOT, page), "utf8");
const scripts = Object.keys((JSON.parse(text("package.json")) as { scripts: Record<string, string> }).scripts);

test("every command of the README is started by a test, and no other is listed", () => {
  const readme = text("README.md");
  const inline = [...readme.matchAll(/`(npm (?:run|ci|test|start)[^`]*)`/g)].map(([, command]) => command);
  const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => (block ?? "").trim().split("\n"));
  assert.deepEqual([...new Set([...inline, ...blocks])].sort(), Object.keys(COMMANDS).sort());
});

test("every script that a page names is in package.json, and every one there is started by a test or named with what runs it", () => {
  for (const page of PAGES)
    for (const [, script = ""] of text(page).matchAll(/\bnpm run (?:-s )?([a-z][\w:-]*)/g))
      assert(scripts.includes(script), `${page}: ${script}`);
  const started = Object.values(COMMANDS)
    .flat()
    .map(({ npm }) => (npm[0] === "run" ? npm[2] : npm[0]))
    .filter((script) => script !== "ci");
  assert.deepEqual([...new Set([...started, ...Object.keys(OTHER_SCRIPTS)])].sort(), scripts.toSorted());
});

describe("the commands", { concurrency: 2 }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "docs-"));
    writeFileSync(join(folder, "FILE"), sampleTranscript("production").bytes);
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [command, starts] of Object.entries(COMMANDS))
    for (const start of starts)
      test(`${command}: npm ${start.npm.join(" ")}`, async () => {
        const { wrong, printed } = await startNpm(ROOT, folder, start);
        assert.deepEqual(wrong, [], printed);
      });
});

describe("seen when broken", () => {
  const helped: Start = { npm: ["run", "-s", "bench", "--", "--help"], exit: [0], says: /^usage: npm run bench\b/m };
  const refused: Start = { npm: ["run", "-s", "bench"], exit: [1, 2], says: /^bench: / };
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "broken-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** What is wrong with a start of a package whose one script is this file, or that has none. */
  async function wrongOf(start: Start, file: string | undefined): Promise<string[]> {
    const scriptsOf = file === undefined ? {} : { bench: "node bench.mjs" };
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "broken", scripts: scriptsOf }));
    writeFileSync(join(folder, "bench.mjs"), file ?? "");
    return (await startNpm(folder, folder, start)).wrong;
  }

  test("a good command is good", async () => {
    assert.deepEqual(await wrongOf(helped, 'console.log("usage: npm run bench");'), []);
    assert.deepEqual(await wrongOf(refused, 'console.error("bench: no"); process.exit(1);'), []);
  });

  test("a bench whose first line throws, in help or where a refusal is expected", async () => {
    const throwing = 'throw new Error("broken");\nconsole.log("usage: npm run bench");';
    assert.deepEqual(await wrongOf(helped, throwing), [
      "ended with 1 instead of 0",
      `printed nothing like ${helped.says}`,
      "crashed",
    ]);
    assert.deepEqual(await wrongOf(refused, throwing), [`printed nothing like ${refused.says}`, "crashed"]);
    assert.deepEqual(await wrongOf(refused, 'console.error("bench: no");\nthrow new Error("broken");'), ["crashed"]);
  });

  test("a bench that imports what is not there", async () => {
    assert((await wrongOf(helped, 'import "./gone.mjs";\nconsole.log("usage: npm run bench");')).includes("crashed"));
  });

  test("a script that is not in package.json, whatever exit is expected", async () => {
    assert.deepEqual(await wrongOf(helped, undefined), [
      "ended with 1 instead of 0",
      `printed nothing like ${helped.says}`,
    ]);
    assert.deepEqual(await wrongOf(refused, undefined), [`printed nothing like ${refused.says}`]);
  });

  test("a command that prints what it should and ends as it should not", () => {
    assert.deepEqual(judgeCommand(helped, 3, "usage: npm run bench"), ["ended with 3 instead of 0"]);
  });
});

test("links between the pages lead somewhere", () => {
  for (const page of PAGES)
    for (const [, target = ""] of text(page).matchAll(/\]\(([^)#:]+)\)/g))
      assert(existsSync(join(ROOT, dirname(page), target)), `${page}: ${target}`);
});

test("the README's map names places that are there, and every folder of the ceremony", () => {
  const map = /## Map\n([\s\S]*?)\n## /.exec(text("README.md"))?.[1] ?? "";
  const places = [...map.matchAll(/^\| `([^`]+)`/gm)].map(([, place = ""]) => place);
  for (const place of places) assert(existsSync(join(ROOT, place)), place);
  const folders = readdirSync(join(ROOT, "ceremony"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of folders) assert(places.includes(`ceremony/${name}/`), name);
});

test("`ceremony --help` names every command and option, within 80 columns", () => {
  const { stdout } = spawnSync("npm", ["run", "-s", "ceremony", "--", "--help"], { cwd: ROOT, encoding: "utf8" });
  for (const word of [
    "inspect",
    "verify",
    "hash",
    "script",
    "--mode",
    "--network",
    "--out",
    "--rolls",
    "--passphrase",
    "--plates",
    "--recipient",
  ])
    assert(stdout.includes(word), word);
  assert(stdout.split("\n").every((line) => line.length <= 80));
});
