import { spawnSync } from "node:child_process";
import { fail, ok, type Result } from "../../core/result.ts";
import { type Sum, sha256Hex } from "./files.ts";

export type ReleaseCode =
  | "sums_malformed"
  | "sums_other_version"
  | "sums_no_line"
  | "archive_differs"
  | "archive_malformed";

/** SHASUMS256.txt of a release: `HASH  NAME` a line, names with a folder for those of Windows. */
const LINE = /^([0-9a-f]{64}) {2}((?:[A-Za-z0-9._+-]+\/)*[A-Za-z0-9._+-]+)$/;
const PLATFORM = "linux-x64";
/** By the first bytes of an archive, what tar is told that it is. */
const COMPRESSIONS = [
  { magic: "1f8b", option: "-z" },
  { magic: "fd377a585a00", option: "-J" },
] as const;
/** The binary of Node 24 has 127 MB. */
const BINARY_BYTES_MAX = 1 << 28;

/** The lines of a release's sums. Refuses a text with anything else in it, a name twice, and a signed copy of it. */
export function parseRelease(text: string): Result<readonly Sum[], "sums_malformed"> {
  const sums: Sum[] = [];
  const lines = text.endsWith("\n") ? text.slice(0, -1).split("\n") : [];
  for (const line of lines) {
    const [, hash, path] = LINE.exec(line) ?? [];
    if (hash === undefined || path === undefined) return fail("sums_malformed");
    sums.push({ hash, path });
  }
  const isOne = new Set(sums.map(({ path }) => path)).size === sums.length;
  return isOne && sums.length > 0 ? ok(sums) : fail("sums_malformed");
}

/**
 * Finds the line of an archive with Node for Linux on x86-64.
 * @param version of Node, `24.21.0`
 */
export function findArchive(
  sums: readonly Sum[],
  version: string,
  archive: Buffer,
): Result<Sum, "sums_other_version" | "sums_no_line" | "archive_differs"> {
  const prefix = `node-v${version}`;
  const isOfVersion = ({ path }: Sum): boolean => path.startsWith(`${prefix}-`) || path.startsWith(`${prefix}.`);
  if (!sums.some(isOfVersion)) return fail("sums_other_version");
  const lines = sums.filter(({ path }) => /\.tar\.[gx]z$/.test(path) && path.startsWith(`${prefix}-${PLATFORM}.`));
  if (lines.length === 0) return fail("sums_no_line");
  const hash = sha256Hex(archive);
  const line = lines.find((one) => one.hash === hash);
  return line === undefined ? fail("archive_differs") : ok(line);
}

/** The bytes of `bin/node` in an archive of a release. */
export function binaryIn(archive: Buffer, version: string): Result<Buffer, "archive_malformed"> {
  const start = archive.subarray(0, 6).toString("hex");
  const option = COMPRESSIONS.find(({ magic }) => start.startsWith(magic))?.option;
  if (option === undefined) return fail("archive_malformed");
  const member = `node-v${version}-${PLATFORM}/bin/node`;
  const { status, stdout } = spawnSync("tar", ["-x", option, "-O", "-f", "-", "--", member], {
    input: archive,
    maxBuffer: BINARY_BYTES_MAX,
  });
  return status === 0 && stdout.length > 0 ? ok(stdout) : fail("archive_malformed");
}
