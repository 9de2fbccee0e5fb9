import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { regtestPrograms } from "../regtest/build.ts";
import { caller } from "../regtest/chain.ts";
import { openRpc } from "../regtest/rpc.ts";
import { KEYS } from "../rehearsal/console.ts";
import { EmulatedTerminal } from "../rehearsal/terminal.ts";
import { needs } from "../tools/need.ts";
import { ROOT } from "../tools/sources.ts";
import type { DemoLndPlace, Info } from "./info.ts";

const DEMO = join(ROOT, "test", "demo", "demo.ts");
/** Half a minute on an idle machine. */
const ALL_MS = 120_000;
const END_MS = 20_000;

describe("the demo that is kept", needs("go"), () => {
  let folder: string;
  let file: string;
  let terminal: EmulatedTerminal;
  let info: Info;
  let told: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "kept-"));
    file = join(folder, "info.json");
    // Relative, to where the caller stands.
    const env = { INIT_CWD: folder };
    terminal = new EmulatedTerminal(process.execPath, [DEMO, "--keep", "--info", "info.json"], {
      columns: 160,
      rows: 100,
      env,
    });
    told = (await terminal.waitFor("Running until Ctrl-C.", { timeoutMs: ALL_MS })).join("\n");
    info = JSON.parse(readFileSync(file, "utf8")) as Info;
  });
  after(async () => {
    await terminal?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("tells each step, and the same node id from the ceremony to the answer", () => {
    const titles = [...told.matchAll(/^ \d (.+)$/gm)].map(([, title]) => title);
    assert.deepEqual(titles, [
      ...["Programs", "Ceremony", "Signer", "Chain", "The LSP's Lightning node", "A customer's Lightning node"],
      ...["The LSP", "A question and its answer", "The signer's log"],
    ]);
    assert.equal([...told.matchAll(/^ {3}done in +\d+\.\d s$/gm)].length, titles.length);
    const named = [...told.matchAll(/\b0[23][0-9a-f]{64}\b/g)].map(([nodeId]) => nodeId);
    assert.deepEqual(new Set(named), new Set([info.lspNodeId, info.customerLnd.nodeId]));
    assert.match(told, /^ {3}verdict +OK /m);
    assert.match(told, new RegExp(`^ {13}signed +by ${info.lspNodeId}, `, "m"));
  });

  test("says in its file where everything is, with absolute paths of files that are there", () => {
    const [lnd, chain] = [
      ["address", "tlsCert", "macaroon", "nodeId"],
      ["address", "tlsCert", "user", "passwordFile"],
    ];
    const own = [
      "lspAddress",
      "lspTlsCert",
      "lspNodeId",
      "customerLnd",
      "lspLnd",
      "signerSocket",
      "chainRpc",
      "dataDir",
    ];
    assert.deepEqual(Object.keys(info), own);
    assert.deepEqual([info.customerLnd, info.lspLnd, info.chainRpc].map(Object.keys), [lnd, lnd, chain]);
    const paths = [info.lspTlsCert, info.signerSocket, info.dataDir, info.chainRpc.tlsCert, info.chainRpc.passwordFile];
    for (const { tlsCert, macaroon } of [info.customerLnd, info.lspLnd]) paths.push(tlsCert, macaroon);
    for (const path of paths) assert.ok(isAbsolute(path) && existsSync(path), path);
    assert.equal(info.lspLnd.nodeId, info.lspNodeId);
  });

  test("has no secret in that file, nor on the screen", () => {
    const macaroons = [info.customerLnd, info.lspLnd].map(({ macaroon }) => readFileSync(macaroon).toString("hex"));
    const password = readFileSync(info.chainRpc.passwordFile, "utf8");
    const written = readFileSync(join(info.dataDir, "ceremony", "words.txt"), "utf8")
      .trimEnd()
      .split("\n");
    assert.equal(written[0]?.split(" ").length, 24);
    for (const text of [readFileSync(file, "utf8"), told]) {
      for (const secret of [...macaroons, password, ...written]) assert.equal(text.includes(secret), false);
    }
  });

  test("answers at the places that the file names: the LSP, both lnds, the chain", async () => {
    const { lsp, customer, height } = await heights(info);
    assert.deepEqual([lsp, customer], [height, height]);
    const { lspAddress, lspNodeId, lspTlsCert, customerLnd } = info;
    const whom = ["--address", lspAddress, "--node-id", lspNodeId, "--cert", lspTlsCert];
    const who = [
      "--lnd",
      customerLnd.address,
      "--lnd-cert",
      customerLnd.tlsCert,
      "--lnd-macaroon",
      customerLnd.macaroon,
    ];
    const command = [join(ROOT, "lsp", "main.ts"), "client", "get-cfg", ...whom, ...who, "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, command);
    const answer = JSON.parse(stdout) as { ok: boolean; nodeId: string };
    assert.deepEqual([answer.ok, answer.nodeId], [true, lspNodeId]);
  });

  test("ends with Ctrl-C, in order, though npm sends it twice; no process and no file stays", async () => {
    assert.equal(processesNaming(info.dataDir).length, 5);
    await terminal.press(KEYS.interrupt);
    terminal.kill("SIGINT");
    await terminal.waitFor("Stopping.", { timeoutMs: END_MS });
    assert.deepEqual(await terminal.exit, { exitCode: 0, signal: undefined });
    assert.deepEqual(processesNaming(info.dataDir), []);
    assert.equal(existsSync(info.dataDir), false);
  });
});

describe("the demo", needs("go"), () => {
  test("that is interrupted before all of it runs leaves no process and no file", async () => {
    // Of a folder for temporary files whose name is too long for a socket it makes no use.
    const long = mkdtempSync(join(tmpdir(), `${"long-".repeat(20)}`));
    const terminal = new EmulatedTerminal(process.execPath, [DEMO], { columns: 160, env: { TMPDIR: long } });
    try {
      const shown = (await terminal.waitFor(/^ 2 Ceremony$/m, { timeoutMs: ALL_MS })).join("\n");
      const folder = shown.match(/^All its files are in (\S+)$/m)?.[1] ?? "";
      assert.ok(existsSync(folder));
      await terminal.press(KEYS.interrupt);
      assert.deepEqual(await terminal.exit, { exitCode: 130, signal: undefined });
      assert.deepEqual(processesNaming(folder), []);
      assert.equal(existsSync(folder), false);
    } finally {
      await terminal.close();
      rmSync(long, { recursive: true });
    }
  });

  for (const [args, why] of [
    [["--info", "file"], /^usage: npm run demo/],
    [["--keep", "more"], /^usage: npm run demo/],
    [["--no-such"], /^usage: npm run demo/],
    [["--keep", "--info", join("no", "such", "folder")], /^demo: no folder for .*folder\n$/],
  ] as const) {
    test(`does not start with ${args.join(" ")}`, () => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [DEMO, ...args], { encoding: "utf8" });
      assert.deepEqual([status, stdout], [2, ""]);
      assert.match(stderr, why);
    });
  }
});

