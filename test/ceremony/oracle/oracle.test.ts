import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { sha256 } from "@noble/hashes/sha2.js";
import { createBase58check } from "@scure/base";
import { HDKey } from "@scure/bip32";
import { deriveAccounts } from "../../../ceremony/second/derivation.ts";
import { accountsJson, watchOnlyAccounts } from "../../../ceremony/seed/accounts.ts";
import { type CipherSeed, decipher, encipher, INTERNAL_VERSION } from "../../../ceremony/seed/aezeed.ts";
import { birthdayFromUnix, birthdayUnix } from "../../../ceremony/seed/birthday.ts";
import { familyPublicKey, walletIdentity, withAccountKeys, withMasterKey } from "../../../ceremony/seed/derivation.ts";
import { formatPhrase, parsePhrase } from "../../../ceremony/seed/phrase.ts";
import { coinType, NETWORKS, type Network } from "../../../core/network.ts";
import { Secret } from "../../../core/secret.ts";
import { needs } from "../../tools/need.ts";
import { type DecipherAnswer, type DeriveAnswer, type Oracle, openOracle } from "./oracle.ts";
import { LEADING_ZERO_PATHS, type OracleSeed, oracleSeeds } from "./seeds.ts";

/**
 * A seed takes two scrypts on either side: 300 of them ran for 870 s on two busy cores. Leading zeros are what a
 * derivation gets wrong, and every run has each of them.
 */
const DEEP = process.env["DEEP"] === "1";
const SEEDS = DEEP ? 300 : 50;
const EACH_SHORT_PATH = DEEP ? 10 : 3;
const FAMILIES = 10;
const LAST_ACCOUNT = FAMILIES - 1;
/** lnd makes accounts 0 to 255; all of them take a quarter of a second a seed on each side, so a few seeds have them. */
const LAST_ACCOUNT_OF_LND = 255;
const TWO_NETWORKS = ["mainnet", "regtest"] as const satisfies Network[];

