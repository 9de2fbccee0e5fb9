/** `node iso/attest/compare.ts FILE OTHER`: prints `equal` and the hash, or the first difference and where it lies. */
import { readFileSync } from "node:fs";
import { describeDifference } from "./difference.ts";
import { sha256Hex } from "./files.ts";
import { hashLines } from "./words.ts";

const [one, other] = process.argv.slice(2);
if (one === undefined || other === undefined) {
  process.stderr.write("usage: node iso/attest/compare.ts FILE OTHER\n");
  process.exitCode = 2;
} else {
  const difference = describeDifference(one, other);
  const hash = sha256Hex(readFileSync(one));
  const lines =
    difference === undefined
      ? ["equal", ...hashLines(one, hash)]
      : ["DIFFERENT", difference, `${hash}  ${one}`, `${sha256Hex(readFileSync(other))}  ${other}`];
  process.stdout.write(`${lines.join("\n")}\n`);
  process.exitCode = difference === undefined ? 0 : 1;
}
