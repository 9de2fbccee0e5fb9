import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { bech32, bech32m } from "@scure/base";
import fc from "fast-check";
import { NETWORKS, type Network, parseNetwork } from "../../../core/network.ts";
import { readAddress } from "../../../lsp/money/address.ts";
import { planSwapIntoLn } from "../../../lsp/service/swapintoln.ts";
import { RequestSchema } from "../../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import vectors from "../../vectors/address.json" with { type: "json" };

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");
const networkOf = (name: string): Network => parseNetwork(name) ?? assert.fail(name);

/** Of BIP173's lists: the same text, read on every network. */
function readAnywhere(text: string): (Network | undefined)[] {
  return NETWORKS.filter((network) => readAddress(text, network) !== undefined);
}

describe("BIP350", () => {
  for (const { network, address, script, kind } of vectors.bip350_valid) {
    test(`valid: ${address}`, () => {
      const read = readAddress(address, networkOf(network));
      assert.equal(read?.kind, kind);
      // BIP141: OP_0 or OP_1 to OP_16, and one push of the program.
      const version = read?.version ?? -1;
      const script2 = [version === 0 ? 0 : 0x50 + version, read?.program.length ?? 0];
      assert.equal(`${hex(Uint8Array.from(script2))}${hex(read?.program)}`, script);
    });
  }
  for (const { address, why } of vectors.bip350_invalid) {
    test(`invalid: ${why}: ${address}`, () => assert.deepEqual(readAnywhere(address), []));
  }
});

describe("BIP173", () => {
  for (const { address, why } of vectors.bip173_invalid) {
    test(`invalid: ${why}: ${address}`, () => assert.deepEqual(readAnywhere(address), []));
  }
});

describe("a refund address", () => {
  for (const { network, address, kind, program, refund } of vectors.forms) {
    test(`${network}, ${kind}: ${refund}: ${address}`, () => {
      const read = readAddress(address, networkOf(network));
      assert.equal(read?.kind, kind);
      assert.equal(hex(read?.program), program);
      assert.equal(rowOf(address, networkOf(network)), refund);
    });
  }

  for (const { address, why } of vectors.regtest_junk) {
    test(`regtest: not valid: ${why}`, () => assert.equal(rowOf(address, "regtest"), "refund_not_valid"));
  }

  test("is of its own network, as far as the networks differ", () => {
    for (const { network, address } of vectors.forms) {
      const same = NETWORKS.filter((other) => isLike(networkOf(network), other, address));
      assert.deepEqual(readAnywhere(address), same, address);
    }
  });
});

describe("an address", () => {
  const programs = fc.uint8Array({ minLength: 2, maxLength: 40 });

  test("of any witness program is read back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 16 }), programs, (version, program) => {
        const coder = version === 0 ? bech32 : bech32m;
        const read = readAddress(coder.encode("bcrt", [version, ...coder.toWords(program)]), "regtest");
        const isOne = version > 0 || program.length === 20 || program.length === 32;
        assert.equal(read?.version, isOne ? version : undefined);
        if (isOne) assert.equal(hex(read?.program), hex(program));
      }),
    );
  });

  test("with one letter changed is none", () => {
    const good = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
    const letters = fc.constantFrom(..."023456789acdefghjklmnpqrstuvwxyz");
    fc.assert(
      fc.property(fc.integer({ min: 5, max: good.length - 1 }), letters, (at, letter) => {
        fc.pre(good[at] !== letter);
        assert.equal(readAddress(`${good.slice(0, at)}${letter}${good.slice(at + 1)}`, "regtest"), undefined);
      }),
    );
  });

  test("is never read from text at large, and reading never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 100 }), fc.constantFrom(...NETWORKS), (text, network) => {
        assert.equal(readAddress(text, network), undefined);
      }),
    );
  });
});

/** Signet is testnet to an address; in Base58Check regtest is too. */
function isLike(network: Network, other: Network, address: string): boolean {
  const play: readonly Network[] = ["testnet", "signet"];
  const old: readonly Network[] = /^[mn2]/.test(address) ? [...play, "regtest"] : play;
  return network === other || (old.includes(network) && old.includes(other));
}

function rowOf(address: string, network: Network): string {
  const request = create(RequestSchema, { refundOnChainAddress: { val: { val: address } } });
  const plan = planSwapIntoLn(request, network, undefined);
  return plan.kind === "say" ? plan.outcome : plan.kind === "effect" ? "ok" : plan.row;
}
