import assert from "node:assert/strict";
import { join } from "node:path";
import type { Effect } from "../../../lsp/service/methods.ts";
import { refused } from "../../../lsp/service/methods.ts";
import { STATUS } from "../../../lsp/wire/status.ts";
import { ResponseSchema } from "../../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import { freshNonce } from "../../signer/service/frames.ts";
import { startChild } from "../store/child.ts";
import { onBoth, onPostgres } from "../store/kinds.ts";
import { makeNotes, note, notes, openEffect, SUCCESS } from "./effectrig.ts";
import { askAs } from "./requests.ts";
import { isRow, keySigner, newCustomer, readReply, statusOfOutgoing } from "./rig.ts";

// What a method with an effect may rely on, shown by one that writes a note.

const writes =
  (what: string): Effect =>
  async (trx) => {
    await note(trx, what);
    return SUCCESS;
  };

onBoth("an effect and its nonce are committed together, and the answer is signed after", async ({ open }) => {
  const store = await open();
  await makeNotes(store);
  const signer = keySigner();
  const seen: string[][] = [];
  signer.hold = async () => seen.push(await notes(store));
  const { ask: handle, told } = openEffect(store, writes("a"), signer);
  const incoming = askAs(newCustomer(), { method: "SwapIntoLn" });
  const { message } = readReply(ResponseSchema, await handle(incoming));
  assert.equal(message.either.case, "success");
  assert.deepEqual(seen, [["a"]], "on disk when the signature is asked for");
  assert.equal(told.at(-1), "SwapIntoLn success");
  // Another nonce that is not above it, and the same request again: no second effect.
  assert.ok(isRow(await handle(incoming), "nonce_stale"));
  assert.deepEqual(await notes(store), ["a"]);
});

onBoth("a stale nonce has no effect", async ({ open }) => {
  const store = await open();
  await makeNotes(store);
  const customer = newCustomer();
  let runs = 0;
  const { ask: handle } = openEffect(store, async () => {
    runs += 1;
    return SUCCESS;
  });
  readReply(ResponseSchema, await handle(askAs(customer, { method: "SwapIntoLn", nonce: 5n })));
  for (const nonce of [5n, 4n, 0n]) {
    // By a process that has not seen the key.
    const { ask: elsewhere } = openEffect(store, writes("b"));
    assert.ok(isRow(await elsewhere(askAs(customer, { method: "SwapIntoLn", nonce })), "nonce_stale"), `${nonce}`);
  }
  assert.equal(runs, 1);
  assert.deepEqual(await notes(store), []);
});

onBoth("what throws or breaks a rule takes its nonce back with it", async ({ open }) => {
  const store = await open();
  await makeNotes(store);
  const incoming = askAs(newCustomer(), { method: "SwapIntoLn" });
  const fails = openEffect(store, async (trx) => {
    await note(trx, "half");
    throw new Error("a fault");
  });
  await assert.rejects(fails.ask(incoming), /a fault/);
  assert.equal(fails.told.at(-1), "SwapIntoLn exception");
  const twice = openEffect(store, async (trx) => {
    await note(trx, "half");
    await note(trx, "half");
    return SUCCESS;
  });
  assert.equal(statusOfOutgoing(await twice.ask(incoming)), STATUS.unavailable);
  assert.equal(twice.told.at(-1), "SwapIntoLn store_down");
  assert.deepEqual(await notes(store), []);
  readReply(ResponseSchema, await openEffect(store, writes("whole")).ask(incoming));
  assert.deepEqual(await notes(store), ["whole"]);
});

