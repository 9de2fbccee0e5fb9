import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "../tools/sources.ts";
import { sampleTranscript } from "../transcript/sample.ts";

const PAGES = [
  "README.md",
  "SECURITY.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const text = (page: string): string => readFileSync(join(ROOT, page), "utf8");

/** Vectors' words with no passphrase, for `inspect`. */
const WORDS =
  "about wolf boost other battle asthma refuse wedding few purchase track one smooth tunnel immune glass infant tag manual multiply diagram orient wrist agent\n\n";

/**
 * Every command that the pages tell people to type: run here with what stands for their capitals, or the test that runs
 * it. A command that is in the pages and not here fails, and so does the other way round.
 */
const COMMANDS: Readonly<
  Record<
    string,
    { readonly run: readonly string[]; readonly input?: string; readonly exit: number } | { readonly by: string }
  >
> = {
  "npm ci && npm start": { by: "test/rehearsal/rehearse.test.ts" },
  "npm ci && npm test": { by: "test/project/package.test.ts" },
  "npm run -s ceremony -- --mode production --network mainnet --out DIR": {
    run: ["ceremony", "--", "--mode", "production", "--network", "mainnet", "--out", "DIR"],
    // Without a terminal it says so and ends: nothing is played here.
    exit: 2,
  },
  "npm run -s ceremony -- inspect --network mainnet": {
    run: ["ceremony", "--", "inspect", "--network", "mainnet"],
    input: WORDS,
    exit: 0,
  },
  "npm run -s ceremony -- verify FILE --head WORDS": {
    run: ["ceremony", "--", "verify", "FILE", "--head", "00".repeat(32)],
    exit: 1,
  },
  "npm run -s ceremony -- script": { run: ["ceremony", "--", "script"], exit: 0 },
  "npm run -s ceremony -- hash": { run: ["ceremony", "--", "hash"], exit: 0 },
  "npm run -s signer -- recipient --out FILE": { by: "test/bundle/recipient.test.ts" },
  "npm run -s signer -- run --bundle identity.age --identity-file FILE --socket PATH --data DIR --network regtest": {
    by: "test/service/process.test.ts",
  },
  "npm run -s signer -- policy": { run: ["signer", "--", "policy"], exit: 0 },
  "npm run -s signer -- explain FRAME --method M": {
    run: ["signer", "--", "explain", "0000000000", "--method", "/BtcLsp.Service/GetCfg"],
    // The empty frame is refused: its signature would be universal.
    exit: 1,
  },
  "npm run -s signer -- audit verify --data DIR": { by: "test/audit/commands.test.ts" },
  "npm run demo": { by: "test/demo/demo.test.ts" },
  "npm run -s lsp -- run --config FILE": { by: "test/lsp/run.test.ts" },
  "npm run -s lsp -- config check --config FILE": { by: "test/lsp/config.test.ts" },
  "npm run -s lsp -- macaroon": { run: ["lsp", "--", "macaroon"], exit: 0 },
  "npm run -s lsp -- client get-cfg --address HOST:PORT --node-id ID --key-file FILE": {
    by: "test/client/command.test.ts",
  },
  "npm run bench:lsp": { by: "test/bench/lsp.ts" },
  "npm run iso": { by: "test/boot/image.test.ts" },
  "npm run test:iso": { by: "test/boot/play.test.ts" },
  "npm run attest": { by: "test/attest/verify.test.ts" },
  "npm run verify-attestations": { by: "test/attest/verify.test.ts" },
  "npm run provenance": { by: "test/attest/provenance.test.ts" },
  "npm run bench:signer": { by: "test/bench/signer.ts" },
  "npm run test:deep": { by: "test/deep.ts" },
  "npm run -s rehearse -- --out DIR": { by: "test/rehearsal/rehearse.test.ts" },
  "npm run build": { by: "test/build/artefact.ts" },
  "npm run bench:seed": { by: "test/bench/seed.ts" },
  "npm run bench:start": { by: "test/bench/start.ts" },
};

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "docs-"));
  writeFileSync(join(folder, "FILE"), sampleTranscript("production").bytes);
});
after(() => rmSync(folder, { recursive: true }));

test("every command of the README is run by a test, and no other is listed here", () => {
  const readme = text("README.md");
  const inline = [...readme.matchAll(/`(npm (?:run|ci|test|start)[^`]*)`/g)].map(([, command]) => command);
  const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => (block ?? "").trim().split("\n"));
  assert.deepEqual([...new Set([...inline, ...blocks])].sort(), Object.keys(COMMANDS).sort());
});

for (const [command, how] of Object.entries(COMMANDS)) {
  if ("by" in how)
    test(`${command}: its test is there`, () => {
      assert(existsSync(join(ROOT, how.by)), how.by);
    });
  else
    test(`${command}: ends with ${how.exit}`, () => {
      const done = spawnSync("npm", ["run", "-s", "--prefix", ROOT, ...how.run], {
        cwd: folder,
        input: how.input ?? "",
        encoding: "utf8",
        env: { ...process.env, INIT_CWD: folder },
      });
      assert.equal(done.status, how.exit, `${done.stdout}${done.stderr}`);
    });
}

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
