/** One entry of an initramfs. Paths are relative, without a leading slash; a file's parents must be entries before it. */
export type CpioEntry =
  | { readonly kind: "folder"; readonly path: string; readonly mode: number }
  | { readonly kind: "file"; readonly path: string; readonly mode: number; readonly content: Uint8Array }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

/** The types of inode(7). */
const TYPES = { folder: 0o040000, file: 0o100000, link: 0o120000 } as const;

const ALIGNMENT = 4;

const EMPTY = Buffer.alloc(0);

/**
 * An archive in the "newc" form (`Documentation/driver-api/early-userspace/buffer-format.rst` of Linux), the only one
 * that the kernel unpacks. Everything belongs to root and has the same time: the same entries give the same bytes.
 * Padded to 512 bytes, so that another archive may follow: the kernel unpacks it over this one.
 */
export function cpioArchive(entries: readonly CpioEntry[], time: number): Buffer {
  const parts: Buffer[] = [];
  entries.forEach((entry, index) => {
    parts.push(...member(entry, index + 1, time));
  });
  parts.push(...record("TRAILER!!!", { ino: 0, mode: 0, links: 1, time: 0 }, EMPTY));
  return padded(Buffer.concat(parts), 512);
}

function member(entry: CpioEntry, ino: number, time: number): Buffer[] {
  const permissions = entry.kind === "link" ? 0o777 : entry.mode;
  const body = entry.kind === "file" ? entry.content : entry.kind === "link" ? Buffer.from(entry.target) : EMPTY;
  return record(
    entry.path,
    { ino, mode: TYPES[entry.kind] | permissions, links: entry.kind === "folder" ? 2 : 1, time },
    body,
  );
}

interface Inode {
  readonly ino: number;
  readonly mode: number;
  readonly links: number;
  readonly time: number;
}

/** The header's thirteen numbers, the name with its end, the content: the last two padded to four bytes. */
function record(name: string, { ino, mode, links, time }: Inode, body: Uint8Array): Buffer[] {
  const nameBytes = Buffer.from(`${name}\0`);
  const [uid, gid, major, minor, deviceMajor, deviceMinor, checksum] = [0, 0, 0, 0, 0, 0, 0];
  const numbers = [ino, mode, uid, gid, links, time, body.length, major, minor, deviceMajor, deviceMinor];
  const header = [...numbers, nameBytes.length, checksum].map((number) => number.toString(16).padStart(8, "0"));
  return [padded(Buffer.concat([Buffer.from(`070701${header.join("")}`), nameBytes])), padded(Buffer.from(body))];
}

function padded(bytes: Buffer, to = ALIGNMENT): Buffer {
  const missing = (to - (bytes.length % to)) % to;
  return missing === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(missing)]);
}
