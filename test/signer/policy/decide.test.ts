import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { MESSAGE_BYTES } from "../../../proto/bounds.ts";
import { MATH_TEXTS, SERVER_TEXTS } from "../../../proto/failuretexts.ts";
import { decide } from "../../../signer/policy/decide.ts";
import { FUND_MONEY_MSAT } from "../../../signer/policy/limits.ts";
import { DEFAULT_POLICY } from "../../../signer/policy/settings.ts";
import { applyChange } from "../../../signer/policy/state.ts";
import type { SignItem } from "../../../signer/policy/subject.ts";
import {
  ADVERTISED,
  CFG_SUCCESS,
  CTX,
  cfgSuccess,
  context,
  FOREIGN_ADDRESS,
  getCfgFrame,
  item,
  NONCE,
  NOW_MS,
  type SampledMethod,
  sampleAddress,
  swapFrom,
  swapInto,
  swapRequest,
  swapSuccess,
  WITH_MEANING,
  zipped,
} from "./samples.ts";

const failure = { generic: [{ kind: 3 }], internal: [{ either: { case: "redacted", value: true } as const }] };

/** All that the service says. */
const GOOD: readonly [string, SignItem][] = [
  ["GetCfg success", item(cfgSuccess(), "GetCfg")],
  ["GetCfg failure", item(getCfgFrame({ ctx: CTX, either: { case: "failure", value: failure } }), "GetCfg")],
  ["SwapIntoLn success", item(swapSuccess(FOREIGN_ADDRESS), "SwapIntoLn")],
  [
    "SwapIntoLn failure",
    item(swapInto({ ctx: CTX, either: { case: "failure", value: { specific: [3, 4] } } }), "SwapIntoLn"),
  ],
  ["SwapFromLn, not implemented", item(swapFrom({ ctx: CTX }), "SwapFromLn")],
  ["SwapFromLn failure", item(swapFrom({ ctx: CTX, either: { case: "failure", value: failure } }), "SwapFromLn")],
  ["GetCfg success, gzip", zipped(cfgSuccess(), "GetCfg")],
];

