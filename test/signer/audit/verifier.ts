/** `node verifier.ts DIR SAID`: verifies a log against every `ack SEQ HEAD` in a file. */
import { readFileSync, writeSync } from "node:fs";
import { verifyLog } from "../../../signer/audit/verify.ts";
import { readSegments } from "./sample.ts";

const [dir = "", said = ""] = process.argv.slice(2);
const witnesses = [...readFileSync(said, "latin1").matchAll(/^ack (\d+) ([0-9a-f]{64})$/gm)].map(
  ([, seq, head = ""]) => ({ seq: Number(seq), head }),
);
const { flaw, records } = verifyLog(readSegments(dir), { witnesses });
writeSync(1, flaw === undefined && records > witnesses.length ? "verified\n" : `${JSON.stringify(flaw)} ${records}\n`);
