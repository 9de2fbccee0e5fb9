import { spawnSync } from "node:child_process";
import { closeSync, openSync, readSync, statSync } from "node:fs";

const CHUNK = 1 << 20;

/** Where two files first differ, counted from 0; a file that ends earlier differs there. Undefined if they are equal. */
export function firstDifference(one: string, other: string): number | undefined {
  const files = [openSync(one, "r"), openSync(other, "r")] as const;
  const chunks = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)] as const;
  try {
    for (let at = 0; ; at += CHUNK) {
      const a = chunks[0].subarray(0, readSync(files[0], chunks[0], 0, CHUNK, at));
      const b = chunks[1].subarray(0, readSync(files[1], chunks[1], 0, CHUNK, at));
      if (!a.equals(b)) {
        const place = a.findIndex((byte, index) => byte !== b[index]);
        return at + (place === -1 ? a.length : place);
      }
      if (a.length < CHUNK) return undefined;
    }
  } finally {
    for (const file of files) closeSync(file);
  }
}

/** A part of a file that has a name. */
export interface DifferentPart {
  readonly name: string;
  readonly start: number;
  /** The first byte after it. */
  readonly end: number;
}

/** The innermost part that holds an offset, which is the smallest. */
export function partAt(parts: readonly DifferentPart[], offset: number): DifferentPart | undefined {
  return parts
    .filter(({ start, end }) => start <= offset && offset < end)
    .sort((a, b) => a.end - a.start - (b.end - b.start))[0];
}

function bytes(path: string, start: number, length: number): Buffer {
  const file = openSync(path, "r");
  const buffer = Buffer.alloc(length);
  try {
    return buffer.subarray(0, readSync(file, buffer, 0, length, start));
  } finally {
    closeSync(file);
  }
}

/** Fields of a 64-bit little-endian ELF file (elf(5)), as far as sections and notes are found by them. */
const ELF = {
  magic: 0x464c457f,
  header: 64,
  segmentsAt: 32,
  sectionsAt: 40,
  segmentSize: 54,
  segments: 56,
  sectionSize: 58,
  sections: 60,
  names: 62,
  /** PT_NOTE, a segment's type. */
  note: 4,
  /** SHT_NOBITS, a section's type. */
  noBits: 8,
} as const;

/** The sections of an executable; none if the file is no ELF, or its table lies outside of it. */
export function sections(path: string): DifferentPart[] {
  const head = bytes(path, 0, ELF.header);
  if (head.length < ELF.header || head.readUInt32LE(0) !== ELF.magic) return [];
  const [size, count] = [head.readUInt16LE(ELF.sectionSize), head.readUInt16LE(ELF.sections)];
  const table = bytes(path, Number(head.readBigUInt64LE(ELF.sectionsAt)), size * count);
  if (size < 64 || table.length < size * count) return [];
  const rows = Array.from({ length: count }, (_, at) => table.subarray(at * size, (at + 1) * size)).map((row) => ({
    name: row.readUInt32LE(0),
    hasBytes: row.readUInt32LE(4) !== ELF.noBits,
    start: Number(row.readBigUInt64LE(24)),
    length: Number(row.readBigUInt64LE(32)),
  }));
  const strings = rows[head.readUInt16LE(ELF.names)];
  if (strings === undefined) return [];
  const names = bytes(path, strings.start, strings.length);
  return rows
    .filter(({ hasBytes, length }) => hasBytes && length > 0)
    .map(({ name, start, length }) => ({
      name: `section ${names.toString("latin1", name, names.indexOf(0, name))}`,
      start,
      end: start + length,
    }));
}

/**
 * The notes of an executable, by the names that they have (elf(5), Nhdr). The program is put into Node's binary as one of
 * them, `NODE_SEA_BLOB`, in sections without names.
 */