describe("what is signed", () => {
  for (const [name, asked] of GOOD) {
    test(`${name}: the digest of the frame as it came`, () => {
      const decision = decide(asked, context());
      assert.ok(decision.kind === "sign", decision.kind === "refuse" ? decision.rule : "");
      assert.deepEqual(decision.digest, createHash("sha256").update(asked.frame).digest());
      assert.equal(decision.next.nonce, NONCE);
    });
  }

  test("failures with each text of the table, the text of no other field", () => {
    const texts = [
      ...Object.values(SERVER_TEXTS).map((value) => ({ case: "grpcServer" as const, value })),
      ...Object.values(MATH_TEXTS).map((value) => ({ case: "math" as const, value })),
    ];
    for (const either of texts) {
      for (const method of ["GetCfg", "SwapIntoLn", "SwapFromLn"] as const) {
        const payload = getCfgFrame({ ctx: CTX, either: { case: "failure", value: { internal: [{ either }] } } });
        assert.equal(decide(item(payload, method), context()).kind, "sign", either.value);
      }
    }
  });

  test("failures at each field that a request has, as deep as it goes", () => {
    for (const path of [[], [1], [1, 1], [1, 2, 1], [3], [3, 1, 1], [4]]) {
      const value = { generic: [{ fieldLocation: path.map((val) => ({ val })) }] };
      const payload = swapInto({ ctx: CTX, either: { case: "failure", value } });
      assert.equal(decide(item(payload, "SwapIntoLn"), context()).kind, "sign", path.join());
    }
  });

  test("the least deposit up to what GetCfg says, and the zero of the original", () => {
    for (const minimum of [0n, 1n, ADVERTISED.swapIntoLnMinMsat]) {
      const asked = item(swapSuccess(sampleAddress(0), NONCE, minimum), "SwapIntoLn");
      assert.equal(decide(asked, context(WITH_MEANING)).kind, "sign");
    }
    const most = item(swapSuccess(FOREIGN_ADDRESS, NONCE, FUND_MONEY_MSAT), "SwapIntoLn");
    assert.equal(decide(most, context()).kind, "sign");
  });

  test("a message as long as its bound, plain and gzip", () => {
    const host = { val: "x".repeat(400) };
    const nodes = Array.from({ length: 16 }, () => ({ ...CFG_SUCCESS.lspLnNodes[0]!, host }));
    const payload = cfgSuccess({ lspLnNodes: nodes });
    assert.ok(payload.length < 8_192 && payload.length > 7_000);
    for (const asked of [item(payload, "GetCfg"), zipped(payload, "GetCfg")])
      assert.equal(decide(asked, context()).kind, "sign");
  });

  test("a message of exactly its bound, and none that is a byte longer", () => {
    const max = MESSAGE_BYTES["BtcLsp.Method.GetCfg.Response"] ?? 0;
    const nodesOf = (last: number) =>
      Array.from({ length: 16 }, (_, at) => ({
        ...CFG_SUCCESS.lspLnNodes[0]!,
        host: { val: "x".repeat(at === 0 ? last : 400) },
      }));
    const rest = cfgSuccess({ lspLnNodes: nodesOf(400) }).length - 400;
    for (const more of [0, 1]) {
      const payload = cfgSuccess({ lspLnNodes: nodesOf(max - rest + more) });
      assert.equal(payload.length, max + more);
      const decision = decide(item(payload, "GetCfg"), context());
      assert.equal(decision.kind === "refuse" ? decision.rule : "signed", ["signed", "form.message-size"][more]);
    }
  });

  test("requests, where they are switched on: the published frames of docs/contract.md", () => {
    const at = context(
      { ...DEFAULT_POLICY, profiles: ["request"] },
      { nodeId: "034f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa" },
    );
    const ctx = `0a300a09088080f9c0c1c4820312230a21${at.nodeId}`;
    const swap = `${ctx}1a300a2e0a2c${Buffer.from(FOREIGN_ADDRESS).toString("hex")}2001`;
    // zlib's default level took a stored block.
    const stored = `1f8b080000000000000301660099ff${swap}facbb79066000000`;
    const digests = [
      [`0000000032${ctx}`, "GetCfg", "8b3a802979e74c1c855b8a4bcec92c4f910e81f56343e2aaacaa05eabec1da50"],
      [`0000000066${swap}`, "SwapIntoLn", "e6e966e7322bff9e1ef3cd90ab2a3c5b1ea3b50306998abf8c3d7f4171a17679"],
      [`010000007d${stored}`, "SwapIntoLn", "db6e31238148999ebf7dede290d5a52ce0fc16eadc053d43b43c657ee8a41ab8"],
    ] as const;
    for (const [frame, method, digest] of digests) {
      const asked: SignItem = {
        frame: Buffer.from(frame, "hex"),
        method: `/BtcLsp.Service/${method}`,
        direction: "request",
      };
      const decision = decide(asked, at);
      assert.equal(decision.kind === "sign" ? decision.digest.toString("hex") : decision.rule, digest);
    }
    const refused = decide(item(cfgSuccess(), "GetCfg"), at);
    assert.equal(refused.kind === "refuse" && refused.rule, "ask.profile", "and responses are off then");
  });

  test("a nonce at each end of the window", () => {
    for (const distance of [-60_000_000n, 0n, 60_000_000n]) {
      const asked = item(swapSuccess(FOREIGN_ADDRESS, NONCE + distance), "SwapIntoLn");
      assert.equal(decide(asked, context()).kind, "sign");
    }
  });

  test("deciding changes nothing until it is applied", () => {
    const at = context(WITH_MEANING);
    const before = structuredClone({ ...at.state, addresses: at.state.addresses?.highest });
    const { next } = decide(item(cfgSuccess(), "GetCfg"), at);
    assert.deepEqual({ ...at.state, addresses: at.state.addresses?.highest }, before);
    applyChange(at.state, next);
    assert.equal(at.state.clients.get("lsp")?.highestNonce, NONCE);
  });

  test("a frame out of the middle of a larger buffer is judged and hashed alone", () => {
    const asked = item(cfgSuccess(), "GetCfg");
    const frame = Buffer.concat([Buffer.alloc(7, 9), asked.frame, Buffer.alloc(9, 7)]).subarray(
      7,
      7 + asked.frame.length,
    );
    const [whole, part] = [decide(asked, context()), decide({ ...asked, frame }, context())];
    assert.deepEqual(part, whole);
    assert.equal(part.kind, "sign");
  });
});

