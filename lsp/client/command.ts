import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { EXIT } from "../../core/errors.ts";
import { writeSecretFile } from "../../core/files.ts";
import { Secret } from "../../core/secret.ts";
import { lspErrorLine } from "../errors.ts";
import { askLsp } from "./ask.ts";
import { requestKeyOf } from "./key.ts";
import { CLIENT_METHODS, CLIENT_OPTIONS, METHOD_OPTIONS, type Values } from "./options.ts";
import { CLIENT_USAGE } from "./usage.ts";

/** `lsp client …`: resolves to the exit code. */
export async function runClient(args: readonly string[]): Promise<number> {
  const [command = "--help", ...rest] = args;
  if ([command, ...rest].some((arg) => arg === "--help" || arg === "-h")) {
    process.stdout.write(CLIENT_USAGE);
    return EXIT.done;
  }
  if (command === "new-key") return newKey(rest);
  const method = Object.hasOwn(CLIENT_METHODS, command) ? CLIENT_METHODS[command] : undefined;
  if (method === undefined) return usage(`unknown command client ${command}`);
  let values: Values;
  try {
    const own = Object.fromEntries(method.options.map((name) => [name, METHOD_OPTIONS[name]]));
    ({ values } = parseArgs({ args: rest, options: { ...CLIENT_OPTIONS, ...own }, strict: true }) as {
      values: Values;
    });
  } catch (error) {
    return usage(error instanceof Error ? error.message : "");
  }
  const call = method.call(values);
  if (typeof call === "string") return usage(`client ${command} needs ${call}`);
  const asked = await askLsp(values, command, call);
  return typeof asked === "string" ? usage(`client ${command} needs ${asked}`) : asked;
}

/** Never overwrites a file: losing the key means losing the account. */
function newKey(args: readonly string[]): number {
  let out: string | undefined;
  try {
    ({ out } = parseArgs({ args: [...args], options: { out: { type: "string" } }, strict: true }).values);
  } catch (error) {
    return usage(error instanceof Error ? error.message : "");
  }
  if (out === undefined) return usage("client new-key needs --out FILE");
  const secret = Secret.take(randomBytes(32));
  const key = requestKeyOf(secret);
  if (key === undefined) throw new Error("32 random bytes are no private key: once in 2^128");
  const text = Secret.take(hexLine(secret));
  const written = writeSecretFile(out, text.bytes);
  text.wipe();
  secret.wipe();
  if (!written.ok) {
    const code = written.error.code === "file_exists" ? "file_exists" : "file_unwritable";
    process.stderr.write(lspErrorLine(code, out));
    return EXIT.refused;
  }
  process.stdout.write(`${Buffer.from(key.publicKey).toString("hex")}\n`);
  return EXIT.done;
}

/** Digits without a string between, which could not be overwritten. */
function hexLine({ bytes }: Secret): Buffer {
  const line = Buffer.alloc(2 * bytes.length + 1, "\n");
  const digits = Buffer.from("0123456789abcdef");
  for (const [at, byte] of bytes.entries()) {
    line[2 * at] = digits[byte >> 4] ?? 0;
    line[2 * at + 1] = digits[byte & 15] ?? 0;
  }
  return line;
}

function usage(why: string): number {
  process.stderr.write(lspErrorLine("usage", why));
  return EXIT.usage;
}
