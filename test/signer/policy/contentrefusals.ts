import { SERVER_TEXTS } from "../../../proto/failuretexts.ts";
import { newClient } from "../../../signer/policy/budget.ts";
import { FUND_MONEY_MSAT } from "../../../signer/policy/limits.ts";
import { DEFAULT_BUDGET, DEFAULT_POLICY, meaningOf } from "../../../signer/policy/settings.ts";
import type { PolicyContext, SignItem } from "../../../signer/policy/subject.ts";
import type { PolicyRefusal } from "./refusals.ts";
import {
  ADVERTISED,
  accountKey,
  CFG_SUCCESS,
  CTX,
  cfgSuccess,
  context,
  FOREIGN_ADDRESS,
  getCfgFrame,
  item,
  NONCE,
  NOW_MS,
  sampleAddress,
  swapFrom,
  swapInto,
  swapSuccess,
  WITH_MEANING,
} from "./samples.ts";

const CTX_BYTES = getCfgFrame({ ctx: CTX });
const WINDOW_US = BigInt(DEFAULT_POLICY.nonceWindowMs) * 1000n;
const at = (nonce: bigint) => swapSuccess(FOREIGN_ADDRESS, nonce);
const OUR_NODE = CFG_SUCCESS.lspLnNodes[0]!;
const OTHER_NODE = { ...OUR_NODE, pubKey: { val: Buffer.alloc(33, 3) } };

