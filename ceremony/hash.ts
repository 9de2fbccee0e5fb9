import { hashRow } from "./flow/field.ts";
import { programHash } from "./host/identity.ts";
import { HASH_ROWS } from "./limits.ts";
import { pgpWords } from "./mix/pgpwords.ts";
import { grouped } from "./screen/span.ts";
import { EXIT } from "./usage.ts";

/** `ceremony hash`: what the officers bring printed. Rows as the ceremony shows them and asks for them. */
export function runHash(args: readonly string[], out: (text: string) => void, err: (text: string) => void): number {
  if (args.length > 0) {
    err("ceremony: hash takes no arguments\n");
    return EXIT.usage;
  }
  const program = programHash();
  if (!program.ok) {
    err(`ceremony: cannot read its own file (${program.error.code})\n`);
    return EXIT.refused;
  }
  const { hash, form } = program.value;
  out(`${hash}  ${form}\n\n`);
  for (let row = 1; row <= HASH_ROWS; row += 1) {
    const bytes = hashRow(hash, row);
    out(`${row}   ${grouped(bytes, 4)}   ${pgpWords(bytes).join(" ")}\n`);
  }
  return EXIT.done;
}
