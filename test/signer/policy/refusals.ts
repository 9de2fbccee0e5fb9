import { gzipSync } from "node:zlib";
import { GZIP_OVERHEAD, MESSAGE_BYTES } from "../../../proto/bounds.ts";
import { encodeFrame, FRAME_BYTES_MAX } from "../../../proto/frame.ts";
import { newClient } from "../../../signer/policy/budget.ts";
import { DEFAULT_BUDGET, DEFAULT_POLICY } from "../../../signer/policy/settings.ts";
import type { PolicyContext, SignItem } from "../../../signer/policy/subject.ts";
import type { RuleId } from "../../../signer/policy/table.ts";
import { CONTENT_REFUSALS } from "./contentrefusals.ts";
import { CTX, context, FOREIGN_ADDRESS, getCfgFrame, item, NOW_MS, swapRequest, swapSuccess } from "./samples.ts";

export interface PolicyRefusal {
  readonly rule: RuleId;
  readonly what: string;
  readonly item: SignItem;
  readonly context?: PolicyContext;
}

const GET_CFG_MAX = MESSAGE_BYTES["BtcLsp.Method.GetCfg.Response"] ?? 0;
const SWAP_INTO_MAX = MESSAGE_BYTES["BtcLsp.Method.SwapIntoLn.Response"] ?? 0;
const CTX_BYTES = getCfgFrame({ ctx: CTX });
const FAILURE = getCfgFrame({ ctx: CTX, either: { case: "failure", value: {} } });
const GOOD = item(FAILURE, "GetCfg");

