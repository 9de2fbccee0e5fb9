import { createHash, createHmac } from "node:crypto";
import { getPublicKey } from "@noble/secp256k1";
import { createBase58check } from "@scure/base";

// lnd's derivation a second time, with other means, nothing of the first: node:crypto for the hashes, noble-secp256k1
// for the curve, bigint for the addition, and keys in the form in which btcwallet holds them, as bytes of any length.

/** What lnd shows of a seed, in lower-case hex. */
export interface SecondIdentity {
  readonly masterFingerprint: string;
  readonly nodeId: string;
}

/** hdkeychain.ExtendedKey: a private key is `big.Int.Bytes()`, so without leading zeros, except where it was stored. */
interface PrivateNode {
  readonly key: Buffer;
  readonly chainCode: Buffer;
  readonly depth: number;
  readonly parent: Buffer;
  readonly index: number;
}

const HARDENED = 0x80000000;
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const base58check = createBase58check((bytes: Uint8Array) => createHash("sha256").update(bytes).digest());

/** [49', 84', 86' and 1017'] version bytes. Simnet: only plain keys have a version of their own in btcwallet. */
const PREFIXES = {
  mainnet: ["049d7cb2", "04b24746", "0488b21e"],
  testnet: ["044a5262", "045f1cf6", "043587cf"],
  signet: ["044a5262", "045f1cf6", "043587cf"],
  regtest: ["044a5262", "045f1cf6", "043587cf"],
  simnet: ["049d7cb2", "04b24746", "0420bd3a"],
} as const;

/** Master fingerprint and node id of `entropy` (16 bytes). */
export function deriveIdentity(entropy: Uint8Array, network: keyof typeof PREFIXES): SecondIdentity {
  const master = masterNode(entropy);
  const account = child(storedCoinNode(master, network), HARDENED + 6);
  const nodeId = publicKey(child(child(account, 0), 0)).toString("hex");
  const masterFingerprint = fingerprint(master).toString("hex");
  for (const node of [master, account]) node.key.fill(0);
  return { masterFingerprint, nodeId };
}

/** 49', 84', 86' account 0, then 1017' accounts 0 to 255: the extended public keys of `lncli createwatchonly`. */
export function deriveAccounts(entropy: Uint8Array, network: keyof typeof PREFIXES): string[] {
  const master = masterNode(entropy);
  const [nested, segwit, plain] = PREFIXES[network];
  const onChain = [
    [49, nested],
    [84, segwit],
    [86, plain],
  ] as const;
  const accounts = onChain.map(([purpose, prefix]) =>
    serialise(child(child(child(master, HARDENED + purpose), HARDENED), HARDENED), prefix),
  );
  // Account 0 is made with the scope, from the key in memory; the others from the key in the database.
  accounts.push(serialise(child(coinNode(master, network), HARDENED), plain));
  const stored = storedCoinNode(master, network);
  for (let family = 1; family < 256; family++) accounts.push(serialise(child(stored, HARDENED + family), plain));
  for (const node of [master, stored]) node.key.fill(0);
  return accounts;
}

function coinNode(master: PrivateNode, network: keyof typeof PREFIXES): PrivateNode {
  return child(child(master, HARDENED + 1017), HARDENED + (network === "mainnet" ? 0 : 1));
}

function storedCoinNode(master: PrivateNode, network: keyof typeof PREFIXES): PrivateNode {
  const coin = coinNode(master, network);
  return { ...coin, key: padded(coin.key) };
}

function masterNode(entropy: Uint8Array): PrivateNode {
  const digest = createHmac("sha512", "Bitcoin seed").update(entropy).digest();
  // `hdkeychain.NewMaster` keeps all 32 bytes.
  return { key: digest.subarray(0, 32), chainCode: digest.subarray(32), depth: 0, parent: Buffer.alloc(4), index: 0 };
}

/** `DeriveNonStandard`: `copy(data[1:], k.key)` puts a short key at the left, where BIP32 has it at the right. */
function child(node: PrivateNode, index: number): PrivateNode {
  const data = Buffer.alloc(37);
  if (index >= HARDENED) data.set(node.key, 1);
  else data.set(publicKey(node), 0);
  data.writeUInt32BE(index, 33);
  const digest = createHmac("sha512", node.chainCode).update(data).digest();
  const tweak = number(digest.subarray(0, 32));
  const sum = (tweak + number(node.key)) % ORDER;
  if (tweak === 0n || tweak >= ORDER || sum === 0n) throw new RangeError("hdkeychain.ErrInvalidChild");
  data.fill(0);
  digest.fill(0, 0, 32);
  return {
    key: minimalBytes(sum),
    chainCode: digest.subarray(32),
    depth: node.depth + 1,
    parent: fingerprint(node),
    index,
  };
}

function serialise(node: PrivateNode, prefix: string): string {
  const head = Buffer.alloc(9);
  head.writeUInt8(node.depth, 0);
  head.set(node.parent, 1);
  head.writeUInt32BE(node.index, 5);
  return base58check.encode(Buffer.concat([Buffer.from(prefix, "hex"), head, node.chainCode, publicKey(node)]));
}

function publicKey(node: PrivateNode): Buffer {
  const full = padded(node.key);
  const point = Buffer.from(getPublicKey(full, true));
  full.fill(0);
  return point;
}

function fingerprint(node: PrivateNode): Buffer {
  const sha = createHash("sha256").update(publicKey(node)).digest();
  return createHash("ripemd160").update(sha).digest().subarray(0, 4);
}

function padded(key: Buffer): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.set(key, 32 - key.length);
  return bytes;
}

/** Four words of 64 bits, big endian: the usual way over hex would leave the key behind as a string. */
function number(bytes: Buffer): bigint {
  const full = padded(bytes);
  const value = [0, 8, 16, 24].reduce((sum, at) => (sum << 64n) | full.readBigUInt64BE(at), 0n);
  full.fill(0);
  return value;
}

function minimalBytes(value: bigint): Buffer {
  const bytes = Buffer.alloc(32);
  for (const at of [0, 8, 16, 24]) bytes.writeBigUInt64BE(BigInt.asUintN(64, value >> BigInt(8 * (24 - at))), at);
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0));
}
