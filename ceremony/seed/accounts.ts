import { coinType, type Network } from "../../core/network.ts";
import type { Secret } from "../../core/secret.ts";
import { LND_PURPOSE, type Scope, withAccountKeys, withMasterKey } from "./derivation.ts";

/** One account of a watch-only wallet, with the values that lnd's `walletrpc.Account` has for it. */
export interface Account {
  readonly name: string;
  readonly addressType: "HYBRID_NESTED_WITNESS_PUBKEY_HASH" | "WITNESS_PUBKEY_HASH" | "TAPROOT_PUBKEY";
  /** Base58check with the version that lnd gives the scope on this network. */
  readonly extendedPublicKey: string;
  /** `m/x'/y'/z'`, the one form that lnd parses. */
  readonly derivationPath: string;
}

/** lnd `BtcWallet.Start` makes accounts 0 to 255 (`InitAccounts(scope, …, 255)`), and cannot if it is watch-only. */
const FAMILIES = 256;

/** btcwallet `waddrmgr.HDVersion…`: the version bytes by the kind of address, for the public form. */
const MAINNET = { nested: 0x049d7cb2 /* ypub */, segwit: 0x04b24746 /* zpub */, plain: 0x0488b21e /* xpub */ };
const TESTNET = { nested: 0x044a5262 /* upub */, segwit: 0x045f1cf6 /* vpub */, plain: 0x043587cf /* tpub */ };
/** btcwallet `cloneKeyWithVersion`: simnet has a version of its own for plain keys only, and mainnet's for the rest. */
const SIMNET = { ...MAINNET, plain: 0x0420bd3a /* spub */ };

/**
 * The 259 accounts of `lncli createwatchonly`: 49', 84' and 86' account 0, then 1017' accounts 0 to 255. lnd's help
 * says 0 to 9, but lnd then stops at its start; and it numbers accounts by their order here, so none may be left out.
 */
export function watchOnlyAccounts(entropy: Secret, network: Network): Account[] {
  const versions = network === "mainnet" ? MAINNET : network === "simnet" ? SIMNET : TESTNET;
  const list = (scope: Scope, count: number, version: number, addressType: Account["addressType"]): Account[] =>
    // The private version is never written: no private key is serialised here.
    withMasterKey(entropy, { public: version, private: 0 }, (master) =>
      withAccountKeys(master, scope, (accountKey) =>
        Array.from({ length: count }, (_, account) => ({
          name: account === 0 ? "default" : `act:${account}`,
          addressType,
          extendedPublicKey: accountKey(account).wipePrivateData().publicExtendedKey,
          derivationPath: `m/${scope.purpose}'/${scope.coin}'/${account}'`,
        })),
      ),
    );
  return [
    ...list({ purpose: 49, coin: 0 }, 1, versions.nested, "HYBRID_NESTED_WITNESS_PUBKEY_HASH"),
    ...list({ purpose: 84, coin: 0 }, 1, versions.segwit, "WITNESS_PUBKEY_HASH"),
    ...list({ purpose: 86, coin: 0 }, 1, versions.plain, "TAPROOT_PUBKEY"),
    ...list({ purpose: LND_PURPOSE, coin: coinType(network) }, FAMILIES, versions.plain, "WITNESS_PUBKEY_HASH"),
  ];
}

/**
 * The accounts in the form of `lncli wallet accounts list`, byte for byte: protojson with all fields, an indent of four
 * and a line end. lnd takes no other field, so neither a birthday nor the tag of a rehearsal can be in it. It lists the
 * fingerprint of its own accounts as empty.
 */
export function accountsJson(accounts: readonly Account[]): string {
  const rows = accounts.map((account) => ({
    name: account.name,
    address_type: account.addressType,
    extended_public_key: account.extendedPublicKey,
    master_key_fingerprint: "",
    derivation_path: account.derivationPath,
    external_key_count: 0,
    internal_key_count: 0,
    watch_only: false,
  }));
  return `${JSON.stringify({ accounts: rows }, undefined, 4)}\n`;
}
