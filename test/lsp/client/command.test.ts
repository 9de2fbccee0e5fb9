import assert from "node:assert/strict";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { runClient } from "../../../lsp/client/command.ts";
import { verifyFrame } from "../../../lsp/wire/signature.ts";
import { customerKey, NODE_ID, startTestLsp, type TestLsp } from "./lsp.ts";
import { client } from "./run.ts";

let lsp: TestLsp;
let keyFile: string;
before(async () => {
  lsp = await startTestLsp();
  keyFile = join(lsp.folder, "customer.key");
  writeFileSync(keyFile, `${customerKey().hex}\n`, { mode: 0o600 });
});
after(() => lsp.stop());

test("get-cfg, for a person", async () => {
  const { code, stdout, stderr } = await client("get-cfg", ...whom(), "--key-file", keyFile);
  assert.equal(stderr, "");
  assert.equal(code, 0);
  const [signed, ...lines] = stdout.trimEnd().split("\n").reverse();
  assert.deepEqual(lines.reverse(), [
    `node      ${NODE_ID}@127.0.0.1:9736`,
    "into LN   12 000 sat to 10 000 000 sat",
    "from LN   12 000 sat to 10 000 000 sat",
    "fee       0.4 % (1/250), at least 2 000 sat",
  ]);
  assert.match(
    signed ?? "",
    new RegExp(`^signed    by ${NODE_ID}, \\d{4}-.+Z \\(-?\\d+\\.\\d{3} s from this clock\\)$`),
  );
});

for (const gzip of [false, true]) {
  test(`get-cfg --json${gzip ? " --gzip" : ""}: whoever has the line can verify the answer`, async () => {
    const more = gzip ? ["--gzip"] : [];
    const { code, stdout } = await client("get-cfg", ...whom(), "--key-file", keyFile, "--json", ...more);
    assert.equal(code, 0);
    const { proof, nonce, ...rest } = JSON.parse(stdout) as Printed;
    assert.deepEqual(rest, {
      ok: true,
      method: "get-cfg",
      nodeId: NODE_ID,
      compressed: gzip,
      value: {
        nodes: [{ nodeId: NODE_ID, host: "127.0.0.1", port: 9736 }],
        swapIntoLn: { minMsat: "12000000", maxMsat: "10000000000" },
        swapFromLn: { minMsat: "12000000", maxMsat: "10000000000" },
        feeRate: { numerator: "1", denominator: "250" },
        minFeeMsat: "2000000",
      },
    });
    assert.match(nonce, /^\d{16}$/);
    const [frame, signature] = [Buffer.from(proof.frame, "hex"), Buffer.from(proof.signature, "hex")];
    assert.equal(frame[0], gzip ? 1 : 0);
    assert(verifyFrame(frame, signature, Buffer.from(NODE_ID, "hex")));
  });
}