test("the demo without Go says what is missing", () => {
  const env = { PATH: join(ROOT, "test") };
  const { status, stdout, stderr } = spawnSync(process.execPath, [DEMO], { encoding: "utf8", env });
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /^demo: needs go: install Go /);
});

/** Of the chain, and as each lnd has it. */
async function heights({ lspLnd, customerLnd, chainRpc }: Info) {
  const { protos } = await regtestPrograms();
  const heightOf = async ({ address, tlsCert, macaroon, nodeId }: DemoLndPlace): Promise<number> => {
    const rpc = openRpc(address, tlsCert, protos);
    try {
      rpc.authorize(readFileSync(macaroon).toString("hex"));
      const answer = await rpc.call<{ identity_pubkey: string; block_height: number }>("lnrpc.Lightning/GetInfo");
      assert.equal(answer.identity_pubkey, nodeId);
      return answer.block_height;
    } finally {
      rpc.close();
    }
  };
  const { address, tlsCert: certificate, user, passwordFile } = chainRpc;
  const height = await caller({ address, certificate, user, passwordFile })<number>("getblockcount");
  return { lsp: await heightOf(lspLnd), customer: await heightOf(customerLnd), height };
}

/** The processes that have this folder in their arguments. */
function processesNaming(folder: string): string[] {
  assert.notEqual(folder, "");
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(join("/proc", name, "cmdline"), "utf8").includes(folder);
    } catch {
      // Ended between the two reads.
      return false;
    }
  });
}
