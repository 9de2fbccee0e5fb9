import { createHash, randomBytes } from "node:crypto";
import { ripemd160 } from "@noble/hashes/legacy.js";
import { bech32, bech32m } from "@scure/base";
import native from "secp256k1/bindings.js";
import type { Chain } from "./chain.ts";

/** Flat: a payment has about 141 virtual bytes, so seven satoshi each, far above what btcd relays. */
const FEE = 1_000n;
/** BIP 125 rule 4: what replaces a transaction pays more than it, and for its own relaying beside. */
const REPLACEMENT_FEE = 5_000n;
/** BIP 125: a sequence below 0xfffffffe says that the transaction may be replaced. */
const REPLACEABLE = 0xffff_fffd;
const SIGHASH_ALL = 1;
const SAT_PER_COIN = 100_000_000;

/** Coins of the world outside the lnds: what every block pays its miner. */
export interface Bank {
  /** Where blocks must pay to. */
  readonly address: string;
  pay(address: string, sat: number | bigint): Promise<string>;
  /** Spends the coin of an unconfirmed payment back to the bank, or to an address, for a higher fee; the new id. */
  takeBack(txid: string, address?: string, sat?: bigint): Promise<string>;
}

interface Coin {
  readonly txid: string;
  readonly sat: bigint;
}

interface Output {
  readonly script: Uint8Array;
  readonly sat: bigint;
}

/**
 * A key that no lnd has, so that lnds come and go, and a deposit is somebody else's. Each payment spends the reward of a
 * block of its own, the oldest first, and forgets the change: no payment hangs on another one, and no reorg of less than
 * a hundred blocks takes away what it spends.
 */
export function openBank(call: Chain["call"]): Bank {
  const key = newKey();
  const publicKey = native.publicKeyCreate(key, true);
  const program = ripemd160(sha256(publicKey));
  const own: Uint8Array = Buffer.from([0x00, program.length, ...program]);
  const spent = new Map<string, Coin>();
  let oldest = 1;

  const reward = async (): Promise<Coin> => {
    const { tx } = await call<{ tx: readonly string[] }>("getblock", await call("getblockhash", oldest), 1);
    oldest += 1;
    const txid = tx[0] ?? "";
    const { value } = await call<{ value: number }>("gettxout", txid, 0);
    return { txid, sat: BigInt(Math.round(value * SAT_PER_COIN)) };
  };
  const send = async (coin: Coin, outputs: readonly Output[]): Promise<string> => {
    const raw = transaction(coin, outputs, key, publicKey, program);
    const txid = await call<string>("sendrawtransaction", raw.toString("hex"));
    spent.set(txid, coin);
    return txid;
  };
  return {
    address: bech32.encode("bcrt", [0, ...bech32.toWords(program)]),
    async pay(address, amount) {
      const script = outputScript(address);
      const sat = BigInt(amount);
      const coin = await reward();
      const change = coin.sat - sat - FEE;
      if (change <= 0n) throw new RangeError(`${sat} sat are more than the ${coin.sat} of one block`);
      return send(coin, [
        { script, sat },
        { script: own, sat: change },
      ]);
    },
    async takeBack(txid, address, sat = 0n) {
      const coin = spent.get(txid);
      if (coin === undefined) throw new RangeError(`${txid} is no payment of the bank`);
      return send(coin, [
        ...(address === undefined ? [] : [{ script: outputScript(address), sat }]),
        { script: own, sat: coin.sat - sat - REPLACEMENT_FEE },
      ]);
    },
  };
}

function newKey(): Buffer {
  for (;;) {
    const key = randomBytes(32);
    if (native.privateKeyVerify(key)) return key;
  }
}

/** BIP 141, 173 and 350: a version as one opcode, and the program of an address of this network. */
function outputScript(address: string): Uint8Array {
  const decoded = bech32.decodeUnsafe(address) ?? bech32m.decodeUnsafe(address);
  if (decoded?.prefix !== "bcrt") throw new RangeError(`${address} is no segwit address of regtest`);
  const [version = 0, ...words] = decoded.words;
  const program = bech32.fromWords(words);
  return Buffer.from([version === 0 ? 0x00 : 0x50 + version, program.length, ...program]);
}

/** One P2WPKH input, its output number 0, signed as BIP 143 says; whole, with witness (BIP 144). */
function transaction(
  coin: Coin,
  outputs: readonly Output[],
  key: Uint8Array,
  publicKey: Uint8Array,
  program: Uint8Array,
): Buffer {
  const [version, locktime, sequence] = [u32(2), u32(0), u32(REPLACEABLE)];
  const outpoint = Buffer.concat([Buffer.from(coin.txid, "hex").reverse(), u32(0)]);
  const paid = Buffer.concat(outputs.flatMap(({ script, sat }) => [u64(sat), prefixed(script)]));
  const scriptCode = prefixed(Buffer.from([0x76, 0xa9, 0x14, ...program, 0x88, 0xac]));
  const preimage = [
    ...[version, hash256(outpoint), hash256(sequence), outpoint, scriptCode, u64(coin.sat), sequence],
    ...[hash256(paid), locktime, u32(SIGHASH_ALL)],
  ];
  const { signature } = native.ecdsaSign(hash256(Buffer.concat(preimage)), key);
  const witness = [Buffer.from([...native.signatureExport(signature), SIGHASH_ALL]), publicKey];
  return Buffer.concat([
    version,
    // Marker and flag, one input without a script.
    ...[Buffer.from([0x00, 0x01, 1]), outpoint, Buffer.from([0]), sequence],
    ...[Buffer.from([outputs.length]), paid, Buffer.from([witness.length]), ...witness.map(prefixed)],
    locktime,
  ]);
}

/** All that is written here is shorter than 253 bytes: its length is one byte. */
function prefixed(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

function hash256(bytes: Uint8Array): Buffer {
  return sha256(sha256(bytes));
}
