import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { ROOT, sourceFiles } from "../../tools/sources.ts";
import { customerKey, NODE_ID, startTestLsp, type TestLsp } from "./lsp.ts";

const SNIPPET = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, "README.md"), "utf8"))?.[1] ?? "";

describe("the README's snippet", () => {
  let lsp: TestLsp;
  let folder: string;
  before(async () => {
    lsp = await startTestLsp();
    // Below the package: its name means itself there, and its `exports` are what is found.
    folder = mkdtempSync(join(ROOT, "test/lsp/client/snippet-"));
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await lsp.stop();
  });

  test("compiles under the settings of the project", () => {
    writeFileSync(join(folder, "snippet.ts"), `${SNIPPET}\nexport {};\n`);
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: join(ROOT, "tsconfig.json"), include: ["*"] }),
    );
    const { stdout, status } = spawnSync(
      process.execPath,
      [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", folder],
      {
        encoding: "utf8",
      },
    );
    assert.equal(status, 0, stdout);
  });

  test("run against an LSP, prints the least deposit", async () => {
    writeFileSync(join(folder, "customer.key"), customerKey().hex, { mode: 0o600 });
    const place = { address: lsp.address, nodeId: NODE_ID, certificate: lsp.certificate };
    const program = SNIPPET.replace("lsp.example.com:8443", place.address)
      .replace(/nodeId: "\w+"/, `nodeId: "${place.nodeId}"`)
      .replace("tls: {}", `tls: { certificate: ${JSON.stringify(place.certificate)} }`);
    writeFileSync(join(folder, "run.ts"), program);
    const child = spawn(process.execPath, ["run.ts"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    const [printed, wrong, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    assert.equal(status, 0, wrong);
    assert.equal(printed, "12000000n\n");
  });
});

test("package.json exports the client's door and nothing internal", async () => {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { exports: unknown };
  assert.deepEqual(exports, { "./client": "./lsp/client/index.ts", "./package.json": "./package.json" });
  const internal = "btc-lsp/lsp/store/store.ts";
  await assert.rejects(import(internal), { code: "ERR_PACKAGE_PATH_NOT_EXPORTED" });
});

test("no program imports the client's door: it is for customers", () => {
  const inside = ["core", "lsp", "signer", "ceremony"].flatMap(sourceFiles);
  assert.deepEqual(
    inside.filter((file) => readFileSync(file, "utf8").includes("client/index.ts")),
    [],
  );
});
