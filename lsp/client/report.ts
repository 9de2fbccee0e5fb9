import { LSP_ERRORS, lspErrorLine } from "../errors.ts";
import type { LspStartError } from "../files.ts";
import { adviceFor, wordsOf } from "./advice.ts";
import type { ClientAnswer } from "./client.ts";
import type { ClientError } from "./fault.ts";
import type { AdvertisedConfig, AmountRange, Deposit, HoldInvoice } from "./read.ts";
import { printable } from "./text.ts";

/** Label and text of each line. */
export type ReportLines = readonly (readonly [string, string])[];

export function configLines({ nodes, swapIntoLn, swapFromLn, feeRate, minFeeMsat }: AdvertisedConfig): ReportLines {
  const { numerator, denominator } = feeRate;
  // Four places are enough for a fee and small enough for a double, whatever the two numbers are.
  const percent = Number((numerator * 1_000_000n) / denominator) / 10_000;
  return [
    ...nodes.map(({ nodeId, host, port }) => ["node", `${nodeId}@${printable(host)}:${port}`] as const),
    ["into LN", rangeText(swapIntoLn)],
    ["from LN", rangeText(swapFromLn)],
    ["fee", `${percent} % (${numerator}/${denominator}), at least ${satText(minFeeMsat)}`],
  ];
}

export function depositLines({ fundAddress, minFundMsat }: Deposit): ReportLines {
  const least = minFundMsat === 0n ? "as get-cfg says" : satText(minFundMsat);
  return [
    ["pay to", printable(fundAddress)],
    ["at least", least],
  ];
}

export function invoiceLines({ invoice }: HoldInvoice): ReportLines {
  // An invoice is longer than a sentence may be, and has letters and digits only.
  return [["invoice", invoice.replaceAll(/[^A-Za-z0-9]/g, "?")]];
}

/** For a person: what was answered, then that it is proven. */
export function answerText<T>(answer: ClientAnswer<T>, lines: ReportLines, nodeId: string, nowMs: number): string {
  const signedMs = Number(answer.nonce / 1000n);
  const apart = ((signedMs - nowMs) / 1000).toFixed(3);
  const proof = ["signed", `by ${nodeId}, ${new Date(signedMs).toISOString()} (${apart} s from this clock)`] as const;
  return [...lines, proof].map(([label, text]) => `${label.padEnd(10)}${text}\n`).join("");
}

/** For a program: one line, with the signed bytes, so that the answer can be proven to others. */
export function answerJson<T>(answer: ClientAnswer<T>, method: string, nodeId: string): string {
  const { value, nonce, frame, signature, compressed } = answer;
  const proof = { frame: frame.toString("hex"), signature: signature.toString("hex") };
  return json({ ok: true, method, nodeId, nonce, compressed, value, proof });
}

/** Of a call, or of what had to be read before it. */
export type Reported = ClientError | (LspStartError & { readonly refusal?: undefined });

/** For a person: the code and its sentence, what the other side says, what to do. */
export function errorText(error: Reported): string {
  const said = error.refusal === undefined ? [] : wordsOf(error.refusal);
  const label = error.code === "client_refused" ? "it says" : "it says, not proven";
  const advice = adviceFor(error);
  return [
    lspErrorLine(error.code, error.about),
    ...said.map((words) => `  ${label}: ${words}\n`),
    ...(advice === undefined ? [] : [`  next: ${advice}\n`]),
  ].join("");
}

export function errorJson({ code, about, refusal }: Reported): string {
  return json({ ok: false, code, message: LSP_ERRORS[code], about, proven: code === "client_refused", refusal });
}

/** JSON has no integers above 2^53 that every program reads alike: they are text. */
function json(value: object): string {
  return `${JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part))}\n`;
}

function rangeText({ minMsat, maxMsat }: AmountRange): string {
  return `${satText(minMsat)} to ${satText(maxMsat)}`;
}

/** `12000` or `12000.5` satoshi with thousands apart, exactly. */
function satText(msat: bigint): string {
  const rest = String(msat % 1000n)
    .padStart(3, "0")
    .replace(/0+$/, "");
  const whole = String(msat / 1000n).replaceAll(/\B(?=(?:\d{3})+$)/g, " ");
  return `${whole}${rest === "" ? "" : `.${rest}`} sat`;
}