describe("lnd's Go packages say the same", needs("go"), () => {
  const seeds = oracleSeeds(SEEDS, EACH_SHORT_PATH);
  const oneOfEachShortPath = LEADING_ZERO_PATHS.map((path) => first(seeds.filter((seed) => isShort(seed, path))));
  let oracle: Oracle;
  let buildMs = 0;
  // Asked first and looked at later, so that both sides work at the same time: the scrypts are nearly all of it.
  let ourWords: string[];
  let theirWords: Promise<string[]>;
  let theirReading: Promise<DecipherAnswer[]>;
  let theirWallets: Promise<Record<(typeof TWO_NETWORKS)[number], DeriveAnswer[]>>;

  before(() => {
    const start = performance.now();
    oracle = openOracle();
    buildMs = performance.now() - start;
    theirWords = oracle.encipher(seeds.map(question)).then((answers) => answers.map(({ words }) => words));
    ourWords = seeds.map(writeWords);
    theirReading = oracle.decipher(ourWords.map((words, i) => ({ words, passphrase: at(seeds, i).passphrase })));
    theirWallets = theirReading.then(async () => ({
      mainnet: await walletsOf(oracle, seeds, "mainnet", LAST_ACCOUNT),
      regtest: await walletsOf(oracle, seeds, "regtest", LAST_ACCOUNT),
    }));
  });

  test("the seeds hold every leading-zero case often enough", (t) => {
    t.diagnostic(`oracle built or found in ${Math.round(buildMs)} ms`);
    assert.equal(new Set(seeds.map(({ entropy }) => entropy)).size, SEEDS);
    for (const path of LEADING_ZERO_PATHS) {
      assert.ok(seeds.filter((seed) => isShort(seed, path)).length >= EACH_SHORT_PATH, path);
    }
  });

  describe("words", () => {
    test("lnd writes the words that we write", async () => {
      assert.deepEqual(ourWords, await theirWords);
    });

    test("its words decipher here", async () => {
      const found = (await theirWords).map((words, i) => readWords(words, at(seeds, i).passphrase));
      assert.deepEqual(found, seeds.map(content));
    });

    test("our words decipher there", async () => {
      assert.deepEqual(await theirReading, seeds.map(content));
    });

    test("what is wrong with words has the same name and comes in the same order", async () => {
      const [seed, words] = [at(seeds, 2), at(ourWords, 2).split(" ")];
      const wrongPassphrase = "00";
      const questions = [
        { words: words.with(11, "lightning"), passphrase: seed.passphrase },
        // An unknown word comes before the version, and both before the checksum.
        { words: words.with(0, "zoo").with(23, "bitcoin"), passphrase: wrongPassphrase },
        { words: words.with(0, "zoo"), passphrase: wrongPassphrase },
        { words: words.with(5, words[5] === "zoo" ? "zone" : "zoo"), passphrase: wrongPassphrase },
        { words, passphrase: wrongPassphrase },
      ].map((asked) => ({ ...asked, words: asked.words.join(" ") }));
      const ours = questions.map((asked) => readWords(asked.words, asked.passphrase));
      assert.deepEqual(ours, (await oracle.decipher(questions)).map(errorOf));
      assert.deepEqual(
        ours.map(({ error }) => error),
        ["unknown_word", "unknown_word", "bad_version", "bad_checksum", "wrong_passphrase"],
      );
    });
  });

  for (const network of TWO_NETWORKS) {
    describe(`keys on ${network}`, () => {
      test("node id and master fingerprint", async () => {
        const theirs = (await theirWallets)[network];
        assert.deepEqual(
          seeds.map((seed) => walletIdentity(entropyOf(seed), network)),
          theirs.map(({ nodeId, masterFingerprint }) => ({ nodeId, masterFingerprint })),
        );
      });

      test("families 0 to 9", async () => {
        const theirs = (await theirWallets)[network];
        assert.deepEqual(
          seeds.map((seed) => range(FAMILIES).map((family) => familyPublicKey(entropyOf(seed), network, family, 0))),
          theirs.map(({ families }) => families),
        );
      });

      test("the four kinds of account", async () => {
        const theirs = (await theirWallets)[network];
        assert.deepEqual(
          seeds.map((seed) => accountKeys(seed, network)),
          theirs.map(({ accounts }) => accounts.map((account) => asXpub(account.extended_public_key))),
        );
      });

      test("plain BIP32 is wrong for the seeds with a short key above an account, and for no other", async () => {
        const theirs = (await theirWallets)[network];
        const scope = `m/1017'/${coinType(network)}'`;
        for (const [path, short, theirsAt] of [
          [`${scope}/6'/0/0`, ["m/1017'"], (answer: DeriveAnswer) => answer.nodeId],
          [`${scope}/0'/0/0`, ["m/1017'", scope], (answer: DeriveAnswer) => answer.families[0]],
        ] as const) {
          const differ = seeds.filter((seed, i) => plainBip32(seed, path) !== theirsAt(at(theirs, i)));
          assert.deepEqual(
            differ,
            seeds.filter((seed) => short.some((above) => isShort(seed, above))),
            path,
          );
          assert.ok(differ.length >= EACH_SHORT_PATH, path);
        }
      });
    });
  }

  for (const network of NETWORKS) {
    test(`all 259 accounts on ${network}, as listed, by both implementations`, async () => {
      // On the networks that share their keys with regtest one seed shows the prefixes.
      const some = [
        ...(network === "mainnet" || network === "regtest" ? new Set(oneOfEachShortPath) : seeds.slice(0, 1)),
      ];
      const theirs = await walletsOf(oracle, some, network, LAST_ACCOUNT_OF_LND);
      for (const [i, seed] of some.entries()) {
        const ours = JSON.parse(accountsJson(watchOnlyAccounts(entropyOf(seed), network))) as {
          accounts: Record<string, unknown>[];
        };
        const listed = ours.accounts.map(({ name, extended_public_key, derivation_path }) => ({
          name,
          extended_public_key,
          derivation_path,
        }));
        const { accounts } = at(theirs, i);
        assert.equal(accounts.length, 259);
        assert.deepEqual(listed, accounts);
        assert.deepEqual(
          deriveAccounts(entropyOf(seed).bytes, network),
          accounts.map((account) => account.extended_public_key),
        );
      }
    });
  }
});

