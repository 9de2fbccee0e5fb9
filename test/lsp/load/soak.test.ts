import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { askOnce, customer, dialServer, isSuccess, signedGetCfg } from "../../bench/customers.ts";
import { needs } from "../../tools/need.ts";
import { readiness } from "../app/rig.ts";
import { type LoadedLsp, prepareLsp } from "./system.ts";

const METHOD = "/BtcLsp.Service/GetCfg";
const IN_FLIGHT = 64;
/** Of each third. Long enough for a leak of a kilobyte a request to be seen, which would be 4 MB. */
const QUESTIONS = 4_000;
const MIB = 1_048_576;
/** Heaps breathe; what grows without end does not stop at this. */
const BREATH = 48 * MIB;
/**
 * V8 lets garbage lie until its old space is large, 160 MiB after 20,000 questions here, and then takes it away: a short run
 * sees only the way up. In a small space it has to tidy up at once, and what is not garbage ends the process.
 */
const SMALL_HEAP = { NODE_OPTIONS: "--max-old-space-size=112" };

describe("a short soak; `npm run bench:lsp -- --soak 600` is the long one", needs("go", "postgres"), () => {
  let lsp: LoadedLsp;
  before(async () => {
    lsp = await prepareLsp();
  });
  after(() => lsp?.stop());

  test("memory is flat under a steady load", async (t) => {
    const program = await lsp.start(SMALL_HEAP);
    await readiness(program.admin);
    const memory: number[] = [];
    for (let third = 0; third < 4; third += 1) {
      await load(program.address);
      memory.push(lsp.resident(program));
    }
    // The first load warms it up: code is compiled, buffers are made.
    const [, start = 0, middle = 0, end = 0] = memory;
    t.diagnostic(`RSS ${[start, middle, end].map((bytes) => `${Math.round(bytes / MIB)} MiB`).join(", ")}`);
    assert.ok(end < start + BREATH, `RSS grew from ${start} to ${end} bytes`);
  });

  async function load(address: string): Promise<void> {
    const session = await dialServer(address, lsp.authority);
    let left = QUESTIONS;
    const loop = async (_: unknown, at: number): Promise<void> => {
      const who = customer(at);
      for (; left > 0; left -= 1) {
        const answer = await askOnce(
          session,
          METHOD,
          signedGetCfg(who, BigInt(Date.now()) * 1_000n + BigInt(QUESTIONS - left)),
        );
        assert.ok(isSuccess(answer), `status ${answer.status}`);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, loop));
    session.destroy();
  }
});
