import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CHAN_CAP_MSAT_MIN } from "../../lsp/limits.ts";
import { amountsFor, FEE_MIN, FEE_RATE, SWAP_MAX } from "../../lsp/money/amounts.ts";
import { ROOT } from "../tools/sources.ts";
import { MESSAGES } from "./contract.ts";

const page = readFileSync(join(ROOT, "docs/contract.md"), "utf8");
const vectors = JSON.parse(readFileSync(join(ROOT, "test/vectors/wire.json"), "utf8")) as {
  requests: { frame: string; sig_bin: string }[];
  failures: { name: string; message: string }[];
};
const digits = (value: bigint): string => value.toLocaleString("en-US");

test("the contract's amounts are those that GetCfg answers", () => {
  const rows = [...page.matchAll(/^\| ([\d,]+) \| ([\d,]+) \|$/gm)];
  assert.equal(rows.length, 4);
  for (const [, capacity = "", least = ""] of rows)
    assert.equal(digits(amountsFor(BigInt(capacity.replaceAll(",", "")))?.min ?? 0n), least);
  assert(page.includes(`Fee rate ${FEE_RATE.numerator}/${FEE_RATE.denominator}, least fee ${digits(FEE_MIN)} msat`));
  assert(page.includes(`greatest deposit ${digits(SWAP_MAX)} msat`));
  assert(page.includes(`at least ${digits(CHAN_CAP_MSAT_MIN)}`));
});

test("the contract's failures and its frame are the vectors'", () => {
  for (const { name, message } of vectors.failures) assert(page.includes(`| ${name} | \`${message}\` |`), name);
  assert(page.includes(`\n${vectors.requests[0]?.frame}\n`));
  assert(page.includes(`\n${vectors.requests[0]?.sig_bin}\n`));
});

test("the contract's messages have the fields and numbers that its table says", () => {
  const table = /^## Messages\n([\s\S]*?)\n## /m.exec(page)?.[1] ?? "";
  const rows = [...table.matchAll(/^\| `([\w.]+)` \| (.*) \|$/gm)];
  assert.equal(rows.length, 7);
  for (const [, message = "", said = ""] of rows) {
    const fields = MESSAGES[`BtcLsp.${message.includes(".") ? "Method" : "Data.HighLevel"}.${message}`];
    assert.deepEqual(
      [...said.matchAll(/(\w+) = (\d+)/g)].map(([, name, number]) => `${name} = ${number}`),
      fields?.map(({ name, number }) => `${name} = ${number}`),
      message,
    );
  }
});
