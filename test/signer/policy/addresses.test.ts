import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HDKey } from "@scure/bip32";
import { isKeyAddress, openAddresses, readAccountKey } from "../../../signer/policy/addresses.ts";
import { decide } from "../../../signer/policy/decide.ts";
import { applyChange, openState, saveState, setNextAddress } from "../../../signer/policy/state.ts";
import {
  ACCOUNTS,
  accountKey,
  context,
  FOREIGN_ADDRESS,
  item,
  NETWORK,
  NOW_MS,
  sampleAddress,
  swapSuccess,
  WITH_MEANING,
} from "./samples.ts";

/** BIP84's test vectors, of the twelve words "abandon … about". */
const BIP84 = {
  zpub: "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31mGDtKsAYz2oz2AGutZYs",
  receiving: ["bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g"],
  change: "bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el",
};

const accounts = (key: string, path = "m/84'/0'/0'") =>
  JSON.stringify({ accounts: [{ derivation_path: path, extended_public_key: key }] });

describe("the account key", () => {
  test("is the native segwit account of the ceremony's file", () => {
    const key = readAccountKey(ACCOUNTS, NETWORK);
    assert.ok(key.ok);
    const { accounts: rows } = JSON.parse(ACCOUNTS) as { accounts: { extended_public_key: string }[] };
    const parsed = HDKey.fromExtendedKey(rows[1]?.extended_public_key ?? "", { public: 0x045f1cf6, private: 0 });
    assert.deepEqual(key.value.publicKey, parsed.publicKey);
  });

  test("of another network, place or kind is refused", () => {
    const codeOf = (text: string, network: Parameters<typeof readAccountKey>[1]) => {
      const key = readAccountKey(text, network);
      return key.ok ? "ok" : key.error.code;
    };
    const xprv =
      "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi";
    assert.equal(codeOf(ACCOUNTS, "regtest"), "ok");
    assert.equal(codeOf(ACCOUNTS, "signet"), "ok");
    assert.equal(codeOf(ACCOUNTS, "mainnet"), "accounts_key");
    assert.equal(codeOf(accounts(BIP84.zpub), "mainnet"), "ok");
    assert.equal(codeOf(accounts(BIP84.zpub), "regtest"), "accounts_key");
    assert.equal(codeOf(accounts(BIP84.zpub, "m/49'/0'/0'"), "mainnet"), "accounts_key");
    assert.equal(codeOf(accounts(`${BIP84.zpub.slice(0, -1)}t`), "mainnet"), "accounts_key");
    assert.equal(codeOf(accounts(xprv), "mainnet"), "accounts_key");
    for (const text of ["", "null", "[]", "{}", '{"accounts":{}}', '{"accounts":[null]}']) {
      assert.equal(codeOf(text, "mainnet"), "accounts_format", text);
    }
    assert.equal(codeOf('{"accounts":[]}', "mainnet"), "accounts_key");
  });
});

