import { hashRow } from "../../ceremony/flow/field.ts";
import { HASH_ROWS } from "../../ceremony/limits.ts";
import { grouped } from "../../ceremony/screen/span.ts";
import { pgpWords } from "../../core/pgpwords.ts";

/** A hash for people: in rows of hex and words, as the ceremony shows it and has it read aloud. */
export function hashLines(name: string, hash: string): string[] {
  const rows = Array.from({ length: HASH_ROWS }, (_, at) => hashRow(hash, at + 1));
  return [
    `${hash}  ${name}`,
    ...rows.map((bytes, at) => `  ${at + 1}   ${grouped(bytes, 4)}   ${pgpWords(bytes).join(" ")}`),
    "",
  ];
}
