import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomInt } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openAuditLog } from "../../../signer/audit/open.ts";
import { verifyLog } from "../../../signer/audit/verify.ts";
import { openSigner, type SignerClient } from "../../../signer/client/client.ts";
import { eventually } from "../../tools/wait.ts";
import { lines, readSegments } from "../audit/sample.ts";
import { FAILPOINT_NAMES, FAILPOINTS, type Failpoint } from "./failpoints.ts";
import { FRAMES_NODE_ID, goodFrame, METHOD } from "./frames.ts";
import { startSignerProgram } from "./program.ts";
import { newSignerFolder } from "./rig.ts";

const HOST = join(import.meta.dirname, "host.ts");
const KILLS = process.env["DEEP"] === undefined ? 100 : 500;

/** Signatures of one question are made on the main thread, those of many on the other one. */
const SIZES = [1, 24] as const;

/** No answer can have left before the log has said that the record is on the disk. */
const BEFORE_DISK: readonly Failpoint[] = ["judged", "signing", "signed", "appending", "writing", "torn", "written"];

describe("kill -9 at every place of the signing path: no signature is out that the log does not hold", () => {
  for (const point of FAILPOINT_NAMES) {
    for (const size of SIZES) {
      test(`${point}: ${FAILPOINTS[point]}, ${size} in flight`, async (t) => {
        const folder = newSignerFolder();
        t.after(() => rmSync(folder, { recursive: true, force: true }));
        // Far enough in that some were answered before, whatever is counted at this place: items, batches or flushes.
        const nth = point === "judged" ? 1 + 3 * size : 4;
        const host = spawn(process.execPath, [HOST, "die", point, String(nth), folder], {
          stdio: ["pipe", "pipe", "inherit"],
        });
        const exit = once(host, "exit");
        await once(host.stdout, "data");
        const client = openClient(join(folder, "run", "lsp.sock"));
        const out = new Set<string>();
        let before = 0;
        for (let last: number = size; last === size; ) {
          before = out.size;
          const given = await ask(client, size);
          last = given.length;
          for (const digest of given) out.add(digest);
        }
        const [, signal] = (await exit) as [number | null, string | null];
        assert.equal(signal, "SIGKILL");
        await client.close();
        assert.ok(before > 0, "some were answered before");
        if (BEFORE_DISK.includes(point)) assert.equal(out.size, before, "none of the last ones has an answer");
        // Half a record is no flaw before the next start, which cuts it off and says so.
        assert.equal(verifyLog(readSegments(folder), { witnesses: [] }).flaw, undefined);
        const log = openAuditLog({ dir: folder, nodeId: FRAMES_NODE_ID, network: "regtest", reserveBytes: 0 });
        assert.ok(log.ok);
        await log.value.close();
        assert.equal(verifyLog(readSegments(folder), { witnesses: [] }).flaw, undefined);
        assert.deepEqual(missing(folder, out), []);
      });
    }
  }
});

test(`${KILLS} kills of signer run under load: every signature that is out is on record, and the log verifies`, async (t) => {
  const folder = newSignerFolder();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const out = new Set<string>();
  let data = "";
  for (let kill = 0; kill < KILLS; kill += 1) {
    const program = await startSignerProgram(folder);
    data = program.data;
    const client = openClient(program.socket);
    let running = true;
    const load = Array.from({ length: kill % 2 === 0 ? 64 : 2 }, async () => {
      while (running) for (const digest of await ask(client, 1)) out.add(digest);
    });
    const enough = out.size + randomInt(2, 200);
    await eventually("enough signatures", () => out.size >= enough, { pauseMs: 1 });
    await program.stop("SIGKILL");
    running = false;
    await client.close();
    await Promise.all(load);
    assert.equal(verifyLog(readSegments(data), { witnesses: [] }).flaw, undefined, `kill ${kill}`);
  }
  assert.ok(out.size > KILLS, `${out.size} signatures`);
  assert.deepEqual(missing(data, out), []);
  t.diagnostic(`${KILLS} kills, ${out.size} signatures out`);
});

function openClient(socket: string): SignerClient {
  return openSigner({ place: { socket }, nodeId: FRAMES_NODE_ID, network: "regtest" });
}

/** SHA-256 of the signatures that came back. */
async function ask(client: SignerClient, count: number): Promise<string[]> {
  const results = await Promise.all(Array.from({ length: count }, () => client.sign(goodFrame(), METHOD, "response")));
  return results.flatMap((result) =>
    result.kind === "signed" ? [createHash("sha256").update(result.signature).digest("hex")] : [],
  );
}

/** Those that no record names. */
function missing(folder: string, signatures: ReadonlySet<string>): string[] {
  const recorded = new Set(lines(folder).map(({ signature }) => signature));
  return [...signatures].filter((digest) => !recorded.has(digest));
}
