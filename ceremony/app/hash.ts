import { pgpWords } from "../../core/pgpwords.ts";
import { hashRow } from "../flow/field.ts";
import { ceremonyHash } from "../host/identity.ts";
import { CEREMONY_EXIT } from "../host/usage.ts";
import { HASH_ROWS } from "../limits.ts";
import { grouped } from "../screen/span.ts";

/** `ceremony hash`: what the officers bring printed. Rows as the ceremony shows them and asks for them. */
export function runHash(args: readonly string[], out: (text: string) => void, err: (text: string) => void): number {
  if (args.length > 0) {
    err("ceremony: hash takes no arguments\n");
    return CEREMONY_EXIT.usage;
  }
  const program = ceremonyHash();
  if (!program.ok) {
    err(`ceremony: cannot read its own file (${program.error.code})\n`);
    return CEREMONY_EXIT.refused;
  }
  const { hash, form } = program.value;
  out(`${hash}  ${form}\n\n`);
  for (let row = 1; row <= HASH_ROWS; row += 1) {
    const bytes = hashRow(hash, row);
    out(`${row}   ${grouped(bytes, 4)}   ${pgpWords(bytes).join(" ")}\n`);
  }
  return CEREMONY_EXIT.done;
}
