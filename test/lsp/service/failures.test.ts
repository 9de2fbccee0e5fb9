import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Store } from "../../../lsp/store/store.ts";
import { verifyFrame } from "../../../lsp/wire/signature.ts";
import { STATUS } from "../../../lsp/wire/status.ts";
import { ResponseSchema } from "../../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import { askAs } from "./requests.ts";
import { caseOf, isRow, keySigner, newCustomer, openRig, openTestStore, readReply, statusOfOutgoing } from "./rig.ts";

let store: Store;
let end: () => Promise<void>;
before(async () => {
  ({ store, end } = await openTestStore());
});
after(() => end());

describe("failures before verification", () => {
  const bad = { customer: newCustomer() };

  test("a thousand of them are one signature, whatever the method", async () => {
    const signer = keySigner();
    // One moment, however long a busy machine takes.
    const { service, told } = openRig(store, { signer, monotonic: () => 0 });
    const methods = ["GetCfg", "SwapIntoLn", "SwapFromLn"] as const;
    const asked = Array.from({ length: 1000 }, (_, at) =>
      askAs(newCustomer(), { ...bad, method: methods[at % 3] ?? "GetCfg" }),
    );
    const answers = await Promise.all(asked.map((incoming) => service.handle(incoming)));
    assert.ok(answers.every((outgoing) => isRow(outgoing, "signature")));
    assert.equal(signer.asked.length, 1);
    assert.equal(told.filter((line) => line.endsWith(" signature")).length, 1000);
    assert.ok(!told.some((line) => line.startsWith("database")));
  });

  test("are made once a second for each kind, also when one could not be signed", async () => {
    const signer = keySigner();
    let now = 0;
    const { service } = openRig(store, { signer, monotonic: () => now });
    const nonces = new Set<bigint>();
    const fail = async (over: Parameters<typeof askAs>[1]): Promise<void> => {
      const outgoing = await service.handle(askAs(newCustomer(), over));
      if (outgoing.kind === "reply") nonces.add(readReply(ResponseSchema, outgoing).nonce);
    };
    const failAll = async (): Promise<void> => {
      for (const over of [bad, { nonce: undefined }, { key: undefined }]) await fail(over);
    };
    await failAll();
    now = 999;
    await failAll();
    assert.equal(signer.asked.length, 3);
    now = 1000;
    await failAll();
    assert.equal(signer.asked.length, 6);
    assert.equal(nonces.size, 6);
    signer.trouble = { kind: "unavailable", code: "deadline" };
    now = 2000;
    await failAll();
    now = 2500;
    await failAll();
    assert.equal(signer.asked.length, 9);
    signer.trouble = undefined;
    now = 3000;
    await failAll();
    assert.equal(nonces.size, 9);
  });

  test("take nothing of a key's rate: nobody is locked out by others", async () => {
    const { service } = openRig(store, { settings: { perKey: { perSecond: 1e-6, burst: 1 } } });
    const customer = newCustomer();
    for (let at = 0; at < 5; at++) await service.handle(askAs(newCustomer(), { key: customer.publicKey }));
    assert.equal(caseOf(await service.handle(askAs(customer))), "success");
    assert.equal(statusOfOutgoing(await service.handle(askAs(customer))), STATUS.resourceExhausted);
    assert.equal(caseOf(await service.handle(askAs(newCustomer()))), "success");
  });
});

describe("SwapIntoLn", () => {
  test("takes its nonce in the transaction of its effect", async () => {
    let transactions = 0;
    const transaction: Store["transaction"] = (work) => {
      transactions += 1;
      return store.transaction(work);
    };
    const { service } = openRig(store, { store: { transaction, nonces: { take: () => assert.fail("the gate") } } });
    const incoming = askAs(newCustomer(), { method: "SwapIntoLn" });
    assert.equal(statusOfOutgoing(await service.handle(incoming)), STATUS.unimplemented);
    assert.equal(transactions, 1);
    assert.ok(isRow(await service.handle(incoming), "nonce_stale"));
  });

  test("begins none while the signer is down, and its nonce stays good", async () => {
    const signer = keySigner();
    signer.isDown = true;
    const transaction = (): never => assert.fail("an effect");
    const down = openRig(store, { signer, store: { transaction } });
    const incoming = askAs(newCustomer(), { method: "SwapIntoLn" });
    assert.equal(statusOfOutgoing(await down.service.handle(incoming)), STATUS.unavailable);
    const up = openRig(store);
    assert.equal(statusOfOutgoing(await up.service.handle(incoming)), STATUS.unimplemented);
  });

  test("whose effect is rolled back has not used its nonce", async () => {
    const transaction: Store["transaction"] = async (work) => {
      const done = await store
        .transaction(async (trx) => {
          await work(trx);
          throw new Error("rolled back");
        })
        .catch(() => undefined);
      assert.equal(done, undefined);
      return { ok: false, error: { code: "store_unavailable", detail: "" } };
    };
    const incoming = askAs(newCustomer(), { method: "SwapIntoLn" });
    const broken = openRig(store, { store: { transaction } });
    assert.equal(statusOfOutgoing(await broken.service.handle(incoming)), STATUS.unavailable);
    assert.equal(statusOfOutgoing(await openRig(store).service.handle(incoming)), STATUS.unimplemented);
  });

  test("that is refused for what it says has no effect, and its nonce is taken", async () => {
    const transaction = (): never => assert.fail("an effect");
    const { service } = openRig(store, { store: { transaction } });
    const incoming = askAs(newCustomer(), { method: "SwapIntoLn", refund: "nowhere" });
    assert.ok(isRow(await service.handle(incoming), "refund_not_valid"));
    assert.ok(isRow(await service.handle(incoming), "nonce_stale"));
  });
});

describe("a verifier on another thread", () => {
  test("is waited for", async () => {
    const verifier = {
      verify: async (...of: Parameters<typeof verifyFrame>) => verifyFrame(...of),
      close: () => Promise.resolve(),
    };
    const { service, told } = openRig(store, { verifier });
    assert.equal(caseOf(await service.handle(askAs(newCustomer()))), "success");
    assert.ok(isRow(await service.handle(askAs(newCustomer(), { customer: newCustomer() })), "signature"));
    assert.deepEqual(told.slice(0, 1), ["verify valid"]);
    assert.ok(told.includes("verify invalid"));
  });
});