/** One way for each rule to refuse, and more where there is more than one. `form.encoding` has a test of its own. */
export const POLICY_REFUSALS: readonly PolicyRefusal[] = [
  { rule: "budget.paused", what: "after too many refusals", item: GOOD, context: pausedClient() },
  { rule: "budget.rate", what: "no request a second", item: GOOD, context: budget({ perSecond: 0 }) },
  { rule: "budget.day", what: "no signature a day", item: GOOD, context: budget({ perDay: 0 }) },
  { rule: "ask.direction", what: "unspecified", item: { ...GOOD, direction: "unspecified" } },
  { rule: "ask.profile", what: "a request by default", item: item(swapRequest(), "SwapIntoLn", "request") },
  { rule: "ask.method", what: "another service", item: { ...GOOD, method: "/signrpc.Signer/SignMessage" } },
  { rule: "ask.method", what: "without the slash", item: { ...GOOD, method: "BtcLsp.Service/GetCfg" } },
  { rule: "ask.method", what: "a name that every object has", item: { ...GOOD, method: "constructor" } },
  { rule: "form.size", what: "one byte more", item: framed(encodeFrame(new Uint8Array(FRAME_BYTES_MAX - 4))) },
  { rule: "form.domain", what: "an invoice", item: framed(Buffer.from("lnbcrt1pj0000000")) },
  { rule: "form.domain", what: "a message of lncli", item: framed(Buffer.from("Lightning Signed Message:hello")) },
  {
    rule: "form.domain",
    what: "LUD-13",
    item: framed(Buffer.from("DO NOT EVER SIGN THIS TEXT WITH YOUR PRIVATE KEYS!")),
  },
  { rule: "form.domain", what: "a tag, twice", item: framed(Buffer.alloc(100, "the same 32 bytes, and once more")) },
  { rule: "form.hash-length", what: "a whole frame", item: framed(encodeFrame(new Uint8Array(27))) },
  { rule: "form.hash-length", what: "any hash", item: framed(Buffer.alloc(32, 0xab)) },
  { rule: "form.flag", what: "2", item: framed(changed(GOOD.frame, 0, 2)) },
  { rule: "form.length", what: "a byte is missing", item: framed(GOOD.frame.subarray(0, -1)) },
  { rule: "form.length", what: "four bytes", item: framed(new Uint8Array(4)) },
  { rule: "form.length", what: "nothing", item: framed(new Uint8Array(0)) },
  { rule: "form.one-frame", what: "two", item: framed(Buffer.concat([GOOD.frame, GOOD.frame])) },
  { rule: "form.one-frame", what: "a byte after it", item: framed(Buffer.concat([GOOD.frame, Buffer.alloc(1)])) },
  { rule: "form.empty", what: "five zeros", item: framed(encodeFrame(new Uint8Array(0))) },
  { rule: "form.empty", what: "and said to be gzip", item: framed(encodeFrame(new Uint8Array(0), true)) },
  { rule: "form.message-size", what: "a byte more", item: framed(encodeFrame(Buffer.alloc(GET_CFG_MAX + 1))) },
  {
    rule: "form.message-size",
    what: "another method's, which may be longer",
    item: item(Buffer.alloc(SWAP_INTO_MAX + 1), "SwapIntoLn"),
  },
  { rule: "form.message-size", what: "gzip", item: gzip(Buffer.alloc(GET_CFG_MAX + GZIP_OVERHEAD + 1)) },
  { rule: "form.gzip-member", what: "plain payload", item: gzip(FAILURE) },
  { rule: "form.gzip-member", what: "half of it", item: gzip(gzipSync(FAILURE).subarray(0, 40)) },
  { rule: "form.gzip-member", what: "a wrong sum", item: gzip(changed(gzipSync(FAILURE), -8, 0x55)) },
  { rule: "form.gzip-member", what: "a wrong length", item: gzip(changed(gzipSync(FAILURE), -1, 0x01)) },
  { rule: "form.gzip-member", what: "a file name in the header", item: gzip(changed(gzipSync(FAILURE), 3, 0x08)) },
  { rule: "form.gzip-trailing", what: "a byte", item: gzip(Buffer.concat([gzipSync(FAILURE), Buffer.alloc(1)])) },
  { rule: "form.gzip-trailing", what: "a member", item: gzip(Buffer.concat([gzipSync(FAILURE), gzipSync("")])) },
  { rule: "form.gzip-size", what: "a byte more", item: gzip(gzipSync(Buffer.alloc(GET_CFG_MAX + 1))) },
  { rule: "form.gzip-size", what: "five megabytes", item: gzip(gzipSync(Buffer.alloc(5_000_000))) },
  { rule: "form.truncated", what: "a length beyond the end", item: payload("1a05") },
  { rule: "form.truncated", what: "a tag without more", item: payload("1a") },
  { rule: "form.truncated", what: "a varint that goes on", item: payload("1a040a021083") },
  { rule: "form.varint", what: "a length in two bytes", item: payload("1a8000") },
  { rule: "form.varint", what: "a tag in two bytes", item: payload("9a0000") },
  { rule: "form.varint", what: "eleven bytes", item: payload("1a0e0a0c10ffffffffffffffffffff01") },
  { rule: "form.varint", what: "65 bits", item: payload("1a0d0a0b10ffffffffffffffffff02") },
  { rule: "form.range", what: "33 bits in a uint32", item: payload("1a0a0a080a06088080808010") },
  { rule: "form.range", what: "a bool of two", item: payload("1a041a020802") },
  { rule: "form.unknown-field", what: "4", item: payload("2200") },
  { rule: "form.unknown-field", what: "0", item: payload("0200") },
  { rule: "form.wire-type", what: "a varint where ctx belongs", item: item(hex("0800"), "GetCfg") },
  { rule: "form.wire-type", what: "a group", item: payload("1b1c") },
  { rule: "form.wire-type", what: "a list that is not packed", item: payload("1a021000") },
  { rule: "form.duplicate-field", what: "failure", item: payload("1a001a00") },
  { rule: "form.repeated", what: "nine failures", item: payload(`1a12${"0a00".repeat(9)}`) },
  { rule: "form.repeated", what: "nine internal ones", item: payload(`1a12${"1a00".repeat(9)}`) },
  { rule: "form.repeated", what: "nine specific ones", item: payload("1a0b1209000000000000000000") },
  { rule: "form.repeated", what: "seventeen nodes", item: payload(`1222${"0a00".repeat(17)}`) },
  { rule: "form.repeated", what: "a path of nine", item: payload(`1a140a12${"0a00".repeat(9)}`) },
  {
    rule: "form.repeated",
    what: "4,000 in 90 bytes of gzip",
    item: gzip(gzipSync(Buffer.concat([CTX_BYTES, hex(`1ac03e${"0a00".repeat(4_000)}`)]))),
  },
  { rule: "form.field-order", what: "ctx last", item: item(Buffer.concat([hex("1a00"), CTX_BYTES]), "GetCfg") },
  { rule: "form.oneof", what: "success and failure", item: payload("12001a00") },
  { rule: "form.default-value", what: "kind 0", item: payload("1a040a021000") },
  { rule: "form.default-value", what: "an empty list", item: payload("1a021200") },
  { rule: "form.default-value", what: "an empty text", item: payload("12060a0412020a00") },
  { rule: "form.enum", what: "kind 4", item: payload("1a040a021004") },
  { rule: "form.enum", what: "retired", item: payload("1a03120101", "SwapIntoLn") },
  { rule: "form.text", what: "not UTF-8", item: payload("12070a050a030a01ff", "SwapIntoLn") },
  { rule: "form.text", what: "a byte-order mark", item: item(swapSuccess(`\uFEFF${FOREIGN_ADDRESS}`), "SwapIntoLn") },
  ...CONTENT_REFUSALS,
];

function hex(text: string): Buffer {
  return Buffer.from(text, "hex");
}

/** After a good ctx. */
function payload(rest: string, method: "GetCfg" | "SwapIntoLn" = "GetCfg"): SignItem {
  return item(Buffer.concat([CTX_BYTES, hex(rest)]), method);
}

function framed(frame: Uint8Array): SignItem {
  return { ...GOOD, frame };
}

function gzip(bytes: Uint8Array): SignItem {
  return framed(encodeFrame(bytes, true));
}

function changed(bytes: Uint8Array, index: number, value: number): Uint8Array {
  return Uint8Array.from(bytes).with(index, value);
}

function budget(change: Partial<typeof DEFAULT_BUDGET>): PolicyContext {
  return context({ ...DEFAULT_POLICY, budget: { ...DEFAULT_BUDGET, ...change } });
}

function pausedClient(): PolicyContext {
  const made = context();
  made.state.clients.set("lsp", { ...newClient(DEFAULT_BUDGET, NOW_MS), paused: true });
  return made;
}