/** Of each rule about what a message says, every clause of it. */
export const CONTENT_REFUSALS: readonly PolicyRefusal[] = [
  { rule: "content.ctx", what: "none", item: item(hex("1a040a021003"), "GetCfg") },
  { rule: "content.ctx", what: "no nonce", item: item(getCfgFrame({ ctx: { lnPubKey: CTX.lnPubKey } }), "SwapFromLn") },
  { rule: "content.ctx", what: "no key", item: item(getCfgFrame({ ctx: { nonce: CTX.nonce } }), "SwapFromLn") },
  { rule: "content.key", what: "another", item: keyed(Buffer.alloc(33, 2)) },
  { rule: "content.key", what: "empty", item: keyed(Buffer.alloc(0)) },
  { rule: "content.nonce-clock", what: "too old", item: item(at(NONCE - WINDOW_US - 1n), "SwapIntoLn") },
  { rule: "content.nonce-clock", what: "too new", item: item(at(NONCE + WINDOW_US + 1n), "SwapIntoLn") },
  { rule: "content.nonce-clock", what: "0", item: item(at(0n), "SwapIntoLn") },
  { rule: "content.nonce-clock", what: "2^64 - 1", item: item(at(2n ** 64n - 1n), "SwapIntoLn") },
  { rule: "content.nonce-order", what: "a clock set back", item: item(at(NONCE), "SwapIntoLn"), context: setBack() },
  { rule: "content.result", what: "GetCfg", item: item(CTX_BYTES, "GetCfg") },
  { rule: "content.result", what: "SwapIntoLn", item: item(CTX_BYTES, "SwapIntoLn") },
  { rule: "content.failure-text", what: "of the server", item: internal({ case: "grpcServer", value: "pay bc1q" }) },
  {
    rule: "content.failure-text",
    what: "of the table, and more",
    item: internal({ case: "grpcServer", value: `${SERVER_TEXTS.paused} to bc1q` }),
  },
  {
    rule: "content.failure-text",
    what: "of the table, in the other field",
    item: internal({ case: "math", value: SERVER_TEXTS.paused }),
  },
  { rule: "content.failure-text", what: "of arithmetic", item: internal({ case: "math", value: "1/0" }) },
  { rule: "content.failure-text", what: "not redacted", item: internal({ case: "redacted", value: false }) },
  { rule: "content.failure-text", what: "nothing", item: internal({ case: undefined }) },
  { rule: "content.invoice", what: "an address in its place", item: invoice(FOREIGN_ADDRESS) },
  {
    rule: "content.invoice",
    what: "none",
    item: item(swapFrom({ ctx: CTX, either: { case: "success", value: {} } }), "SwapFromLn"),
  },
  {
    rule: "content.address",
    what: "none",
    item: item(swapInto({ ctx: CTX, either: { case: "success", value: {} } }), "SwapIntoLn"),
  },
  ...[
    ["of mainnet", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"],
    ["in capitals", FOREIGN_ADDRESS.toUpperCase()],
    ["with a wrong letter", FOREIGN_ADDRESS.replace("w508", "w509")],
    ["of a script", "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry"],
    ["old", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"],
    ["with a space", ` ${FOREIGN_ADDRESS}`],
    ["that is a word", "hello"],
  ].map(([what, address]) => ({
    rule: "content.address" as const,
    what: what ?? "",
    item: item(swapSuccess(address ?? ""), "SwapIntoLn"),
  })),
  { rule: "content.node", what: "another key", item: cfgNode({ pubKey: { val: Buffer.alloc(33, 3) } }) },
  { rule: "content.node", what: "an address as key", item: cfgNode({ pubKey: { val: Buffer.from(FOREIGN_ADDRESS) } }) },
  { rule: "content.node", what: "none", item: item(cfgSuccess({ lspLnNodes: [] }), "GetCfg") },
  {
    rule: "content.node",
    what: "ours and another",
    item: item(cfgSuccess({ lspLnNodes: [OUR_NODE, OTHER_NODE] }), "GetCfg"),
  },
  ...[
    ["a field that is not there", [5]],
    ["below a field that is not there", [3, 2]],
    ["deeper than the contract", [1, 1, 1, 1]],
    ["a letter", [0x49]],
    ["another method's", [4], "GetCfg" as const],
  ].map(([what, path, method]) => ({
    rule: "content.failure-place" as const,
    what: String(what),
    item: failurePlace(path as number[], (method as "GetCfg" | undefined) ?? "SwapIntoLn"),
  })),
  {
    rule: "content.failure-place",
    what: "a good one and another",
    item: item(
      swapInto({
        ctx: CTX,
        either: {
          case: "failure",
          value: { generic: [{ fieldLocation: [{ val: 3 }] }, { fieldLocation: [{ val: 9 }] }] },
        },
      }),
      "SwapIntoLn",
    ),
  },
  {
    rule: "content.fund-money",
    what: "more than any swap takes",
    item: item(swapSuccess(FOREIGN_ADDRESS, NONCE, FUND_MONEY_MSAT + 1n), "SwapIntoLn"),
  },
  {
    rule: "content.fund-money",
    what: "more than GetCfg says",
    item: item(swapSuccess(sampleAddress(0), NONCE, ADVERTISED.swapIntoLnMinMsat + 1n), "SwapIntoLn"),
    context: context(WITH_MEANING),
  },
  {
    rule: "meaning.address-steps",
    what: "a step more than a day has",
    item: item(swapSuccess(sampleAddress(6)), "SwapIntoLn"),
    context: walked(5, 6),
  },
  {
    rule: "meaning.address",
    what: "of another wallet",
    item: item(swapSuccess(FOREIGN_ADDRESS), "SwapIntoLn"),
    context: context(WITH_MEANING),
  },
  ...(
    [
      ["host", { lspLnNodes: [{ ...CFG_SUCCESS.lspLnNodes[0]!, host: { val: "10.0.0.1" } }] }],
      ["port", { lspLnNodes: [{ ...CFG_SUCCESS.lspLnNodes[0]!, port: { val: 9735 } }] }],
      ["a second node", { lspLnNodes: [OUR_NODE, OUR_NODE] }],
      ["the larger share", { swapLnFeeRate: { val: { numerator: 99n, denominator: 250n } } }],
      ["no rate", { swapLnFeeRate: {} }],
      ["no host", { lspLnNodes: [{ pubKey: OUR_NODE.pubKey, port: OUR_NODE.port }] }],
      ["no port", { lspLnNodes: [{ pubKey: OUR_NODE.pubKey, host: OUR_NODE.host }] }],
      ["minimum", { swapIntoLnMinAmt: { val: { val: 1n } } }],
      ["maximum", { swapIntoLnMaxAmt: { val: { val: 1n } } }],
      ["minimum out", { swapFromLnMinAmt: { val: { val: 1n } } }],
      ["maximum out", { swapFromLnMaxAmt: { val: { val: 1n } } }],
      ["rate", { swapLnFeeRate: { val: { numerator: 1n, denominator: 251n } } }],
      ["least fee", { swapLnMinFee: { val: { val: 1n } } }],
    ] as const
  ).map(([what, change]) => ({
    rule: "meaning.advertised" as const,
    what,
    item: item(cfgSuccess(change as Partial<typeof CFG_SUCCESS>), "GetCfg"),
    context: context(WITH_MEANING),
  })),
  {
    rule: "meaning.advertised",
    what: "nothing configured",
    item: item(cfgSuccess(), "GetCfg"),
    context: context({ ...WITH_MEANING, advertised: undefined }),
  },
  {
    rule: "meaning.advertised",
    what: "without accounts.json",
    item: item(cfgSuccess({ swapLnFeeRate: { val: { numerator: 99n, denominator: 100n } } }), "GetCfg"),
    context: context({ ...WITH_MEANING, meaning: undefined }),
  },
  ...(
    [
      ["the first of two", [{ ...OUR_NODE, host: { val: "10.0.0.1" } }, OUR_NODE]],
      ["the second of two", [OUR_NODE, { ...OUR_NODE, host: { val: "10.0.0.1" } }]],
    ] as const
  ).map(([what, lspLnNodes]) => ({
    rule: "meaning.advertised" as const,
    what,
    item: item(cfgSuccess({ lspLnNodes: [...lspLnNodes] }), "GetCfg"),
    context: context({
      ...WITH_MEANING,
      advertised: { ...ADVERTISED, nodes: [...ADVERTISED.nodes, ...ADVERTISED.nodes] },
    }),
  })),
];

function hex(text: string): Buffer {
  return Buffer.from(text, "hex");
}

function internal(
  either: { case: "grpcServer" | "math"; value: string } | { case: "redacted"; value: boolean } | { case: undefined },
): SignItem {
  const redacted = { either: { case: "redacted", value: true } } as const;
  return item(
    getCfgFrame({ ctx: CTX, either: { case: "failure", value: { internal: [redacted, { either }] } } }),
    "GetCfg",
  );
}

function invoice(val: string): SignItem {
  const value = { fundLnHodlInvoice: { val: { val } } };
  return item(swapFrom({ ctx: CTX, either: { case: "success", value } }), "SwapFromLn");
}

function cfgNode(change: { pubKey: { val: Buffer<ArrayBuffer> } }): SignItem {
  return item(cfgSuccess({ lspLnNodes: [{ ...CFG_SUCCESS.lspLnNodes[0]!, ...change }] }), "GetCfg");
}

function keyed(val: Uint8Array): SignItem {
  return item(
    getCfgFrame({ ctx: { nonce: CTX.nonce, lnPubKey: { val } }, either: { case: "failure", value: {} } }),
    "GetCfg",
  );
}

/** The signer's clock says NOW again, and an hour later has been signed. */
function setBack(): PolicyContext {
  const made = context();
  made.state.clients.set("lsp", { ...newClient(DEFAULT_BUDGET, NOW_MS), highestNonce: NONCE + 3_600_000_000n });
  return made;
}

/** The highest address is one that so many steps a day were made to. */
function walked(highest: number, addressesPerDay: number): PolicyContext {
  const made = context({ ...WITH_MEANING, meaning: { ...meaningOf(accountKey()), addressesPerDay } });
  made.state.addresses?.advance(highest);
  return made;
}

function failurePlace(path: readonly number[], method: "GetCfg" | "SwapIntoLn"): SignItem {
  const value = { generic: [{ fieldLocation: path.map((val) => ({ val })) }] };
  return item(swapInto({ ctx: CTX, either: { case: "failure", value } }), method);
}
