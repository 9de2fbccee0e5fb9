import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Release } from "../../../iso/attest/provenance.ts";

const sha256 = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");

/** A day when keys and signatures are made that have expired since, as GnuPG takes it. */
const LONG_AGO = ["--faked-system-time", "20200101T000000!"];

/** Somebody with an OpenPGP key, in a GnuPG of his own. */
export interface Releaser {
  /** Hex in capitals. */
  readonly fingerprint: string;
  /** The public key, armoured unless asked otherwise. */
  key(form?: "armoured" | "binary" | "keybox"): string;
  /** Writes FILE.sig beside a file, and returns its name: a detached signature, or a signed copy of the file. */
  sign(file: string, form?: "--detach-sign" | "--clearsign" | "--sign", ...options: string[]): string;
  revoke(): void;
}

/** @param life from now on, or from a day long ago, when all is signed too: for ever, or for a year */
export function newReleaser(
  t: TestContext,
  name: string,
  life: "now" | "long ago" | "a year, long ago" = "now",
): Releaser {
  const home = mkdtempSync(join(tmpdir(), `gpg-${name}-`));
  chmodSync(home, 0o700);
  const gpg = (...args: string[]): string => {
    const own = ["--homedir", home, "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", ""];
    const run = spawnSync("gpg", [...own, ...args], { encoding: "utf8" });
    if (run.status !== 0) throw new Error(run.stderr);
    return run.stdout;
  };
  t.after(() => {
    spawnSync("gpgconf", ["--homedir", home, "--kill", "all"]);
    rmSync(home, { recursive: true, force: true });
  });
  const then = life === "now" ? [] : LONG_AGO;
  const until = life === "a year, long ago" ? "1y" : "never";
  gpg(...then, "--quick-generate-key", `${name} <${name}@example.org>`, "ed25519", "sign", until);
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(gpg("--with-colons", "--list-keys"))?.[1] ?? "";
  return {
    fingerprint,
    key(form = "armoured") {
      if (form === "keybox") return join(home, "pubring.kbx");
      const file = join(home, `${name}.${form}`);
      gpg(...(form === "armoured" ? ["--armor"] : []), "--output", file, "--export");
      return file;
    },
    sign(file, form = "--detach-sign", ...options) {
      gpg(...then, ...options, "--output", `${file}.sig`, form, file);
      return `${file}.sig`;
    },
    revoke() {
      // GnuPG makes one with each key, and a colon before it so that nobody takes it by mistake.
      const made = join(home, "openpgp-revocs.d", `${fingerprint}.rev`);
      const file = join(home, "revocation");
      writeFileSync(file, readFileSync(made, "utf8").replace(":-----BEGIN", "-----BEGIN"));
      gpg("--import", file);
    },
  };
}

/** A release as Node's project publishes it: two archives with `bin/node`, and sums; not signed yet. */
export function newRelease(t: TestContext, version: string, node: string) {
  const folder = mkdtempSync(join(tmpdir(), "release-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const name = `node-v${version}-linux-x64`;
  mkdirSync(join(folder, name, "bin"), { recursive: true });
  writeFileSync(join(folder, name, "bin/node"), node);
  writeFileSync(join(folder, name, "LICENSE"), "MIT");
  const archives = [`${name}.tar.gz`, `${name}.tar.xz`].map((archive) => {
    const run = spawnSync("tar", ["-c", "-a", "-f", archive, name], { cwd: folder, encoding: "utf8" });
    if (run.status !== 0) throw new Error(run.stderr);
    return archive;
  });
  const sums = join(folder, "SHASUMS256.txt");
  const others = [`node-v${version}-darwin-arm64.tar.gz`, `node-v${version}.tar.gz`, "win-x64/node.exe"];
  const lines = [
    ...archives.map((archive) => `${sha256(join(folder, archive))}  ${archive}\n`),
    ...others.map((other) => `${createHash("sha256").update(other).digest("hex")}  ${other}\n`),
  ];
  writeFileSync(sums, lines.join(""));
  return {
    folder,
    sums,
    /** Changes the text of the sums. */
    change: (change: (text: string) => string) => writeFileSync(sums, change(readFileSync(sums, "utf8"))),
    /** What an auditor brings, signed by `by` and with the keys of `keys`. */
    bring: (by: Releaser, keys: readonly string[] = [by.key()], archive = `${name}.tar.xz`): Release => ({
      sums,
      signature: by.sign(sums),
      keys,
      archive: join(folder, archive),
    }),
  };
}