function notes(path: string): DifferentPart[] {
  const head = bytes(path, 0, ELF.header);
  if (head.length < ELF.header || head.readUInt32LE(0) !== ELF.magic) return [];
  const [size, count] = [head.readUInt16LE(ELF.segmentSize), head.readUInt16LE(ELF.segments)];
  const table = bytes(path, Number(head.readBigUInt64LE(ELF.segmentsAt)), size * count);
  const parts: DifferentPart[] = [];
  for (let row = 0; row + 56 <= table.length; row += size) {
    if (table.readUInt32LE(row) !== ELF.note) continue;
    const end = Number(table.readBigUInt64LE(row + 8) + table.readBigUInt64LE(row + 32));
    let start = Number(table.readBigUInt64LE(row + 8));
    while (start + 12 <= end) {
      const note = bytes(path, start, 12 + 64);
      const [nameLength, length] = [note.readUInt32LE(0), note.readUInt32LE(4)];
      const name = note.toString("latin1", 12, 12 + nameLength).replace(/\0.*$/s, "");
      const next = start + 12 + words(nameLength) + words(length);
      parts.push({ name: `note ${name.replaceAll(/[^!-~]/g, "?")}`, start, end: next });
      start = next;
    }
  }
  return parts;
}

/** Lengths in a note are filled up to whole words of four bytes. */
const words = (length: number): number => Math.ceil(length / 4) * 4;

const SECTOR = 2048;

/** ECMA-119: sixteen sectors that are the system's, then the descriptors, each a sector, to the one of type 255. */
const SYSTEM_AREA: DifferentPart = { name: "the boot sector and partition table", start: 0, end: 16 * SECTOR };

/** The files of an ISO 9660 image, by xorriso, and what lies around them; none if it is no such image. */
function imageFiles(path: string): DifferentPart[] {
  if (bytes(path, 16 * SECTOR + 1, 5).toString("latin1") !== "CD001") return [];
  const find = ["-indev", path, "-find", "/", "-type", "f", "-exec", "report_lba", "--"];
  const { stdout = "" } = spawnSync("xorriso", find, { encoding: "utf8" });
  // File data lba:  0 ,       58 ,        1 ,      308 , '/boot/grub/grub.cfg'
  const files = [...(stdout ?? "").matchAll(/^File data lba:\s*\d+ ,\s*(\d+) ,\s*\d+ ,\s*(\d+) , '(.*)'$/gm)].map(
    ([, block, size, name]) => ({
      name: `file ${name}`,
      start: Number(block) * SECTOR,
      end: Number(block) * SECTOR + Number(size),
    }),
  );
  const partitions = gptPartitions(path);
  const whole = {
    name: "folders and descriptors of the image, or unused space in it",
    start: 0,
    end: statSync(path).size,
  };
  return [...files, ...partitions, SYSTEM_AREA, whole];
}

/** The partitions of a GPT with sectors of 512 bytes: in a hybrid image the EFI one lies behind the ISO 9660 part. */
function gptPartitions(path: string): DifferentPart[] {
  const header = bytes(path, 512, 92);
  if (header.toString("latin1", 0, 8) !== "EFI PART") return [];
  const [count, size] = [header.readUInt32LE(80), header.readUInt32LE(84)];
  const table = bytes(path, Number(header.readBigUInt64LE(72)) * 512, Math.min(count, 128) * size);
  const parts: DifferentPart[] = [];
  for (let at = 0; at + size <= table.length; at += size) {
    const [first, last] = [Number(table.readBigUInt64LE(at + 32)), Number(table.readBigUInt64LE(at + 40))];
    const name = table.toString("utf16le", at + 56, at + size).replace(/\0.*$/s, "");
    // The one around the files says nothing that they do not say better.
    if (first > 16 * (SECTOR / 512))
      parts.push({ name: `partition ${name}`, start: first * 512, end: (last + 1) * 512 });
  }
  return parts;
}

/** Where two files first differ, in words: "equal", or the offset and the part of the file that it lies in. */
export function describeDifference(one: string, other: string): string | undefined {
  const offset = firstDifference(one, other);
  if (offset === undefined) return undefined;
  const named = sections(one).filter(({ name }) => name !== "section ");
  const part = partAt([...notes(one), ...named, ...imageFiles(one)], offset);
  const inside = part === undefined ? "" : `, in ${part.name}, ${offset - part.start} bytes from its start`;
  const byte = (path: string): string => bytes(path, offset, 1).toString("hex") || "end";
  return `first difference at byte ${offset}${inside}: ${byte(one)} and ${byte(other)}`;
}
