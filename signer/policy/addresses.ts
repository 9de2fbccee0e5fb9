import { createHash, createHmac } from "node:crypto";
import { bech32 } from "@scure/base";
import { HARDENED_OFFSET, HDKey } from "@scure/bip32";
import native from "secp256k1/bindings.js";
import type { Network } from "../../core/network.ts";
import { fail, ok, type Result } from "../../core/result.ts";

/** The public half of `m/84'/0'/0'`: enough for every address that lnd hands out, for no signature. */
export interface AccountKey {
  readonly publicKey: Uint8Array;
  readonly chainCode: Uint8Array;
}

export interface AccountsError {
  readonly code: /** Not the JSON that the ceremony writes. */
    | "accounts_format"
    /** It has no account `m/84'/0'/0'`, or that one's key is of another network or another place. */
    | "accounts_key";
}

/** SLIP-132 and btcwallet: zpub on mainnet and simnet, vpub elsewhere. */
const ZPUB = 0x04b24746;
const VPUB = 0x045f1cf6;
const ACCOUNT_PATH = "m/84'/0'/0'";

/** BIP173 and lnd's chain parameters. */
const PREFIXES: Readonly<Record<Network, string>> = {
  mainnet: "bc",
  testnet: "tb",
  signet: "tb",
  simnet: "sb",
  regtest: "bcrt",
};

/** The native segwit account of the ceremony's `accounts.json`. */
export function readAccountKey(accountsJson: string, network: Network): Result<AccountKey, AccountsError> {
  const accounts = parseAccounts(accountsJson);
  if (accounts === undefined) return fail({ code: "accounts_format" });
  const text = accounts.find((account) => account["derivation_path"] === ACCOUNT_PATH)?.["extended_public_key"];
  const key = typeof text === "string" ? parseKey(text, network) : undefined;
  return key === undefined ? fail({ code: "accounts_key" }) : ok(key);
}

function parseAccounts(text: string): readonly Record<string, unknown>[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const accounts = isRecord(parsed) ? parsed["accounts"] : undefined;
    return Array.isArray(accounts) && accounts.every(isRecord) ? accounts : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseKey(text: string, network: Network): AccountKey | undefined {
  const version = network === "mainnet" || network === "simnet" ? ZPUB : VPUB;
  try {
    // No private version has the value 0 with a key of 32 bytes behind it: a private key is refused here too.
    const key = HDKey.fromExtendedKey(text, { public: version, private: 0 });
    const { publicKey, chainCode, depth, index } = key;
    if (publicKey === null || chainCode === null || depth !== 3 || index !== HARDENED_OFFSET) return undefined;
    return { publicKey: Uint8Array.from(publicKey), chainCode: Uint8Array.from(chainCode) };
  } catch {
    return undefined;
  }
}

/** The addresses `m/84'/0'/0'/0/i` that lnd can hand out now, i in a window around the highest that was signed. */
export interface AddressWindow {
  /** The highest index signed, -1 before the first. */
  readonly highest: number;
  /** The index of an address, if it is in the window. */
  indexOf(address: string): number | undefined;
  /** Moves the window up, if `index` is above the highest. */
  advance(index: number): void;
  /** Puts the window around another highest index, up or down: a person's doing alone. */
  restart(highest: number): void;
}

export function openAddresses(
  account: AccountKey,
  network: Network,
  { ahead, behind, highest: start }: { readonly ahead: number; readonly behind: number; readonly highest: number },
): AddressWindow {
  // "External" branch 0; branch 1 is change, which lnd gives to nobody.
  const branch = deriveChild(account, 0);
  const prefix = PREFIXES[network];
  const known = new Map<string, number>();
  let highest = start;
  let next = Math.max(0, start - behind);
  const fill = (): void => {
    for (; next <= highest + ahead; next++) known.set(addressOf(deriveChild(branch, next).publicKey, prefix), next);
  };
  const forget = (): void => {
    // A Map keeps the order in which addresses were added: the lowest come first.
    for (const [address, index] of known) {
      if (index >= highest - behind) return;
      known.delete(address);
    }
  };
  fill();
  return {
    get highest() {
      return highest;
    },
    indexOf: (address) => known.get(address),
    advance(index) {
      if (index <= highest) return;
      highest = index;
      fill();
      forget();
    },
    restart(index) {
      highest = index;
      next = Math.max(0, index - behind);
      known.clear();
      fill();
    },
  };
}

/** BIP173, version 0, 20 bytes, in lower case: the one kind of address that lnd gives for a swap. */
export function isKeyAddress(address: string, network: Network): boolean {
  const prefix = PREFIXES[network];
  if (!address.startsWith(`${prefix}1q`) || address !== address.toLowerCase()) return false;
  const decoded = bech32.decodeUnsafe(address);
  if (decoded?.prefix !== prefix) return false;
  return bech32.fromWordsUnsafe(decoded.words.slice(1))?.length === 20;
}

/** BIP32 CKDpub. The one key in 2^127 that it has no child for makes the binding throw. */
function deriveChild({ publicKey, chainCode }: AccountKey, index: number): AccountKey {
  const data = Buffer.alloc(37);
  data.set(publicKey);
  data.writeUInt32BE(index, 33);
  const digest = createHmac("sha512", chainCode).update(data).digest();
  return {
    publicKey: native.publicKeyTweakAdd(publicKey, digest.subarray(0, 32), true),
    chainCode: digest.subarray(32),
  };
}

function addressOf(publicKey: Uint8Array, prefix: string): string {
  const sha = createHash("sha256").update(publicKey).digest();
  const hash = createHash("ripemd160").update(sha).digest();
  return bech32.encode(prefix, [0, ...bech32.toWords(hash)]);
}
