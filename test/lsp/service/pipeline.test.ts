import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { Incoming } from "../../../lsp/server/exchange.ts";
import type { NonceGate } from "../../../lsp/store/nonces.ts";
import type { Store } from "../../../lsp/store/store.ts";
import { verifyFrame } from "../../../lsp/wire/signature.ts";
import { STATUS } from "../../../lsp/wire/status.ts";
import { ResponseSchema } from "../../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import { ResponseSchema as SwapFromLnResponse } from "../../../proto/gen/btc_lsp/method/swap_from_ln_pb.js";
import { FRAMES_NODE_ID, freshNonce } from "../../signer/service/frames.ts";
import vectors from "../../vectors/wire.json" with { type: "json" };
import { askAs, METHOD_PATHS } from "./requests.ts";
import { caseOf, isRow, keySigner, newCustomer, openRig, openTestStore, readReply, statusOfOutgoing } from "./rig.ts";

let store: Store;
let end: () => Promise<void>;
let storeNow: number;
before(async () => {
  ({ store, now: storeNow, end } = await openTestStore());
});
after(() => end());

/** Until everything that can go on has. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A gate that waits, and a word on what has come of it. */
function slow(gate: NonceGate): { gate: NonceGate; go: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { gate: { take: (key, nonce) => promise.then(() => gate.take(key, nonce)) }, go: resolve };
}

describe("GetCfg", () => {
  test("says what the specification's vector says", async () => {
    const { service } = openRig(store);
    const { wire } = readReply(ResponseSchema, await service.handle(askAs(newCustomer())));
    const success = Buffer.from(vectors.success.message, "hex");
    assert.equal(wire.subarray(-success.length).toString("hex"), success.toString("hex"));
  });
});

describe("the answer leaves when the nonce is on disk and the signature is there", () => {
  test("both begin at once; the signature comes first", async () => {
    const { gate, go } = slow(store.nonces);
    const signer = keySigner();
    const { service } = openRig(store, { signer, store: { nonces: gate } });
    let left = false;
    const answer = service.handle(askAs(newCustomer())).finally(() => {
      left = true;
    });
    await settle();
    assert.deepEqual(signer.asked, [METHOD_PATHS.GetCfg]);
    assert.equal(left, false);
    go();
    assert.equal(caseOf(await answer), "success");
    assert.equal(signer.asked.length, 1);
  });

  test("the nonce comes first", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const signer = keySigner();
    signer.hold = () => promise;
    const { service, told } = openRig(store, { signer });
    let left = false;
    const answer = service.handle(askAs(newCustomer())).finally(() => {
      left = true;
    });
    while (!told.includes("database accepted")) await settle();
    await settle();
    assert.equal(left, false);
    resolve();
    assert.equal(caseOf(await answer), "success");
  });

  test("the nonce is refused: the success that was signed does not leave, the failure is signed on its own", async () => {
    const customer = newCustomer();
    const incoming = askAs(customer);
    await openRig(store).service.handle(incoming);
    // Another process over the same database: it has not seen the nonce.
    const signer = keySigner();
    const { service } = openRig(store, { signer });
    const refused = await service.handle(incoming);
    assert.ok(isRow(refused, "nonce_stale"));
    assert.equal(signer.asked.length, 2);
  });

  test("a nonce that was seen here costs one signature, that of its refusal", async () => {
    const signer = keySigner();
    const { service, told } = openRig(store, { signer });
    const incoming = askAs(newCustomer());
    await service.handle(incoming);
    assert.ok(isRow(await service.handle(incoming), "nonce_stale"));
    assert.equal(signer.asked.length, 2);
    assert.ok(told.includes("nonce refused"));
  });

  test("the nonce was not committed: nothing leaves, and the same nonce is good later", async () => {
    const signer = keySigner();
    let isDown = true;
    const nonces: NonceGate = {
      async take(key, nonce) {
        return isDown ? { ok: false, error: { code: "store_unavailable", detail: "" } } : store.nonces.take(key, nonce);
      },
    };
    const { service } = openRig(store, { signer, store: { nonces } });
    const incoming = askAs(newCustomer());
    assert.equal(statusOfOutgoing(await service.handle(incoming)), STATUS.unavailable);
    isDown = false;
    assert.equal(caseOf(await service.handle(incoming)), "success");
  });

  test("no nonce is reserved for the answer: none is taken", async () => {
    let next: bigint | undefined;
    const replyNonces = { next: () => next };
    const { service } = openRig(store, { store: { replyNonces } });
    const incoming = askAs(newCustomer());
    assert.equal(statusOfOutgoing(await service.handle(incoming)), STATUS.unavailable);
    next = freshNonce();
    assert.equal(caseOf(await service.handle(incoming)), "success");
  });
});