describe("a frame does not hold its method", () => {
  const METHODS: readonly SampledMethod[] = ["GetCfg", "SwapIntoLn", "SwapFromLn"];

  for (const [name, asked] of GOOD) {
    test(`${name}: under no other method is it a success that was not judged as one`, () => {
      for (const method of METHODS) {
        const other = { ...asked, method: `/BtcLsp.Service/${method}` };
        const decision = decide(other, context());
        if (other.method === asked.method || decision.kind === "refuse") continue;
        assert.ok(/failure|not implemented/.test(name), `a success of ${asked.method} is signed as ${method}`);
      }
    });
  }

  test("the same bytes: an invoice here, an address there", () => {
    const value = { val: { val: FOREIGN_ADDRESS } };
    const asInvoice = swapFrom({ ctx: CTX, either: { case: "success", value: { fundLnHodlInvoice: value } } });
    const asAddress = swapInto({ ctx: CTX, either: { case: "success", value: { fundOnChainAddress: value } } });
    assert.deepEqual(asInvoice, asAddress);
    const decision = decide(item(asInvoice, "SwapFromLn"), context(WITH_MEANING));
    assert.equal(decision.kind === "refuse" && decision.rule, "content.invoice");
  });

  test("the same bytes: a node here, an address there", () => {
    const pubKey = { val: Buffer.from(FOREIGN_ADDRESS) };
    const asNode = getCfgFrame({ ctx: CTX, either: { case: "success", value: { lspLnNodes: [{ pubKey }] } } });
    const address = { val: { val: FOREIGN_ADDRESS } };
    assert.deepEqual(
      asNode,
      swapInto({ ctx: CTX, either: { case: "success", value: { fundOnChainAddress: address } } }),
    );
    const decision = decide(item(asNode, "GetCfg"), context());
    assert.equal(decision.kind === "refuse" && decision.rule, "content.node");
  });

  test("a request is no response with another meaning", () => {
    const at = context({ ...DEFAULT_POLICY, profiles: ["response", "request"] });
    const request = swapRequest();
    assert.equal(decide(item(request, "SwapIntoLn", "request"), at).kind, "sign");
    for (const method of METHODS) assert.equal(decide(item(request, method), at).kind, "refuse");
  });
});

describe("clocks", () => {
  const hour = 3_600_000;
  const swap = (nonce: bigint) => item(swapSuccess(FOREIGN_ADDRESS, nonce), "SwapIntoLn");

  test("the oldest nonce that is still signed is exactly a window below the highest", () => {
    const at = context();
    applyChange(at.state, decide(swap(NONCE + 60_000_000n), at).next);
    assert.equal(decide(swap(NONCE), at).kind, "sign");
    const older = decide(swap(NONCE - 1n), at);
    assert.equal(older.kind === "refuse" && older.rule, "content.nonce-order");
  });

  test("one client's nonces are no reason to refuse another's", () => {
    const at = context();
    applyChange(at.state, decide(swap(NONCE + 60_000_000n), { ...at, client: "standby" }).next);
    assert.equal(decide(swap(NONCE - 60_000_000n), at).kind, "sign");
  });

  test("set back: nothing older than what was signed, until it has caught up", () => {
    const at = context();
    applyChange(at.state, decide(item(swapSuccess(FOREIGN_ADDRESS), "SwapIntoLn"), at).next);
    const back = { ...at, nowMs: NOW_MS - hour };
    const old = decide(item(swapSuccess(FOREIGN_ADDRESS, NONCE - BigInt(hour) * 1000n), "SwapIntoLn"), back);
    assert.equal(old.kind === "refuse" && old.rule, "content.nonce-order");
    const caughtUp = { ...at, nowMs: NOW_MS - 30_000 };
    assert.equal(decide(item(swapSuccess(FOREIGN_ADDRESS, NONCE - 30_000_000n), "SwapIntoLn"), caughtUp).kind, "sign");
  });

  test("set forward: what was asked before is too old", () => {
    const forward = context(DEFAULT_POLICY, { nowMs: NOW_MS + hour });
    const decision = decide(item(swapSuccess(FOREIGN_ADDRESS), "SwapIntoLn"), forward);
    assert.equal(decision.kind === "refuse" && decision.rule, "content.nonce-clock");
  });
});
