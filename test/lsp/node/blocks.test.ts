import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { afterEach, beforeEach, mock, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { type ClientReadableStream, status } from "@grpc/grpc-js";
import { LND_BACKOFF_MS } from "../../../lsp/limits.ts";
import { type BlockWatch, watchBlocks } from "../../../lsp/node/blocks.ts";
import { type BlockEpoch, BlockEpochSchema } from "../../../proto/gen/lnd/chain_pb.js";

/** One subscription as lnd's side sees it. */
interface Asked {
  readonly after: object;
  readonly cancelled: () => boolean;
  send(height: number, branch?: number): Promise<void>;
  fail(code: number, details: string): Promise<void>;
  end(): Promise<void>;
}

let asked: Asked[] = [];
let seen: string[] = [];
let watch: BlockWatch | undefined;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  [asked, seen] = [[], []];
  watch = watchBlocks(subscribe, {
    onBlock: ({ height, hash }) => seen.push(`${height} ${hash.slice(0, 2)}..${hash.slice(-2)}`),
    onTrouble: (trouble) => seen.push(trouble?.code ?? "well"),
  });
});
afterEach(() => {
  watch?.close();
  mock.timers.reset();
});

function subscribe(after: object): ClientReadableStream<BlockEpoch> {
  let cancelled = false;
  const stream = Object.assign(new Readable({ objectMode: true, read: () => undefined }), {
    cancel() {
      cancelled = true;
    },
    getPeer: () => "",
    getAuthContext: () => null,
  });
  asked.push({
    after,
    cancelled: () => cancelled,
    async send(height, branch) {
      stream.push(epoch(height, branch));
      await turn();
    },
    async fail(code, details) {
      stream.emit("error", Object.assign(new Error(details), { code, details }));
      await turn();
    },
    async end() {
      stream.push(null);
      await turn();
    },
  });
  return stream as ClientReadableStream<BlockEpoch>;
}

/** Of the protocol's bytes the first is the height and the last the branch; people read them the other way round. */
function epoch(height: number, branch = 0): BlockEpoch {
  const hash = Buffer.alloc(32);
  hash[0] = height;
  hash[31] = branch;
  return create(BlockEpochSchema, { height, hash });
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function at(index: number): Asked {
  const found = asked[index];
  assert.ok(found !== undefined, `subscription ${index}`);
  return found;
}

test("blocks come with their hash as people read it", async () => {
  await at(0).send(7, 0xab);
  assert.deepEqual(at(0).after, {});
  assert.deepEqual(seen, ["well", "7 ab..07"]);
});

test("a subscription that ended is renewed from the last block but one, and the last is not told twice", async () => {
  await at(0).send(7);
  await at(0).send(8);
  await at(0).fail(status.UNKNOWN, "chain notifier RPC subserver shutting down");
  mock.timers.tick(LND_BACKOFF_MS.first);
  assert.deepEqual(at(1).after, epoch(7));
  await at(1).send(8);
  await at(1).send(9);
  assert.deepEqual(seen, ["well", "7 00..07", "8 00..08", "lnd_unavailable", "well", "9 00..09"]);
});

test("a reorganisation is told block by block, also one that came while lnd was away", async () => {
  for (const [height, branch] of [[7], [8], [8, 1], [9, 1]] as const) await at(0).send(height, branch);
  await at(0).end();
  mock.timers.tick(LND_BACKOFF_MS.first);
  assert.deepEqual(at(1).after, epoch(8, 1));
  await at(1).send(8, 2);
  await at(1).send(9, 2);
  const blocks = seen.filter((line) => line.includes(" "));
  assert.deepEqual(blocks, ["7 00..07", "8 00..08", "8 01..08", "9 01..09", "8 02..08", "9 02..09"]);
});

test("where lnd does not know the block that we come from, the tip is taken", async () => {
  await at(0).send(7);
  await at(0).send(8);
  await at(0).end();
  mock.timers.tick(LND_BACKOFF_MS.first);
  await at(1).fail(status.UNKNOWN, "unable to find blockhash for height=7");
  mock.timers.tick(2 * LND_BACKOFF_MS.first);
  assert.deepEqual(at(2).after, {});
  await at(2).send(3);
  assert.deepEqual(seen.slice(-2), ["well", "3 00..03"]);
});

test("an lnd that is away is not taken for one that does not know the block", async () => {
  await at(0).send(7);
  await at(0).send(8);
  await at(0).end();
  mock.timers.tick(LND_BACKOFF_MS.first);
  await at(1).fail(status.UNAVAILABLE, "Connection dropped");
  mock.timers.tick(2 * LND_BACKOFF_MS.first);
  await at(2).fail(status.UNKNOWN, "wallet locked, unlock it to enable full RPC access");
  mock.timers.tick(4 * LND_BACKOFF_MS.first);
  assert.deepEqual(at(3).after, epoch(7));
  assert.deepEqual(seen.slice(-2), ["lnd_unavailable", "lnd_locked"]);
});

test("pauses grow to their bound, and a block brings the first one back", async () => {
  let pause: number = LND_BACKOFF_MS.first;
  for (let tries = 0; tries < 8; tries += 1) {
    await at(tries).fail(status.UNAVAILABLE, "Connection dropped");
    mock.timers.tick(pause - 1);
    assert.equal(asked.length, tries + 1);
    mock.timers.tick(1);
    assert.equal(asked.length, tries + 2);
    pause = Math.min(2 * pause, LND_BACKOFF_MS.last);
  }
  assert.equal(pause, LND_BACKOFF_MS.last);
  assert.deepEqual(seen, ["lnd_unavailable"]);
  await at(8).send(7);
  await at(8).end();
  mock.timers.tick(LND_BACKOFF_MS.first);
  assert.equal(asked.length, 10);
});

test("a closed watch cancels, tells nothing more, and does not come back", async () => {
  await at(0).send(7);
  watch?.close();
  await at(0).send(8);
  await at(0).fail(status.CANCELLED, "Cancelled on client");
  mock.timers.tick(LND_BACKOFF_MS.last);
  assert.deepEqual([at(0).cancelled(), asked.length, seen], [true, 1, ["well", "7 00..07"]]);
});
