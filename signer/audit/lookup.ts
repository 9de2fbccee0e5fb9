import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { recordHash } from "./record.ts";
import { segmentName, segmentNumbers } from "./segment.ts";
import { firstRecord } from "./start.ts";

/** What the log has of one number. */
export interface LookedUp {
  /** 32 bytes; undefined where there is no such record. */
  readonly head: Buffer | undefined;
  /** Number of the first record that is there. */
  readonly first: number;
}

/**
 * The hash of one record, out of the segments on the disk. What is written at this moment has no number that anybody was
 * told, so nothing waits for it.
 *
 * @throws the system's error
 */
export async function lookUp(folder: string, seq: number): Promise<LookedUp> {
  const firsts = segmentNumbers(await readdir(folder)).flatMap((number) => {
    const record = firstRecord(join(folder, segmentName(number)));
    return record === undefined ? [] : [{ number, seq: record.seq }];
  });
  const first = firsts[0]?.seq ?? 1;
  const segment = firsts.findLast((one) => one.seq <= seq)?.number;
  if (segment === undefined) return { head: undefined, first };
  // A line end before the first line too, so that each begins behind one.
  const bytes = Buffer.concat([Buffer.from("\n"), await readFile(join(folder, segmentName(segment)))]);
  const at = bytes.indexOf(`\n{"seq":${seq},`) + 1;
  const end = at === 0 ? -1 : bytes.indexOf(0x0a, at);
  if (end < 0) return { head: undefined, first };
  return { head: Buffer.from(recordHash(bytes.toString("latin1", at, end)), "hex"), first };
}
