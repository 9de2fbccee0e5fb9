import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { SIGN_RETRY_MS } from "../../../lsp/limits.ts";
import { withHealth } from "../../../lsp/sign/health.ts";
import { openLndSigner } from "../../../lsp/sign/lnd.ts";
import { openProcessSigner } from "../../../lsp/sign/process.ts";
import type { ResponseSigner, SignOutcome } from "../../../lsp/sign/signer.ts";
import type { Store } from "../../../lsp/store/store.ts";
import { STATUS } from "../../../lsp/wire/status.ts";
import { ResponseSchema } from "../../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import { ResponseSchema as SwapFromLnResponse } from "../../../proto/gen/btc_lsp/method/swap_from_ln_pb.js";
import { ResponseSchema as SwapResponse } from "../../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import { openSigner } from "../../../signer/client/client.ts";
import { FRAMES_NODE_ID, goodFrame, METHOD } from "../../signer/service/frames.ts";
import { newSignerFolder, type SignerRig, startSignerRig } from "../../signer/service/rig.ts";
import { eventually } from "../../tools/wait.ts";
import { askAs } from "./requests.ts";
import { newCustomer, openRig, openTestStore, readReply, signFrameWith, statusOfOutgoing } from "./rig.ts";

const SIGNED: SignOutcome = { kind: "signed", signature: Buffer.of(1) };
const DOWN: SignOutcome = { kind: "unavailable", code: "deadline" };

describe("a signer's health", () => {
  function manual(): {
    signer: ResponseSigner;
    answers: ((outcome: SignOutcome) => void)[];
    at: (now: number) => void;
  } {
    let now = 0;
    const answers: ((outcome: SignOutcome) => void)[] = [];
    const way = {
      sign: () => new Promise<SignOutcome>((resolve) => void answers.push(resolve)),
      connected: () => true,
      close: () => Promise.resolve(),
    };
    const signer = withHealth(way, { monotonic: () => now });
    const at = (ms: number): void => {
      now = ms;
    };
    return { signer, answers, at };
  }

  const frame = Buffer.alloc(5);
  const trouble: readonly SignOutcome[] = [DOWN, { kind: "refused", rule: "budget.paused", reason: "" }];
  for (const outcome of trouble) {
    test(`stays unhealthy for SIGN_RETRY_MS after "${outcome.kind}", then lets one request through`, async () => {
      const { signer, answers, at } = manual();
      assert.ok(signer.healthy());
      const first = signer.sign(frame, METHOD);
      answers.shift()?.(outcome);
      assert.deepEqual(await first, outcome);
      assert.ok(!signer.healthy());
      at(SIGN_RETRY_MS - 1);
      assert.ok(!signer.healthy());
      at(SIGN_RETRY_MS);
      assert.ok(signer.healthy());
      const second = signer.sign(frame, METHOD);
      // While that one waits nobody else has to.
      assert.ok(!signer.healthy());
      answers.shift()?.(SIGNED);
      await second;
      assert.ok(signer.healthy());
    });
  }

  test("is not touched by a refusal of one frame", async () => {
    const { signer, answers } = manual();
    const asked = signer.sign(frame, METHOD);
    answers.shift()?.({ kind: "refused", rule: "content.node", reason: "" });
    await asked;
    assert.ok(signer.healthy());
  });
});

describe("lnd as signer", () => {
  test("signs, and its troubles are codes", async () => {
    const key = newCustomer();
    let isLocked = false;
    const told: string[] = [];
    const signer = openLndSigner(
      {
        async signMessage(bytes) {
          if (isLocked) return { ok: false, error: { code: "lnd_locked", detail: "" } };
          return { ok: true, value: signFrameWith(bytes, key.privateKey) };
        },
      },
      { monotonic: () => 0, onOutcome: ({ kind }) => void told.push(kind) },
    );
    const frame = goodFrame();
    assert.deepEqual(await signer.sign(frame, METHOD), {
      kind: "signed",
      signature: signFrameWith(frame, key.privateKey),
    });
    isLocked = true;
    assert.deepEqual(await signer.sign(frame, METHOD), { kind: "unavailable", code: "lnd_locked" });
    assert.ok(!signer.healthy());
    assert.deepEqual(told, ["signed", "unavailable"]);
    await signer.close();
  });
});

