import { randomFillSync } from "node:crypto";
import { bech32 } from "@scure/base";
import { type SecretFileError, writeSecretFile } from "../../core/files.ts";
import { separateValues } from "../../core/options.ts";
import { pgpWords } from "../../core/pgpwords.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import { Secret } from "../../core/secret.ts";
import { formatIdentity, lockIdentity, recipientOf } from "./identity.ts";
import { obtainPassphrase, type PassphraseIo, type PromptError } from "./prompt.ts";

export interface RecipientIo extends PassphraseIo {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

const RECIPIENT_USAGE = `usage: signer recipient --out FILE [--passphrase] [--halves] [--passphrase-fd N]

  Makes the age identity of a signer and prints its recipient, for the ceremony.

  --out FILE           the identity file, mode 0600; never over a file that is there
  --passphrase         encrypts it with a passphrase, which signer run then asks for
  --halves             two people type a half each; also with --passphrase-fd, on two lines
  --passphrase-fd N    reads the passphrase from a file descriptor
`;

const EXIT = { done: 0, refused: 1, usage: 2 } as const;

const TEXTS: Readonly<Record<PromptError["code"] | SecretFileError["code"], string>> = {
  file_exists: "the file is there already; an identity is never overwritten",
  file_not_written: "the file cannot be written",
  file_not_read: "the file cannot be read",
  file_mode: "others than the owner may read the file",
  file_size: "the file is too large",
  passphrase_no_terminal: "no terminal to ask for the passphrase at; --passphrase-fd reads a descriptor",
  passphrase_ended: "no passphrase was typed",
  passphrase_fd: "the descriptor does not hold the passphrase: one line, or two with --halves",
  passphrase_empty: "the passphrase, or a half of it, is empty",
  passphrase_short: "the passphrase has fewer than 12 characters",
  passphrase_differs: "the second typing differs",
};

interface Options {
  readonly out: string;
  readonly locked: boolean;
  readonly halves: boolean;
  readonly fd?: number;
}

/** `signer recipient`: makes the identity file and prints the recipient, in words too. Resolves to the exit code. */
export async function runRecipient(args: readonly string[], io: RecipientIo): Promise<number> {
  const options = parse(args);
  if (!options.ok) {
    io.stderr(`signer recipient: ${options.error}\n\n${RECIPIENT_USAGE}`);
    return EXIT.usage;
  }
  const { out, locked, halves, fd } = options.value;
  let passphrase: Secret | undefined;
  if (locked) {
    const obtained = await obtainPassphrase({ halves, isNew: true, ...(fd === undefined ? {} : { fd }) }, io);
    if (!obtained.ok) return refuse(obtained.error.code, io);
    passphrase = obtained.value;
  }
  const identity = Secret.take(randomFillSync(Buffer.alloc(32)));
  const recipient = await recipientOf(identity);
  const file = await formatIdentity(identity);
  identity.wipe();
  const bytes = passphrase === undefined ? file.bytes : Buffer.from(await lockIdentity(file, passphrase));
  const written = writeSecretFile(out, bytes);
  passphrase?.wipe();
  file.wipe();
  if (!written.ok) return refuse(written.error.code, io, `${out}: ${written.error.why ?? ""}`);
  io.stdout(printedCopy(recipient));
  return EXIT.done;
}

function refuse(code: keyof typeof TEXTS, io: RecipientIo, about = ""): number {
  io.stderr(`signer recipient: ${TEXTS[code]} (${code})${about === "" ? "" : `: ${about}`}\n`);
  return EXIT.refused;
}

/** The recipient, and the eight rows of four words that officer 2 has on paper when the ceremony asks for one of them. */
function printedCopy(recipient: string): string {
  const hex = Buffer.from(bech32.decodeToBytes(recipient).bytes).toString("hex");
  const words = pgpWords(hex);
  const rows = Array.from({ length: 8 }, (_, row) => {
    const groups = hex.slice(8 * row, 8 * row + 8).replace(/(.{4})/, "$1 ");
    const four = words.slice(4 * row, 4 * row + 4);
    return `  ${row + 1}   ${groups}   ${four.map((word, at) => word.padEnd(at % 2 === 0 ? 9 : 11)).join(" ")}`;
  });
  return `${recipient}\n\n${rows.map((row) => row.trimEnd()).join("\n")}\n`;
}

function parse(given: readonly string[]): Result<Options, string> {
  const args = separateValues(given);
  let out: string | undefined;
  let fd: number | undefined;
  const flags = new Set<string>();
  for (let at = 0; at < args.length; at += 1) {
    const name = args[at] ?? "";
    if (flags.has(name)) return fail(`${name} is given twice`);
    flags.add(name);
    if (name === "--passphrase" || name === "--halves") continue;
    if (name !== "--out" && name !== "--passphrase-fd") return fail(`unknown argument ${name}`);
    at += 1;
    const value = args[at];
    if (value === undefined || value === "") return fail(`${name} needs a value`);
    if (name === "--out") out = value;
    else if (/^\d{1,4}$/.test(value)) fd = Number(value);
    else return fail("--passphrase-fd is a number");
  }
  if (out === undefined) return fail("--out FILE is missing");
  const locked = flags.has("--passphrase") || fd !== undefined;
  const halves = flags.has("--halves");
  if (halves && !locked) return fail("--halves goes with --passphrase or --passphrase-fd");
  return ok({ out, locked, halves, ...(fd === undefined ? {} : { fd }) });
}
