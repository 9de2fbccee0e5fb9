import { hash } from "node:crypto";
import { base58, bech32, bech32m } from "@scure/base";
import type { Network } from "../../core/network.ts";
import { isCompressedKey } from "../wire/signature.ts";

// The original asked bitcoind's wallet and read its error texts, which differ from version to version. The rules are
// public and need no node: BIP173 and BIP350 for segwit, Base58Check for the rest.

export type AddressKind =
  | "p2pkh"
  | "p2sh"
  | "p2wpkh"
  | "p2wsh"
  | "p2tr"
  /** A witness program of a version or length that has no meaning yet: valid, and spendable by anyone today. */
  | "witness_unknown";

export interface Address {
  readonly kind: AddressKind;
  /** -1 for what is no witness program. */
  readonly version: number;
  /** The witness program, or the hash in a Base58Check address. */
  readonly program: Uint8Array;
}

/** `chaincfg` of btcd, which lnd uses. Signet and testnet have the same; so have all of them but mainnet and simnet in Base58. */
const FORMS: Readonly<Record<Network, { readonly prefix: string; readonly p2pkh: number; readonly p2sh: number }>> = {
  mainnet: { prefix: "bc", p2pkh: 0x00, p2sh: 0x05 },
  testnet: { prefix: "tb", p2pkh: 0x6f, p2sh: 0xc4 },
  signet: { prefix: "tb", p2pkh: 0x6f, p2sh: 0xc4 },
  regtest: { prefix: "bcrt", p2pkh: 0x6f, p2sh: 0xc4 },
  simnet: { prefix: "sb", p2pkh: 0x3f, p2sh: 0x7b },
};

/** "A Bech32 string is at most 90 characters long." Base58Check is far below. */
const LENGTH_MAX = 90;
/** 25 bytes in base 58, by the number of zeros in front; more letters would only be more work. */
const BASE58_TEXT = /^[1-9A-HJ-NP-Za-km-z]{25,35}$/;
const BASE58_LENGTH = 25;
const HASH_LENGTH = 20;

/** An address of this network, if the text is one, exactly as it is: nothing is trimmed or put in lower case. */
export function readAddress(text: string, network: Network): Address | undefined {
  if (text.length > LENGTH_MAX) return undefined;
  return readSegwit(text, FORMS[network].prefix) ?? readBase58(text, FORMS[network]);
}

/**
 * Whether coins sent there can be spent by whoever gave the address, and by nobody else. BIP341 makes an output whose
 * key is not on the curve unspendable, for ever. A witness program that no rule covers yet is anyone's (BIP141), and lnd
 * pays none: btcutil's DecodeAddress has `UnsupportedWitnessVerError` for it.
 */
export function isSpendable({ kind, program }: Address): boolean {
  if (kind === "p2tr") return isCompressedKey(Uint8Array.of(0x02, ...program));
  return kind !== "witness_unknown";
}

function readSegwit(text: string, prefix: string): Address | undefined {
  // "Version 0 witness addresses use Bech32, version 1 and higher Bech32m" (BIP350).
  const plain = bech32.decodeUnsafe(text);
  const decoded = plain ?? bech32m.decodeUnsafe(text);
  const version = decoded?.words[0];
  if (decoded?.prefix !== prefix || version === undefined) return undefined;
  if (version > 16 || (version === 0) !== (plain !== undefined)) return undefined;
  const program = bech32.fromWordsUnsafe(decoded.words.slice(1));
  if (!(program instanceof Uint8Array) || program.length < 2 || program.length > 40) return undefined;
  const kind = segwitKind(version, program.length);
  return kind === undefined ? undefined : { kind, version, program };
}

function segwitKind(version: number, length: number): AddressKind | undefined {
  // BIP141: version 0 is 20 or 32 bytes and nothing else.
  if (version === 0) return length === 20 ? "p2wpkh" : length === 32 ? "p2wsh" : undefined;
  return version === 1 && length === 32 ? "p2tr" : "witness_unknown";
}

function readBase58(text: string, { p2pkh, p2sh }: (typeof FORMS)[Network]): Address | undefined {
  if (!BASE58_TEXT.test(text)) return undefined;
  const bytes = base58.decode(text);
  if (bytes.length !== BASE58_LENGTH) return undefined;
  const body = bytes.subarray(0, 1 + HASH_LENGTH);
  const checksum = hash("sha256", hash("sha256", body, "buffer"), "buffer").subarray(0, 4);
  if (!checksum.equals(bytes.subarray(body.length))) return undefined;
  const kind = body[0] === p2pkh ? "p2pkh" : body[0] === p2sh ? "p2sh" : undefined;
  return kind === undefined ? undefined : { kind, version: -1, program: body.subarray(1) };
}
