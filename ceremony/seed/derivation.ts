import { createHmac } from "node:crypto";
import { HARDENED_OFFSET, HDKey, type Versions } from "@scure/bip32";
import { coinType, type Network } from "../../core/network.ts";
import { Secret } from "../../core/secret.ts";
import { addModOrder } from "./scalar.ts";

// lnd derives with btcwallet, and btcwallet with `hdkeychain.DeriveNonStandard`, which keeps private keys without their
// leading zero bytes. One seed in 256 gets another node id than BIP32 gives it, so this is the rule and BIP32 is not.

/** lnd `keychain.BIP0043Purpose`. */
export const LND_PURPOSE = 1017;
/** lnd `keychain.KeyFamilyNodeKey`. */
const NODE_KEY_FAMILY = 6;

/** What names a set of accounts: `m/purpose'/coin'`. */
export interface Scope {
  readonly purpose: number;
  readonly coin: number;
}

/** What lnd shows of a seed, in lower-case hex. */
export interface WalletIdentity {
  /** 33 bytes: the compressed public key at `m/1017'/coin'/6'/0/0`. */
  readonly nodeId: string;
  /** 4 bytes: the first of HASH160 of the master public key. */
  readonly masterFingerprint: string;
}

/** The node id and the master fingerprint of a seed (its 16 bytes of entropy). */
export function walletIdentity(entropy: Secret, network: Network): WalletIdentity {
  return withMasterKey(entropy, undefined, (master) => ({
    nodeId: withFamilyKey(master, network, NODE_KEY_FAMILY, 0, publicKeyHex),
    masterFingerprint: master.fingerprint.toString(16).padStart(8, "0"),
  }));
}

/** The private key of the node id, 32 bytes: the key that signs for the node. */
export function identityPrivateKey(entropy: Secret, network: Network): Secret {
  return withMasterKey(entropy, undefined, (master) =>
    withFamilyKey(master, network, NODE_KEY_FAMILY, 0, ({ privateKey }) => {
      if (privateKey === null) throw new Error("a key derived from a private key is private");
      return Secret.take(privateKey);
    }),
  );
}

/** The compressed public key at `m/1017'/coin'/family'/0/index`, in lower-case hex. */
export function familyPublicKey(entropy: Secret, network: Network, family: number, index: number): string {
  return withMasterKey(entropy, undefined, (master) => withFamilyKey(master, network, family, index, publicKeyHex));
}

/** Lends the master key to `use` and wipes it after. Extended keys below it carry `versions`. */
export function withMasterKey<T>(entropy: Secret, versions: Versions | undefined, use: (master: HDKey) => T): T {
  const master = HDKey.fromMasterSeed(entropy.bytes, versions);
  try {
    return use(master);
  } finally {
    master.wipePrivateData();
  }
}

/**
 * Lends the account keys `m/purpose'/coin'/n'` of one scope to `use`, and wipes the private keys between the master and
 * them after it. `use` wipes the account keys that it asks for.
 */
export function withAccountKeys<T>(master: HDKey, scope: Scope, use: (accountKey: (account: number) => HDKey) => T): T {
  // btcwallet `deriveCoinTypeKey`: the master key comes from HMAC with all its 32 bytes, so its child is standard.
  const purposeKey = master.deriveChild(HARDENED_OFFSET + scope.purpose);
  // The purpose key is handed on as it was derived, without its leading zeros.
  const coinKey = deriveUnpadded(purposeKey, HARDENED_OFFSET + scope.coin);
  try {
    return use((account) =>
      // btcwallet `createManagerKeyScope` derives account 0 from the coin key that it still holds. Others come later,
      // from the key as it was written to the database: in 32 bytes, which makes them standard.
      account === 0 ? deriveUnpadded(coinKey, HARDENED_OFFSET) : coinKey.deriveChild(HARDENED_OFFSET + account),
    );
  } finally {
    for (const key of [purposeKey, coinKey]) key.wipePrivateData();
  }
}

function withFamilyKey<T>(master: HDKey, network: Network, family: number, index: number, use: (key: HDKey) => T): T {
  const scope = { purpose: LND_PURPOSE, coin: coinType(network) };
  return withAccountKeys(master, scope, (accountKey) => {
    // Steps that are not hardened go through the public key, which has one length only: standard.
    const account = accountKey(family);
    const branch = account.deriveChild(0);
    const key = branch.deriveChild(index);
    try {
      return use(key);
    } finally {
      for (const used of [account, branch, key]) used.wipePrivateData();
    }
  });
}

/**
 * A hardened step as `DeriveNonStandard` takes it. BIP32 hashes "0x00 || ser256(k) || ser32(i)"; here the key's bytes
 * without leading zeros stand directly after the 0x00, and the zeros come after them. Nothing else differs.
 */
function deriveUnpadded(parent: HDKey, index: number): HDKey {
  const { privateKey, chainCode } = parent;
  if (privateKey === null || chainCode === null) throw new Error("a hardened step starts from a private key");
  const zeros = privateKey.findIndex((byte) => byte !== 0);
  if (zeros === 0) {
    privateKey.fill(0);
    return parent.deriveChild(index);
  }
  const data = Buffer.alloc(37);
  data.set(privateKey.subarray(zeros), 1);
  data.writeUInt32BE(index, 33);
  const digest = createHmac("sha512", chainCode).update(data).digest();
  const child = addModOrder(digest.subarray(0, 32), privateKey);
  const key = new HDKey({
    versions: parent.versions,
    depth: parent.depth + 1,
    index,
    parentFingerprint: parent.fingerprint,
    chainCode: digest.subarray(32),
    privateKey: child,
  });
  for (const used of [privateKey, data, digest, child]) used.fill(0);
  return key;
}

function publicKeyHex(key: HDKey): string {
  if (key.publicKey === null) throw new Error("every key has a public key");
  return Buffer.from(key.publicKey).toString("hex");
}
