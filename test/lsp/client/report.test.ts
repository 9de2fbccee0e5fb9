import assert from "node:assert/strict";
import { test } from "node:test";
import { type ClientCode, type ClientError, fault, type ServerRefusal } from "../../../lsp/client/fault.ts";
import { configLines, depositLines, errorJson, errorText, invoiceLines } from "../../../lsp/client/report.ts";
import { printable } from "../../../lsp/client/text.ts";
import { LSP_ERRORS } from "../../../lsp/errors.ts";
import { asMsat } from "../../../lsp/money/msat.ts";

const CODES = Object.keys(LSP_ERRORS).filter((code): code is ClientCode => code.startsWith("client_"));

/** Of these the sentence says what to do, or the refusal does. */
const WITHOUT_ADVICE: readonly ClientCode[] = [
  ...(["client_address", "client_node_id", "client_key_signature", "client_busy", "client_closed"] as const),
  ...(["client_frame", "client_status", "client_reply_form", "client_no_context", "client_nonce_old"] as const),
  ...(["client_empty", "client_refused"] as const),
];

test("each code has its sentence, and advice where there is something to do", () => {
  for (const code of CODES) {
    const [line, next, ...rest] = errorText(fault(code)).trimEnd().split("\n");
    assert.equal(line, `lsp: [${code}] ${LSP_ERRORS[code]}`);
    assert.deepEqual(rest, []);
    assert.equal(next === undefined, WITHOUT_ADVICE.includes(code), code);
    if (next !== undefined) assert.match(next, /^ {2}next: \S/);
  }
});

test("each refusal of the service has words, and most have advice", () => {
  const status = (name: string): ServerRefusal => ({ kind: "status", status: 14, name, message: "m" });
  const failure = (parts: Partial<Extract<ServerRefusal, { kind: "failure" }>>): ServerRefusal => {
    return { kind: "failure", generic: [], specific: [], internal: [], ...parts };
  };
  const at = (path: number[], kind: string): ServerRefusal => failure({ generic: [{ path, kind }] });
  const cases: readonly [ServerRefusal, string, RegExp | undefined][] = [
    [status("UNAVAILABLE"), "UNAVAILABLE: m", /readyz/],
    [status("RESOURCE_EXHAUSTED"), "RESOURCE_EXHAUSTED: m", /a second/],
    [status("NOT_FOUND"), "NOT_FOUND: m", undefined],
    [at([1, 1], "VERIFICATION_FAILED"), "VERIFICATION_FAILED at ctx.nonce", /clock/],
    [at([], "VERIFICATION_FAILED"), "VERIFICATION_FAILED at the signature", /between/],
    [at([4], "PARSING_FAILED"), "PARSING_FAILED at privacy", /version/],
    [at([7, 9], "NOT_FOUND"), "NOT_FOUND at field 7.9", undefined],
    [
      failure({ specific: ["REFUND_ON_CHAIN_ADDRESS_IS_NOT_VALID"] }),
      "REFUND_ON_CHAIN_ADDRESS_IS_NOT_VALID",
      /network/,
    ],
    [failure({ internal: ["redacted"] }), "redacted", /log/],
    [failure({ internal: ["constructor"] }), "constructor", undefined],
  ];
  for (const [refusal, words, advice] of cases) {
    const error: ClientError = { ...fault("client_refused"), refusal };
    const [, said, next] = errorText(error).split("\n");
    assert.equal(said, `  it says: ${words}`);
    if (advice === undefined) assert.equal(next, "");
    else assert.match(next ?? "", advice);
    assert.equal(errorText({ ...error, code: "client_unsigned" }).split("\n")[1], `  it says, not proven: ${words}`);
    assert.equal((JSON.parse(errorJson(error)) as { proven: boolean }).proven, true);
  }
});

test("TLS errors have advice of their own", () => {
  for (const [about, word] of [
    ["ERR_TLS_CERT_ALTNAME_INVALID", "--server-name"],
    ["CERT_HAS_EXPIRED", "SIGHUP"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "--cert"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "--cert"],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "--cert"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "openssl"],
  ] as const) {
    assert(errorText(fault("client_tls", about)).includes(word), about);
  }
});

test("amounts are exact, however large", () => {
  const range = { minMsat: asMsat(1n), maxMsat: asMsat(2n ** 64n - 1n) };
  const feeRate = { numerator: 1n, denominator: 3n };
  const config = { nodes: [], swapIntoLn: range, swapFromLn: range, feeRate, minFeeMsat: asMsat(1_234_500n) };
  assert.deepEqual(configLines(config), [
    ["into LN", "0.001 sat to 18 446 744 073 709 551.615 sat"],
    ["from LN", "0.001 sat to 18 446 744 073 709 551.615 sat"],
    ["fee", "33.3333 % (1/3), at least 1 234.5 sat"],
  ]);
});

test("nothing that an LSP says writes on the terminal", () => {
  const evil = "\u001b[2J\u009b1m\u202eok\r\n";
  assert.equal(printable(evil), "?[2J?1m?ok??");
  const node = { nodeId: "02", host: evil, port: 1 };
  const range = { minMsat: asMsat(0n), maxMsat: asMsat(0n) };
  const feeRate = { numerator: 1n, denominator: 1n };
  const lines = [
    ...configLines({ nodes: [node], swapIntoLn: range, swapFromLn: range, feeRate, minFeeMsat: asMsat(0n) }),
    ...depositLines({ fundAddress: evil, minFundMsat: asMsat(0n) }),
    ...invoiceLines({ invoice: evil }),
  ];
  for (const [, text] of lines) assert.doesNotMatch(text, /[\p{Cc}\p{Cf}]/u);
});