describe("the signer process", () => {
  let store: Store;
  let end: () => Promise<void>;
  let process: SignerRig;
  let signer: ResponseSigner;
  const outcomes: SignOutcome[] = [];
  const folder = newSignerFolder();

  const start = async (): Promise<void> => {
    process = await startSignerRig({ folder });
  };

  before(async () => {
    ({ store, end } = await openTestStore());
    await start();
    signer = openProcessSigner(
      openSigner({ place: { socket: process.socket }, nodeId: FRAMES_NODE_ID, network: "regtest" }),
      {
        monotonic: () => performance.now(),
        onOutcome: (outcome) => void outcomes.push(outcome),
      },
    );
    await until(() => signer.healthy());
  });
  after(async () => {
    await signer.close();
    await end();
    await process.end();
  });

  test("signs all that the service answers: its policy refuses nothing of it", async () => {
    const { service } = openRig(store, { signer });
    const customer = newCustomer();
    readReply(ResponseSchema, await service.handle(askAs(customer)));
    readReply(ResponseSchema, await service.handle(askAs(customer, { nonce: 1n })));
    readReply(SwapFromLnResponse, await service.handle(askAs(customer, { method: "SwapFromLn" })));
    for (const over of [
      { refund: undefined },
      { refund: "nowhere" },
      { privacy: 2 },
      { nonce: undefined },
      { key: undefined },
    ]) {
      readReply(SwapResponse, await service.handle(askAs(customer, { method: "SwapIntoLn", ...over })));
    }
    readReply(SwapResponse, await service.handle(askAs(newCustomer(), { customer, method: "SwapIntoLn" })));
    const gzip = await service.handle(askAs(customer, { gzip: true, headers: { "grpc-accept-encoding": "gzip" } }));
    assert.equal(gzip.kind, "reply");
    assert.ok(outcomes.every(({ kind }) => kind === "signed"));
  });

  test("is down: UNAVAILABLE at once, no nonce is taken; it comes back: answers again", async () => {
    const { service } = openRig(store, { signer });
    const [cfg, swap] = [askAs(newCustomer()), askAs(newCustomer(), { method: "SwapIntoLn" })];
    const bad = askAs(newCustomer(), { customer: newCustomer() });
    await process.stop();
    await until(() => !signer.healthy());
    for (const incoming of [cfg, swap, bad])
      assert.equal(statusOfOutgoing(await service.handle(incoming)), STATUS.unavailable);
    await start();
    await until(() => signer.healthy());
    assert.equal(readReply(ResponseSchema, await service.handle(cfg)).message.either.case, "success");
    assert.equal(statusOfOutgoing(await service.handle(swap)), STATUS.unimplemented);
  });

  test("goes away between question and answer: UNAVAILABLE, the nonce is taken", async () => {
    const { service, told } = openRig(store, { signer });
    const incoming = askAs(newCustomer());
    const answer = service.handle(incoming);
    await process.stop();
    const outgoing = await answer;
    // The answer may have been faster.
    if (outgoing.kind === "status") {
      assert.equal(outgoing.status, STATUS.unavailable);
      assert.equal(told.at(-1), "GetCfg unsigned");
    }
    await start();
    await until(() => signer.healthy());
    assert.equal(readReply(ResponseSchema, await service.handle(incoming)).message.either.case, "failure");
  });

  test("refuses what its policy does not know: UNAVAILABLE, and other answers go on", async () => {
    const { service } = openRig(store, { signer });
    const strange = openRig(store, { signer, settings: { nodeId: `02${FRAMES_NODE_ID.slice(2)}` } });
    assert.equal(statusOfOutgoing(await strange.service.handle(askAs(newCustomer()))), STATUS.unavailable);
    assert.deepEqual(outcomes.at(-1)?.kind, "refused");
    readReply(ResponseSchema, await service.handle(askAs(newCustomer())));
  });
});

async function until(done: () => boolean): Promise<void> {
  await eventually(`${done}`, done, { pauseMs: 5 });
}
