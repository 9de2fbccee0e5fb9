import { createHash, createHmac } from "node:crypto";
import { PASSPHRASE_MAX } from "../../../ceremony/limits.ts";
import type { EncipherQuestion } from "./oracle.ts";

/**
 * The keys above the accounts whose leading zero bytes decide what lnd derives: one seed in 256 has one at each path.
 * lnd's own keys are under coin type 0 on mainnet and 1 on every other network, on-chain keys always under 0.
 */
const COINS: Readonly<Record<number, readonly number[]>> = { 49: [0], 84: [0], 86: [0], 1017: [0, 1] };

export const LEADING_ZERO_PATHS = [
  "m",
  ...Object.entries(COINS).flatMap(([purpose, coins]) => [
    `m/${purpose}'`,
    ...coins.map((coin) => `m/${purpose}'/${coin}'`),
  ]),
];

export interface OracleSeed extends EncipherQuestion {
  /** Those of `LEADING_ZERO_PATHS` at which the private key starts with a zero byte. */
  readonly shortPaths: readonly string[];
}

const DAYS = 65_536;
const GENESIS_UNIX = 1_231_006_505;
const DAY_S = 86_400;

/**
 * The same `count` seeds in every run, all drawn with SHA-256 from a counter: first, found by search, `each` of every
 * leading-zero path, then the next ones as they come.
 */
export function oracleSeeds(count: number, each: number): OracleSeed[] {
  const chosen = new Map<number, readonly string[]>();
  const wanted = new Map(LEADING_ZERO_PATHS.map((path) => [path, each]));
  for (let i = 0; [...wanted.values()].some((left) => left > 0); i += 1) {
    const shortPaths = shortKeys(draw("entropy", i, 16));
    if (shortPaths.some((path) => (wanted.get(path) ?? 0) > 0)) {
      chosen.set(i, shortPaths);
      for (const path of shortPaths) wanted.set(path, (wanted.get(path) ?? 0) - 1);
    }
  }
  for (let i = 0; chosen.size < count; i += 1) {
    if (!chosen.has(i)) chosen.set(i, shortKeys(draw("entropy", i, 16)));
  }
  return [...chosen].map(([i, shortPaths], at) => ({
    entropy: draw("entropy", i, 16).toString("hex"),
    salt: draw("salt", i, 5).toString("hex"),
    birthdayUnix: birthday(i, at),
    passphrase: passphrase(i).toString("hex"),
    shortPaths,
  }));
}

function draw(label: string, i: number, length: number): Buffer {
  return createHash("sha256").update(`oracle ${label} ${i}`).digest().subarray(0, length);
}

/** The first and the last day that the format can hold, then any second between. */
function birthday(i: number, at: number): number {
  const second = draw("second", i, 4).readUInt32BE() % DAY_S;
  const day = [0, DAYS - 1][at] ?? draw("day", i, 4).readUInt32BE() % DAYS;
  return GENESIS_UNIX + day * DAY_S + second;
}

/** None, printable ones, any bytes, and the longest that a ceremony takes: HMAC-SHA256 hashes what exceeds its block. */
function passphrase(i: number): Buffer {
  const kinds = [
    Buffer.alloc(0),
    Buffer.from(draw("passphrase", i, 12).toString("base64")),
    draw("passphrase", i, 32),
    Buffer.from(draw("passphrase", i, 32).toString("hex").repeat(4).slice(0, PASSPHRASE_MAX)),
  ];
  return kinds[i % kinds.length] ?? Buffer.alloc(0);
}

interface Node {
  readonly key: Buffer;
  readonly chainCode: Buffer;
}

/** Order of secp256k1. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

function shortKeys(entropy: Buffer): string[] {
  const master = split(createHmac("sha512", "Bitcoin seed").update(entropy).digest());
  const nodes = new Map([["m", master]]);
  for (const [purpose, coins] of Object.entries(COINS)) {
    const purposeNode = child(master, Number(purpose), master.key);
    nodes.set(`m/${purpose}'`, purposeNode);
    const unpadded = purposeNode.key.subarray(purposeNode.key.findIndex((byte) => byte !== 0));
    for (const coin of coins) nodes.set(`m/${purpose}'/${coin}'`, child(purposeNode, coin, unpadded));
  }
  return [...nodes].filter(([, { key }]) => key[0] === 0).map(([path]) => path);
}

/** A hardened child. `hashed` is the key as it is hashed: with its leading zeros, or, as lnd has it, without. */
function child({ key, chainCode }: Node, number: number, hashed: Buffer): Node {
  const data = Buffer.alloc(37);
  data.set(hashed, 1);
  data.writeUInt32BE(0x8000_0000 + number, 33);
  const { key: tweak, chainCode: next } = split(createHmac("sha512", chainCode).update(data).digest());
  const sum = (BigInt(`0x${tweak.toString("hex")}`) + BigInt(`0x${key.toString("hex")}`)) % ORDER;
  return { key: Buffer.from(sum.toString(16).padStart(64, "0"), "hex"), chainCode: next };
}

function split(digest: Buffer): Node {
  return { key: digest.subarray(0, 32), chainCode: digest.subarray(32) };
}
