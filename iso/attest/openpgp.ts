import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail, ok, type Result } from "../../core/result.ts";

export type OpenpgpCode =
  | "gpg_missing"
  | "keys_malformed"
  | "signature_malformed"
  | "signature_unknown_key"
  | "signature_bad"
  | "signature_expired"
  | "key_expired"
  | "key_revoked";

/** What GnuPG says of a signature that is not good (its doc/DETAILS), and our code for it. */
const NOT_GOOD: Readonly<Record<string, OpenpgpCode>> = {
  BADSIG: "signature_bad",
  EXPSIG: "signature_expired",
  EXPKEYSIG: "key_expired",
  REVKEYSIG: "key_revoked",
  NO_PUBKEY: "signature_unknown_key",
};

/** A signature over bytes as they are; 01 is one over text, in which line ends are all alike. */
const BINARY = "00";
/** Where a keybox, GnuPG's own file of keys, has its magic bytes. */
const KEYBOX = { at: 8, magic: "KBXf" } as const;
/** Node's list of releasers' keys has some 200,000 bytes. */
const OUTPUT_BYTES_MAX = 1 << 26;

/**
 * Judges a detached OpenPGP signature by GnuPG, with the given keys and no others: its folder is a new one, it asks no
 * server, and it starts no agent.
 * @param keys the contents of files of public keys: armoured, binary, or a keybox
 * @returns the fingerprints of the primary keys that signed, hex in capitals
 */
export function verifyDetached(
  keys: readonly Buffer[],
  signature: Buffer,
  text: Buffer,
): Result<readonly string[], OpenpgpCode> {
  const home = mkdtempSync(join(tmpdir(), "openpgp-"));
  const gpg = (args: readonly string[], input: Buffer) => {
    const own = [
      "--homedir",
      home,
      "--no-options",
      "--batch",
      "--no-autostart",
      "--no-auto-key-retrieve",
      "--status-fd",
    ];
    return spawnSync("gpg", [...own, "1", "--trust-model", "always", ...args], { input, maxBuffer: OUTPUT_BYTES_MAX });
  };
  const put = (name: string, bytes: Buffer): string => {
    writeFileSync(join(home, name), bytes, { mode: 0o600 });
    return join(home, name);
  };
  try {
    for (const file of keys) {
      const exported = isKeybox(file)
        ? spawnSync("gpg", exportOf(home, put("given.kbx", file)), { maxBuffer: OUTPUT_BYTES_MAX }).stdout
        : file;
      const { error, stdout } = gpg(["--import"], exported);
      if (error !== undefined) return fail("gpg_missing");
      if (!/^\[GNUPG:\] IMPORT_OK /m.test(stdout.toString("latin1"))) return fail("keys_malformed");
    }
    const { status, stdout } = gpg(["--verify", put("signature", signature), put("text", text)], Buffer.alloc(0));
    return judge(status, stdout.toString("latin1"));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function judge(exit: number | null, said: string): Result<readonly string[], OpenpgpCode> {
  const lines = [...said.matchAll(/^\[GNUPG:\] (\w+) ?(.*)$/gm)].map(([, word = "", rest = ""]) => ({
    word,
    fields: rest.split(" "),
  }));
  for (const { word } of lines) if (Object.hasOwn(NOT_GOOD, word)) return fail(NOT_GOOD[word] ?? "signature_bad");
  const count = (wanted: string): number => lines.filter(({ word }) => word === wanted).length;
  const valid = lines.filter(({ word }) => word === "VALIDSIG");
  const isWhole = valid.length > 0 && count("NEWSIG") === valid.length && count("GOODSIG") === valid.length;
  // VALIDSIG: fingerprint, day, time, expiry, version, reserved, algorithm, hash, class, primary key.
  if (exit !== 0 || !isWhole || valid.some(({ fields }) => fields[8] !== BINARY)) return fail("signature_malformed");
  return ok(valid.map(({ fields }) => fields[9] ?? ""));
}

const isKeybox = (file: Buffer): boolean =>
  file.subarray(KEYBOX.at, KEYBOX.at + KEYBOX.magic.length).toString("latin1") === KEYBOX.magic;

const exportOf = (home: string, keybox: string): string[] => [
  ...["--homedir", home, "--no-options", "--batch", "--no-autostart", "--no-default-keyring"],
  ...["--keyring", keybox, "--export"],
];
