import { createPrivateKey } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EXIT } from "../../core/errors.ts";
import {
  type Authority,
  type Credential,
  makeAuthority,
  makeClient,
  makeServer,
  readAuthority,
  validFor,
} from "../pki/authority.ts";
import { signerErrorLine } from "./errors.ts";
import type { SignerOptionsGiven } from "./materials.ts";

const CA_DAYS = 3_650;
const DAYS = 825;
/** In every server certificate, so that a client needs no host name to check. */
const SERVER_NAME = "signer";

/**
 * `signer certs`: the authority and the server's certificate where there is none yet, and a certificate for each client
 * that has none. Prints the fingerprints that the configuration pins.
 */
export async function runCerts(options: SignerOptionsGiven): Promise<number> {
  const folder = options["out"];
  const days = Number(options["days"] ?? DAYS);
  if (typeof folder !== "string" || !Number.isInteger(days) || days < 1 || days > CA_DAYS) {
    process.stderr.write(signerErrorLine("usage", "certs needs --out DIR; --days is 1 to 3650"));
    return EXIT.usage;
  }
  const clients = listOf(options["client"], ["lsp"]);
  const wrong = clients.find((name) => !/^[a-z][a-z0-9-]{0,31}$/.test(name) || name === "ca" || name === "server");
  const taken = wrong ?? clients.find((name) => existsSync(join(folder, `${name}.key`)));
  if (taken !== undefined) {
    process.stderr.write(signerErrorLine(wrong === undefined ? "file_exists" : "usage", taken));
    return wrong === undefined ? EXIT.refused : EXIT.usage;
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const now = Date.now();
  const authority = authorityOf(folder, now);
  if (!existsSync(join(folder, "server.key")))
    write(
      folder,
      "server",
      makeServer(authority, [SERVER_NAME, ...listOf(options["host"], ["127.0.0.1"])], validFor(days, now)),
    );
  for (const name of clients) {
    const credential = makeClient(authority, name, validFor(days, now));
    write(folder, name, credential);
    process.stdout.write(`${name} ${credential.fingerprint}\n`);
  }
  return EXIT.done;
}

function authorityOf(folder: string, now: number): Authority {
  if (existsSync(join(folder, "ca.key")))
    return readAuthority(
      readFileSync(join(folder, "ca.crt"), "utf8"),
      createPrivateKey(readFileSync(join(folder, "ca.key"))),
    );
  const authority = makeAuthority("signer CA", validFor(CA_DAYS, now));
  write(folder, "ca", authority);
  return authority;
}

/** `wx`: a file that appeared meanwhile is not written over. */
function write(folder: string, name: string, { certificate, privateKey }: Credential): void {
  writeFileSync(join(folder, `${name}.key`), privateKey, { mode: 0o600, flag: "wx" });
  writeFileSync(join(folder, `${name}.crt`), certificate, { mode: 0o644, flag: "wx" });
}

function listOf(value: SignerOptionsGiven[string], otherwise: readonly string[]): readonly string[] {
  return Array.isArray(value) ? value : otherwise;
}