describe("the window of addresses", () => {
  test("BIP84's vectors: receiving addresses by index, change is not in it", () => {
    const key = readAccountKey(accounts(BIP84.zpub), "mainnet");
    assert.ok(key.ok);
    const window = openAddresses(key.value, "mainnet", { ahead: 20, behind: 0, highest: -1 });
    assert.deepEqual(
      BIP84.receiving.map((address) => window.indexOf(address)),
      [0, 1],
    );
    assert.equal(window.indexOf(BIP84.change), undefined);
    for (const address of BIP84.receiving) assert.equal(isKeyAddress(address, "mainnet"), true);
  });

  const edges = { ahead: 3, behind: 2 };
  /** Which of the first twelve indexes a window has. */
  const held = (window: ReturnType<typeof openAddresses>) => {
    const all = openAddresses(accountKey(), NETWORK, { ahead: 12, behind: 0, highest: -1 });
    const names = [...Array(12).keys()].map((index) => addressAt(all, index));
    return names.flatMap((name, index) => (window.indexOf(name) === index ? [index] : []));
  };

  test("moves up with what is signed, and keeps some below", () => {
    const window = openAddresses(accountKey(), NETWORK, { ...edges, highest: -1 });
    assert.deepEqual(held(window), [0, 1, 2]);
    window.advance(2);
    assert.deepEqual(held(window), [0, 1, 2, 3, 4, 5]);
    window.advance(5);
    assert.deepEqual(held(window), [3, 4, 5, 6, 7, 8]);
    window.advance(1);
    assert.equal(window.highest, 5, "and never down");
    assert.deepEqual(held(openAddresses(accountKey(), NETWORK, { ...edges, highest: 5 })), held(window));
  });

  test("only ours is signed, ahead as far as the window, and a restart keeps the place", () => {
    const config = { ...WITH_MEANING, meaning: { ...WITH_MEANING.meaning!, addressesAhead: 3, addressesBehind: 2 } };
    const at = context(config);
    const all = openAddresses(accountKey(), NETWORK, { ahead: 12, behind: 0, highest: -1 });
    const ask = (index: number, state = at.state) => {
      const decision = decide(item(swapSuccess(addressAt(all, index)), "SwapIntoLn"), { ...at, state });
      if (decision.kind === "sign") applyChange(state, decision.next);
      return decision.kind === "sign" ? decision.next.addressIndex : decision.rule;
    };
    assert.equal(ask(3), "meaning.address");
    assert.equal(ask(2), 2);
    assert.equal(ask(5), 5);
    assert.equal(ask(3), 3);
    assert.equal(ask(2), "meaning.address");
    const again = openState(config, NETWORK, NOW_MS, JSON.parse(JSON.stringify(saveState(at.state))));
    assert.equal(ask(2, again), "meaning.address");
    assert.equal(ask(8, again), 8);
  });

  test("the highest moves so far a day, over all clients, and again tomorrow; a restart keeps the count", () => {
    const meaning = { ...WITH_MEANING.meaning!, addressesAhead: 4, addressesBehind: 20, addressesPerDay: 6 };
    const config = { ...WITH_MEANING, meaning };
    let at = context(config);
    const ask = (index: number, client = "lsp") => {
      const nonce = BigInt(at.nowMs) * 1000n;
      const decision = decide(item(swapSuccess(sampleAddress(index), nonce), "SwapIntoLn"), { ...at, client });
      if (decision.kind === "sign") applyChange(at.state, decision.next);
      return decision.kind === "sign" ? index : decision.rule;
    };
    assert.deepEqual(
      [ask(3), ask(5, "standby"), ask(6), ask(6, "standby")],
      [3, 5, ...Array(2).fill("meaning.address-steps")],
    );
    assert.equal(ask(2), 2, "what is below the highest is no step");
    at = { ...at, state: openState(config, NETWORK, NOW_MS, JSON.parse(JSON.stringify(saveState(at.state)))) };
    assert.equal(ask(6), "meaning.address-steps");
    at = { ...at, nowMs: NOW_MS + 86_400_000 };
    assert.deepEqual([ask(9), ask(11), ask(12)], [9, 11, "meaning.address-steps"]);
    at = { ...at, nowMs: NOW_MS };
    assert.equal(ask(12, "third"), "meaning.address-steps", "yesterday's clock gives no new day");
    at = { ...at, nowMs: NOW_MS + 86_400_000 };
    setNextAddress(at.state, 3);
    assert.deepEqual([ask(11), ask(6), ask(8), ask(9)], ["meaning.address", 6, 8, "meaning.address-steps"]);
  });

  test("the highest itself is no step, though the day was made shorter since", () => {
    const config = { ...WITH_MEANING, meaning: { ...WITH_MEANING.meaning!, addressesPerDay: 2 } };
    const at = context(config);
    at.state.addresses?.advance(9);
    const ask = (index: number) => decide(item(swapSuccess(sampleAddress(index)), "SwapIntoLn"), at);
    assert.equal(ask(9).kind, "sign");
    const next = ask(10);
    assert.equal(next.kind === "refuse" && next.rule, "meaning.address-steps");
  });

  test("a wallet that was in use before starts where it was told", () => {
    const meaning = { ...WITH_MEANING.meaning!, addressesAhead: 1, addressesBehind: 0, addressesFrom: 7 };
    const { addresses } = openState({ ...WITH_MEANING, meaning }, NETWORK, NOW_MS);
    assert.ok(addresses !== undefined);
    assert.equal(addresses.highest, 6);
    assert.deepEqual(held(addresses), [6, 7]);
  });
});

test("an address of another wallet is none of ours", () => {
  const window = openAddresses(accountKey(), NETWORK, { ahead: 50, behind: 0, highest: -1 });
  assert.equal(window.indexOf(FOREIGN_ADDRESS), undefined);
  assert.equal(isKeyAddress(FOREIGN_ADDRESS, "regtest"), true);
  assert.equal(isKeyAddress(FOREIGN_ADDRESS, "signet"), false);
});

/** By HDKey and not by the window's own derivation, whose index it then has to be. */
function addressAt(window: ReturnType<typeof openAddresses>, index: number): string {
  const address = sampleAddress(index);
  assert.equal(window.indexOf(address), index);
  return address;
}
