import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { accountsJson, watchOnlyAccounts } from "../../../ceremony/seed/accounts.ts";
import { NETWORKS } from "../../../core/network.ts";
import vectors from "../../vectors/aezeed.json" with { type: "json" };
import { hexSecret } from "./samples.ts";

const entropy = () => hexSecret(vectors.production_vectors.vectors[0]?.computed.entropy_hex ?? "");

describe("accounts of a watch-only wallet", () => {
  it("are lnd's JSON, byte for byte", () => {
    const sample = readFileSync(new URL("../../vectors/accounts-testnet.json", import.meta.url));
    assert.ok(Buffer.from(accountsJson(watchOnlyAccounts(entropy(), "testnet"))).equals(sample));
  });

  it("are 259, in lnd's order, under lnd's names", () => {
    const accounts = watchOnlyAccounts(entropy(), "mainnet");
    assert.deepEqual(
      accounts.map(({ derivationPath }) => derivationPath),
      ["m/49'/0'/0'", "m/84'/0'/0'", "m/86'/0'/0'", ...Array.from({ length: 256 }, (_, n) => `m/1017'/0'/${n}'`)],
    );
    assert.deepEqual(
      accounts.slice(0, 5).map(({ name }) => name),
      ["default", "default", "default", "default", "act:1"],
    );
    assert.equal(new Set(accounts.map(({ extendedPublicKey }) => extendedPublicKey)).size, 259);
  });

  it("have the prefixes that btcwallet gives each network", () => {
    const prefixes = NETWORKS.map((network) => {
      const keys = watchOnlyAccounts(entropy(), network).map(({ extendedPublicKey }) => extendedPublicKey.slice(0, 4));
      return [network, ...new Set(keys.slice(0, 3)), ...new Set(keys.slice(3))].join(" ");
    });
    assert.deepEqual(prefixes, [
      "mainnet ypub zpub xpub xpub",
      "testnet upub vpub tpub tpub",
      "signet upub vpub tpub tpub",
      "simnet ypub zpub spub spub",
      "regtest upub vpub tpub tpub",
    ]);
  });

  it("have coin type 0 on chain, and 1 below 1017' off mainnet", () => {
    const coins = (network: (typeof NETWORKS)[number]) =>
      watchOnlyAccounts(entropy(), network).map(({ derivationPath }) => derivationPath.split("/")[2]);
    assert.deepEqual(coins("signet").slice(0, 5), ["0'", "0'", "0'", "1'", "1'"]);
    assert.deepEqual([...new Set(coins("mainnet"))], ["0'"]);
  });
});