test("a refusal: its words, that it is proven, what to do", async () => {
  const refund = ["--refund-address", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"];
  const { code, stdout, stderr } = await client("swap-into-ln", ...refund, ...whom(), "--key-file", keyFile);
  assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  assert.deepEqual(stderr.trimEnd().split("\n"), [
    "lsp: [client_refused] the LSP refused, in a signed answer",
    "  it says: REFUND_ON_CHAIN_ADDRESS_IS_NOT_SEGWIT",
    "  next: --refund-address has to be native segwit: bc1…, tb1… or bcrt1…",
  ]);
  const json = await client("swap-into-ln", ...refund, ...whom(), "--key-file", keyFile, "--json");
  assert.deepEqual(JSON.parse(json.stdout), {
    ok: false,
    code: "client_refused",
    message: "the LSP refused, in a signed answer",
    about: "",
    proven: true,
    refusal: { kind: "failure", generic: [], specific: ["REFUND_ON_CHAIN_ADDRESS_IS_NOT_SEGWIT"], internal: [] },
  });
});

test("a status is not proven, and it says so", async () => {
  const refund = ["--refund-address", "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "--private"];
  const { code, stderr } = await client("swap-into-ln", ...refund, ...whom(), "--key-file", keyFile);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^lsp: \[client_status\] .+ \(UNIMPLEMENTED\)\n {2}it says, not proven: UNIMPLEMENTED: .+\n {2}next: /,
  );
});

test("without its certificate the LSP is not trusted, and what is missing is said", async () => {
  const to = ["--address", lsp.address, "--node-id", NODE_ID];
  const { code, stderr } = await client("get-cfg", ...to, "--key-file", keyFile);
  assert.equal(code, 1);
  assert.match(stderr, /\[client_tls\].+\n {2}next: name the LSP's certificate, or its authority's: --cert FILE\n$/);
});

test("new-key writes a key that only its owner may read, once, and asks with it", async () => {
  const out = join(lsp.folder, "new.key");
  const made = await client("new-key", "--out", out);
  assert.equal(made.code, 0);
  assert.match(made.stdout, /^0[23][0-9a-f]{64}\n$/);
  assert.equal(statSync(out).mode & 0o777, 0o600);
  assert.match(readFileSync(out, "utf8"), /^[0-9a-f]{64}\n$/);
  const again = await client("new-key", "--out", out);
  assert.deepEqual([again.code, again.stderr.slice(0, 18)], [1, "lsp: [file_exists]"]);
  assert.equal((await client("get-cfg", ...whom(), "--key-file", out)).code, 0);
  chmodSync(out, 0o644);
  const open = await client("get-cfg", ...whom(), "--key-file", out);
  assert.deepEqual([open.code, open.stderr.slice(0, 16)], [1, "lsp: [file_mode]"]);
});

test("a file that is no key is named and not shown", async (t) => {
  const path = join(lsp.folder, "bad.key");
  for (const text of ["", "0".repeat(64), "f".repeat(64), "2".repeat(63), "g".repeat(64), "2".repeat(66)]) {
    writeFileSync(path, text, { mode: 0o600 });
    const { code, stderr } = await inside(t, ["get-cfg", ...whom(), "--key-file", path]);
    assert.equal(code, 1);
    assert(stderr.startsWith("lsp: [file_form]") && stderr.includes(path), stderr);
    assert(text === "" || !stderr.includes(text));
  }
});

test("what the command line lacks is said", async (t) => {
  const cases: readonly [readonly string[], string][] = [
    [["lend-me"], "client lend-me"],
    [["get-cfg"], "--address"],
    [["get-cfg", "--address", "a:1"], "--node-id"],
    [["get-cfg", ...whom()], "--key-file"],
    [["get-cfg", ...whom(), "--lnd", "a:1"], "--lnd-cert"],
    [["get-cfg", ...whom(), "--plaintext"], "--plaintext"],
    [["get-cfg", ...whom(), "--network", "moon"], "--network"],
    [["get-cfg", ...whom(), "--deadline", "soon"], "--deadline"],
    [["get-cfg", ...whom(), "--private"], "--private"],
    [["swap-into-ln", ...whom()], "--refund-address"],
    [["swap-from-ln", ...whom(), "--fund-address", "a", "--fund-msat", "1e9"], "--fund-msat"],
    [["new-key"], "--out"],
  ];
  for (const [args, word] of cases) {
    const { code, stderr } = await inside(t, args);
    assert.equal(code, 2, args.join(" "));
    assert(stderr.startsWith("lsp: [usage]") && stderr.includes(word), stderr);
  }
  assert.match((await client("--help")).stdout, /^usage: lsp client get-cfg/);
});

interface Printed {
  readonly nonce: string;
  readonly proof: { readonly frame: string; readonly signature: string };
}

function whom(): string[] {
  return ["--address", lsp.address, "--node-id", NODE_ID, "--cert", lsp.certificateFile];
}

/** In this process, which saves the start of one: for what prints errors alone. */
async function inside(t: TestContext, args: readonly string[]): Promise<{ code: number; stderr: string }> {
  let stderr = "";
  const write = t.mock.method(process.stderr, "write", (text: string) => {
    stderr += text;
    return true;
  });
  const code = await runClient(args);
  write.mock.restore();
  return { code, stderr };
}
