import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Incoming } from "../../../lsp/server/exchange.ts";
import type { Store } from "../../../lsp/store/store.ts";
import { STATUS } from "../../../lsp/wire/status.ts";
import { askAs, draft, incomingOf, METHOD_PATHS } from "./requests.ts";
import { caseOf, incoming, isRow, keySigner, newCustomer, openRig, openTestStore, statusOfOutgoing } from "./rig.ts";

// What one key or one address can take from others: nothing.

let store: Store;
let end: () => Promise<void>;
before(async () => {
  ({ store, end } = await openTestStore());
});
after(() => end());

const from = (asked: Incoming, address: string): Incoming => ({ ...asked, address });
const noMore = { perKey: { perSecond: 1e-6, burst: 2 } };

test("an old request sent again and again takes nothing of its key's rate", async () => {
  const { service } = openRig(store, { settings: noMore });
  const customer = newCustomer();
  const old = askAs(customer);
  assert.equal(caseOf(await service.handle(old)), "success");
  for (let at = 0; at < 10; at += 1) assert.ok(isRow(await service.handle(old), "nonce_stale"));
  assert.equal(caseOf(await service.handle(askAs(customer))), "success");
  assert.equal(
    statusOfOutgoing(await service.handle(askAs(customer))),
    STATUS.resourceExhausted,
    "its own requests do",
  );
});

test("nor do many old ones, in their order, at a service that was started after them", async () => {
  const customer = newCustomer();
  const first = openRig(store).service;
  const old = [askAs(customer), askAs(customer), askAs(customer), askAs(customer)];
  for (const each of old) assert.equal(caseOf(await first.handle(each)), "success");
  const { service } = openRig(store, { settings: noMore });
  for (const each of old) assert.ok(isRow(await service.handle(each), "nonce_stale"));
  assert.equal(caseOf(await service.handle(askAs(customer))), "success");
});

test("signed answers of an address have a share of the day, old requests among them; others have their own", async () => {
  const signer = keySigner();
  const settings = { perAddressDay: { answers: 3, newKeys: 100 } };
  const { service } = openRig(store, { signer, settings });
  const old = askAs(newCustomer());
  for (let at = 0; at < 3; at += 1) assert.notEqual((await service.handle(old)).kind, "status");
  assert.ok(isRow(await service.handle(old), "answers_day"));
  assert.ok(isRow(await service.handle(askAs(newCustomer())), "answers_day"));
  assert.equal(signer.asked.length, 3);
  assert.equal(caseOf(await service.handle(from(askAs(newCustomer()), "192.0.2.9"))), "success");
  const within = (host: number): Incoming => from(askAs(newCustomer()), `2001:db8::${host}`);
  for (let at = 0; at < 3; at += 1) assert.equal(caseOf(await service.handle(within(at))), "success");
  assert.ok(isRow(await service.handle(within(3)), "answers_day"), "the same /64");
});

test("new keys of an address have a share of the day; a key that the database knows is none, whoever was started when", async () => {
  const known = newCustomer();
  assert.equal(caseOf(await openRig(store).service.handle(askAs(known))), "success");
  const { service } = openRig(store, { settings: { perAddressDay: { answers: 100, newKeys: 2 } } });
  for (let at = 0; at < 2; at += 1) assert.equal(caseOf(await service.handle(askAs(newCustomer()))), "success");
  const unknown = newCustomer();
  assert.ok(isRow(await service.handle(askAs(unknown)), "new_keys_day"));
  assert.ok(isRow(await service.handle(askAs(unknown)), "new_keys_day"), "it is not known by having asked");
  assert.equal(caseOf(await service.handle(askAs(known))), "success");
  assert.equal(caseOf(await service.handle(from(askAs(unknown), "192.0.2.9"))), "success");
  assert.equal(caseOf(await service.handle(askAs(unknown))), "success");
});

test("a database that is away is said where it has to be asked for the key", async () => {
  const down = { ok: false, error: { code: "store_unavailable", detail: "" } } as const;
  const settings = { perAddressDay: { answers: 100, newKeys: 1 } };
  const { service } = openRig(store, { settings, store: { knowsKey: async () => down } });
  assert.equal(caseOf(await service.handle(askAs(newCustomer()))), "success");
  assert.ok(isRow(await service.handle(askAs(newCustomer())), "store_down"));
});

test("an answer of the LSP is no request, of any method", async () => {
  const { service, told } = openRig(store);
  for (const method of ["GetCfg", "SwapFromLn"] as const) {
    const answer = await service.handle(incomingOf(draft(newCustomer(), { method })));
    assert(answer.kind === "reply");
    for (const path of Object.values(METHOD_PATHS)) {
      const sentBack = await service.handle(incoming(path, answer.wire, answer.signature));
      assert.ok(sentBack.kind === "status" || isRow(sentBack, "signature"), path);
      assert.ok(!told.at(-1)?.endsWith("success"));
    }
  }
});
