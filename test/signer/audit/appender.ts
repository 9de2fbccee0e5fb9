/**
 * A process that appends until it is killed: `node appender.ts DIR IN_FLIGHT [inlineRecords] [total]`. Says `ack SEQ HEAD`
 * on its output, by a write of its own, for each append that it was told is on the disk. Opens each log with small
 * segments and frequent checkpoints, so that kills meet rotations too.
 */
import { writeSync } from "node:fs";
import { openAuditLog } from "../../../signer/audit/open.ts";
import { AUDIT_NETWORK, AUDIT_NODE, signedEntry } from "./sample.ts";

const [dir = "", inFlight = "1", inlineRecords = "1", total = "Infinity", reserve = "0"] = process.argv.slice(2);
const opened = openAuditLog({
  dir,
  nodeId: AUDIT_NODE,
  network: AUDIT_NETWORK,
  segmentBytes: 131_072,
  checkpointEvery: 50,
  reserveBytes: Number(reserve),
  inlineRecords: Number(inlineRecords),
});
if (!opened.ok) {
  writeSync(1, `refused ${opened.error.code}${"errno" in opened.error ? ` ${opened.error.errno}` : ""}\n`);
  process.exit(1);
}
const log = opened.value;
let count = 0;

async function caller(): Promise<void> {
  while (count < Number(total)) {
    count += 1;
    const { seq, head } = await log.append([signedEntry(count % 256)]);
    writeSync(1, `ack ${seq} ${head.toString("hex")}\n`);
  }
}

try {
  await Promise.all(Array.from({ length: Number(inFlight) }, caller));
} catch (error) {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  const cause = error instanceof Error && error.cause instanceof Error && "code" in error.cause ? error.cause.code : "";
  writeSync(1, `failed ${code} ${cause}\n`);
}
await log.close();
writeSync(1, "closed\n");