describe("nonces of requests", () => {
  test("are unsigned 64-bit, and strictly greater", async () => {
    const { service } = openRig(store);
    const customer = newCustomer();
    const asked = [0n, 1n, 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 63n - 1n, 2n ** 64n - 1n, 2n ** 64n - 1n, 5n];
    const passed: boolean[] = [];
    for (const nonce of asked) passed.push(caseOf(await service.handle(askAs(customer, { nonce }))) === "success");
    assert.deepEqual(passed, [false, true, false, true, true, false, true, false, false]);
  });

  test("of one turn are decided in the order in which they came", async () => {
    const { service } = openRig(store);
    const [one, other] = [newCustomer(), newCustomer()];
    const asked = [
      askAs(one, { nonce: 5n }),
      askAs(other, { nonce: 4n }),
      askAs(one, { nonce: 6n }),
      askAs(one, { nonce: 5n }),
    ];
    const answers = await Promise.all(asked.map((incoming) => service.handle(incoming)));
    assert.deepEqual(answers.map(caseOf), ["success", "success", "success", "failure"]);
  });

  test("1,000 replays at once: exactly one passes", async () => {
    const signer = keySigner();
    const { service } = openRig(store, { signer });
    const incoming = askAs(newCustomer());
    const answers = await Promise.all(Array.from({ length: 1000 }, () => service.handle(incoming)));
    const read = answers.map((outgoing) => readReply(ResponseSchema, outgoing));
    assert.equal(read.filter(({ message }) => message.either.case === "success").length, 1);
    assert.equal(answers.filter((outgoing) => isRow(outgoing, "nonce_stale")).length, 999);
    assert.equal(new Set(read.map(({ nonce }) => nonce)).size, 1000);
    assert.equal(signer.asked.length, 1000);
  });

  test("are one sequence for all methods: a request is good for one of them, and for any", async () => {
    const { service } = openRig(store);
    const incoming = askAs(newCustomer());
    // As the original: the signature does not cover the path (docs/contract.md#what-it-does-not-bind).
    const elsewhere: Incoming = { ...incoming, path: METHOD_PATHS.SwapFromLn };
    readReply(SwapFromLnResponse, await service.handle(elsewhere));
    assert.ok(isRow(await service.handle(incoming), "nonce_stale"));
  });
});

describe("nonces of answers", () => {
  test("increase, whatever the answer", async () => {
    const { service } = openRig(store);
    const customer = newCustomer();
    const seen: bigint[] = [];
    for (const nonce of [freshNonce(), 1n, freshNonce(), 2n]) {
      seen.push(readReply(ResponseSchema, await service.handle(askAs(customer, { nonce }))).nonce);
    }
    assert.ok(seen.every((nonce, at) => at === 0 || nonce > (seen[at - 1] ?? nonce)));
    const now = BigInt(storeNow) * 1000n;
    assert.ok(seen.every((nonce) => nonce > now - 10_000_000n && nonce < now + 10_000_000n));
  });
});

describe("gzip", () => {
  const accepts = { "grpc-accept-encoding": "identity, gzip" };

  test("answers gzip, signed as it leaves", async () => {
    const { service } = openRig(store);
    const outgoing = await service.handle(askAs(newCustomer(), { gzip: true, headers: accepts }));
    assert(outgoing.kind === "reply");
    const { wire, signature, gzip } = outgoing;
    assert.equal(gzip, true);
    assert.equal(wire[0], 1);
    assert.ok(verifyFrame(wire, signature, Buffer.from(FRAMES_NODE_ID, "hex")));
    const plain = gunzipSync(wire.subarray(5));
    const success = Buffer.from(vectors.success.message, "hex");
    assert.equal(plain.subarray(-success.length).toString("hex"), success.toString("hex"));
  });

  test("only if the request was, and the client takes it", async () => {
    const { service } = openRig(store);
    for (const over of [
      { gzip: true },
      { gzip: true, headers: { "grpc-accept-encoding": "identity" } },
      { headers: accepts },
      // grpcio leaves small bodies at flag 0 and says gzip all the same.
      { headers: { ...accepts, "grpc-encoding": "gzip" } },
    ]) {
      assert.equal(caseOf(await service.handle(askAs(newCustomer(), over))), "success");
    }
  });

  test("refusals of a nonce are gzip too, failures that are shared never", async () => {
    const { service } = openRig(store);
    const stale = await service.handle(askAs(newCustomer(), { gzip: true, headers: accepts, nonce: 0n }));
    assert(stale.kind === "reply");
    assert.equal(stale.gzip, true);
    const shared = await service.handle(askAs(newCustomer(), { gzip: true, headers: accepts, nonce: undefined }));
    assert.ok(isRow(shared, "nonce_missing"));
    assert(shared.kind === "reply");
    assert.equal(shared.gzip, false);
  });
});