onBoth("what is no success uses up the nonce, and leaves nothing else", async ({ open }) => {
  const store = await open();
  await makeNotes(store);
  const customer = newCustomer();
  const nonce = freshNonce();
  const inBand = openEffect(store, async (trx) => {
    await note(trx, "half");
    return refused("refund_not_valid");
  });
  const incoming = askAs(customer, { method: "SwapIntoLn", nonce });
  assert.ok(isRow(await inBand.ask(incoming), "refund_not_valid"));
  assert.equal(inBand.told.at(-1), "SwapIntoLn refund_not_valid");
  assert.ok(isRow(await inBand.ask(incoming), "nonce_stale"));
  const status = openEffect(store, async (trx) => {
    await note(trx, "half");
    return { outcome: "swaps_to_come" };
  });
  const next = askAs(customer, { method: "SwapIntoLn", nonce: nonce + 1n });
  assert.ok(isRow(await status.ask(next), "swaps_to_come"));
  assert.ok(isRow(await status.ask(next), "nonce_stale"));
  assert.deepEqual(await notes(store), []);
});

onBoth("a success that cannot be signed is undone, and does not leave", async ({ open }) => {
  const store = await open();
  await makeNotes(store);
  const signer = keySigner();
  const run: Effect = async (trx) => {
    await note(trx, "done");
    return { ...SUCCESS, undo: (later) => note(later, "undone") };
  };
  const { ask: handle, told } = openEffect(store, run, signer);
  const customer = newCustomer();
  const nonce = freshNonce();
  signer.hold = async () => {
    signer.trouble = { kind: "unavailable", code: "signer_unreachable" };
  };
  const incoming = askAs(customer, { method: "SwapIntoLn", nonce });
  assert.ok(isRow(await handle(incoming), "unsigned"));
  assert.equal(told.at(-1), "SwapIntoLn unsigned");
  assert.deepEqual(await notes(store), ["done", "undone"]);
  signer.trouble = undefined;
  signer.hold = async () => undefined;
  assert.ok(isRow(await handle(incoming), "nonce_stale"), "its nonce stays used");
  // A signer that is away before is seen before: no nonce, no effect.
  signer.isDown = true;
  const next = askAs(customer, { method: "SwapIntoLn", nonce: nonce + 1n });
  assert.ok(isRow(await handle(next), "signer_down"));
  assert.deepEqual(await notes(store), ["done", "undone"]);
});

onBoth("no effect is begun that no nonce is reserved to answer", async ({ open }) => {
  const store = await open();
  await makeNotes(store);
  const without = { ...store, replyNonces: { ...store.replyNonces, next: () => undefined } };
  const incoming = askAs(newCustomer(), { method: "SwapIntoLn" });
  assert.ok(isRow(await openEffect(without, writes("a")).ask(incoming), "store_down"));
  assert.deepEqual(await notes(store), []);
  readReply(ResponseSchema, await openEffect(store, writes("a")).ask(incoming));
});

onPostgres("of one request at two processes at once, one has the effect", async ({ open }) => {
  const store = await open();
  await makeNotes(store);
  const incoming = askAs(newCustomer(), { method: "SwapIntoLn" });
  const answers = await Promise.all(["a", "b", "c", "d"].map((what) => openEffect(store, writes(what)).ask(incoming)));
  assert.equal(answers.filter((outgoing) => isRow(outgoing, "nonce_stale")).length, 3);
  assert.equal((await notes(store)).length, 1);
});

for (const [point, left] of [
  ["work", []],
  ["signature", ["signature"]],
] as const) {
  onBoth(`killed at its ${point}, a process leaves the effect with its nonce or neither`, async (place) => {
    const before = await place.open();
    await makeNotes(before);
    await before.close();
    const customer = newCustomer();
    const nonce = freshNonce();
    const where = place.where.url ?? place.where.folder ?? "";
    const key = Buffer.from(customer.privateKey).toString("hex");
    const child = await startChild(join(import.meta.dirname, "effectchild.ts"), where, point, key, `${nonce}`);
    await child.kill();
    assert.equal(child.said, point);
    const store = await place.open();
    assert.deepEqual(await notes(store), left);
    const again = await openEffect(store, writes("again")).ask(askAs(customer, { method: "SwapIntoLn", nonce }));
    assert.equal(isRow(again, "nonce_stale"), left.length === 1);
    assert.deepEqual(await notes(store), left.length === 1 ? left : ["again"]);
  });
}