function question({ entropy, salt, birthdayUnix: unix, passphrase }: OracleSeed) {
  return { entropy, salt, birthdayUnix: unix, passphrase };
}

function walletsOf(oracle: Oracle, seeds: readonly OracleSeed[], network: Network, lastAccount: number) {
  return oracle.derive(seeds.map(({ entropy }) => ({ entropy, network, lastAccount })));
}

function writeWords(seed: OracleSeed): string {
  const days = birthdayFromUnix(seed.birthdayUnix);
  assert.ok(days.ok);
  const plain: CipherSeed = {
    internalVersion: INTERNAL_VERSION,
    birthdayDays: days.value,
    entropy: entropyOf(seed),
    salt: secret(seed.salt),
  };
  return formatPhrase(encipher(plain, secret(seed.passphrase))).bytes.toString();
}

/** What our side reads in words, in the oracle's form. */
function readWords(words: string, passphrase: string): DecipherAnswer | ReturnType<typeof errorOf> {
  const phrase = parsePhrase(Buffer.from(words));
  if (!phrase.ok) {
    const { code: error } = phrase.error;
    return "position" in phrase.error ? { error, position: phrase.error.position } : { error };
  }
  const seed = decipher(phrase.value, secret(passphrase));
  if (!seed.ok) {
    return { error: seed.error.code };
  }
  const { internalVersion, birthdayDays, entropy, salt } = seed.value;
  return {
    internalVersion,
    birthdayDays,
    birthdayUnix: birthdayUnix(birthdayDays),
    entropy: entropy.bytes.toString("hex"),
    salt: salt.bytes.toString("hex"),
  };
}

function errorOf({ error, position }: DecipherAnswer): { error?: string | undefined; position?: number } {
  return position === undefined ? { error } : { error, position };
}

/** What both sides must read in a seed's words. */
function content(seed: OracleSeed): DecipherAnswer {
  const { entropy, salt } = seed;
  const birthdayDays = Math.floor((seed.birthdayUnix - birthdayUnix(0)) / 86_400);
  return { internalVersion: 1, birthdayDays, birthdayUnix: birthdayUnix(birthdayDays), entropy, salt };
}

/** Accounts 49', 84' and 86', and 1017' to the last that was asked for, all with the version of an xpub. */
function accountKeys(seed: OracleSeed, network: Network): string[] {
  const keys = (purpose: number, coin: number, count: number) =>
    withMasterKey(entropyOf(seed), undefined, (master) =>
      withAccountKeys(master, { purpose, coin }, (accountKey) =>
        range(count).map((n) => accountKey(n).publicExtendedKey),
      ),
    );
  return [
    ...[49, 84, 86].flatMap((purpose) => keys(purpose, 0, 1)),
    ...keys(1017, coinType(network), LAST_ACCOUNT + 1),
  ];
}

function plainBip32(seed: OracleSeed, path: string): string {
  const key = HDKey.fromMasterSeed(entropyOf(seed).bytes).derive(path).publicKey;
  return Buffer.from(key ?? []).toString("hex");
}

const base58 = createBase58check(sha256);

function asXpub(extended: string): string {
  const bytes = base58.decode(extended);
  bytes.set([0x04, 0x88, 0xb2, 0x1e]);
  return base58.encode(bytes);
}

function entropyOf({ entropy }: OracleSeed): Secret {
  return secret(entropy);
}

function secret(hex: string): Secret {
  return Secret.take(Buffer.from(hex, "hex"));
}

function isShort({ shortPaths }: OracleSeed, path: string): boolean {
  return shortPaths.includes(path);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function at<T>(list: readonly T[], i: number): T {
  const item = list[i];
  assert.ok(item !== undefined, `nothing at ${i}`);
  return item;
}

function first<T>(list: readonly T[]): T {
  return at(list, 0);
}
