import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { packageVersion } from "../../core/version.ts";
import type { Started } from "../audit/record.ts";
import type { PolicyConfig } from "../policy/settings.ts";

/** Where the signer's own code is; what npm installed is pinned by the lock, with the hash of each package. */
const CODE = ["core", "proto", "signer"] as const;
const FILES = ["VERSION", "package-lock.json", "package.json"] as const;
const ROOT = join(import.meta.dirname, "../..");

/**
 * SHA-256 over the files of the program, hex: of the lines "SHA-256, two spaces, path" in the order of the paths, as
 * `sha256sum` prints them. It tells one version from another; a program that was changed may lie about itself.
 */
export function signerHash(): string {
  const folders = CODE.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.[jt]s$/.test(entry.name))
      .map(({ parentPath, name }) => relative(ROOT, join(parentPath, name))),
  );
  const lines = [...folders, ...FILES]
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map((path) => `${hash("sha256", readFileSync(join(ROOT, path)), "hex")}  ${path}\n`);
  return hash("sha256", lines.join(""), "hex");
}

/** SHA-256 of the settings that the policy judges by, hex: of their JSON with keys in order, numbers of money as text. */
export function policyHash(settings: PolicyConfig): string {
  return hash("sha256", JSON.stringify(settings, ordered), "hex");
}

function ordered(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What the record of a start names. @param accountsJson undefined without accounts.json */
export function startedOf(settings: PolicyConfig, accountsJson: string | undefined): Started {
  return {
    version: packageVersion(),
    program: signerHash(),
    policy: policyHash(settings),
    ...(accountsJson === undefined ? {} : { accounts: hash("sha256", accountsJson, "hex") }),
  };
}
