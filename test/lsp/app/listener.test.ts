import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { connect } from "node:http2";
import { join } from "node:path";
import { test } from "node:test";
import { ok } from "../../../core/result.ts";
import { readLspConfig } from "../../../lsp/app/config.ts";
import { connectionsWithin } from "../../../lsp/app/descriptors.ts";
import { openPublicListener } from "../../../lsp/app/listener.ts";
import { openLog } from "../../../lsp/app/log.ts";
import { openLspMetrics } from "../../../lsp/app/metrics.ts";
import { openReadiness } from "../../../lsp/app/readiness.ts";
import type { Closer, StartStage } from "../../../lsp/app/stage.ts";
import { CONNECTIONS_MAX } from "../../../lsp/limits.ts";
import type { Store } from "../../../lsp/store/store.ts";
import { FRAMES_NODE_ID } from "../../signer/service/frames.ts";
import { ROOT } from "../../tools/sources.ts";
import { answerOnStream } from "../server/rig.ts";
import { keySigner } from "../service/rig.ts";

const PATH = "/BtcLsp.Service/GetCfg";

test("what a stranger sends writes no line, whatever it is; what is our own fault does", async (t) => {
  const config = readLspConfig(
    JSON.stringify({
      network: "regtest",
      "node-id": FRAMES_NODE_ID,
      plaintext: true,
      listen: { host: "127.0.0.1", port: 0 },
      database: { folder: "unused" },
      lnd: { address: "127.0.0.1:1", certificate: "unused", "macaroon-file": "unused" },
      signer: "lnd",
    }),
  );
  assert(config.ok);
  const lines: string[] = [];
  const metrics = openLspMetrics("1");
  const closers: Closer[] = [];
  const stage = {
    config: config.value,
    expected: { nodeId: FRAMES_NODE_ID, network: "regtest" },
    metrics,
    readiness: openReadiness(() => undefined),
    log: openLog("info", { write: (line) => lines.push(line) }),
    closers,
  } as unknown as StartStage;
  let isBroken = false;
  const store = {
    nonces: { take: () => Promise.reject(new Error("secret")) },
    replyNonces: {
      next() {
        if (isBroken) throw new Error("secret");
        return 1n;
      },
    },
    transaction: () => Promise.resolve(ok("stale")),
  } as unknown as Store;
  const server = await openPublicListener(stage, {
    store,
    signer: keySigner(),
    cache: { latest: () => undefined } as unknown as Parameters<typeof openPublicListener>[1]["cache"],
  });
  assert(server.ok);
  const session = connect(`http://127.0.0.1:${server.value.port}`);
  t.after(async () => {
    session.destroy();
    for (const close of closers.toReversed()) await close();
  });
  lines.length = 0;
  const call = { ":method": "POST", ":path": PATH, "content-type": "application/grpc", te: "trailers" };
  const ask = async (headers: Record<string, string | undefined>, body: Buffer = Buffer.alloc(5)): Promise<void> => {
    const stream = session.request({ ...call, ...headers });
    stream.on("error", () => undefined);
    stream.end(body);
    await answerOnStream(stream);
  };
  await ask({ te: undefined });
  await ask({ "set-cookie": "a" });
  await ask({ ":method": "PUT" });
  await ask({ "content-type": "text/plain" });
  await ask({ ":path": "/a/B" });
  await ask({ "grpc-timeout": "never" });
  await ask({ "grpc-timeout": "0n" });
  await ask({ "grpc-encoding": "gzip" }, Buffer.from([1, 0, 0, 0, 1, 0]));
  await ask({}, Buffer.alloc(100_000));
  await ask({}, Buffer.from([9]));
  const gone = session.request(call);
  gone.on("error", () => undefined);
  gone.close(8);
  await answerOnStream(gone);
  assert.equal(lines.join(), "");
  const text = await metrics.metrics();
  assert.match(text, /lsp_requests_total\{method="GetCfg",status="notGrpc"\} 4/);
  assert(!text.includes('status="internal"'), "the label that alerts are for");
  isBroken = true;
  await ask({});
  assert.equal(lines.length, 1);
  assert.equal(JSON.parse(lines[0] ?? "").code, undefined);
  assert(!lines[0]?.includes("secret"));
});

test("connections leave files to all else, however few there are", () => {
  assert.equal(connectionsWithin(undefined), CONNECTIONS_MAX);
  assert.equal(connectionsWithin(1_048_576), CONNECTIONS_MAX);
  assert.equal(connectionsWithin(8_192), CONNECTIONS_MAX, "as the unit has it");
  assert.equal(connectionsWithin(1_024), 768);
  assert.equal(connectionsWithin(64), 16);
});

test("where no file descriptor is left, it is seen, by its name", () => {
  const program = `
    import { openSync } from "node:fs";
    import { descriptorsMax, watchDescriptors } from ${JSON.stringify(join(ROOT, "lsp/app/descriptors.ts"))};
    const seen = [];
    const stop = watchDescriptors(10, (word) => seen.push(word));
    const max = descriptorsMax();
    setTimeout(() => {
      const before = seen.length;
      try { for (;;) openSync("/dev/null", "r"); } catch {}
      setTimeout(() => { stop(); console.log(JSON.stringify([max, before, seen[0]])); process.exit(0); }, 200);
    }, 50);`;
  const node = ["--input-type=module-typescript", "--eval", program];
  const said = execFileSync("prlimit", ["--nofile=64:64", process.execPath, ...node], { encoding: "utf8" });
  assert.equal(said.trim(), '[64,0,"EMFILE"]');
});
