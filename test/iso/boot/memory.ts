import { closeSync, fstatSync, openSync } from "node:fs";
import { join } from "node:path";
import { readAll, searchBytes } from "../../rehearsal/memory.ts";
import { type CeremonySecrets, type Needles, needlesFor } from "../../rehearsal/needles.ts";
import { type Counts, SCAN_MARGIN, Scanner } from "../../rehearsal/scanner.ts";
import { type Pixels, readScreen } from "./eyes.ts";
import { type BootMachine, MEMORY_MIB } from "./machine.ts";

/** What a machine had in its memories at one moment: files, to be searched when the secrets are known. */
export interface Dump {
  readonly moment: string;
  /** All RAM, and with it the window at 0xa0000 through which a text console is written. */
  readonly ram: string;
  /** The graphics card's own memory, of which characters, fonts and pictures are parts. */
  readonly video: string;
}

interface PciRegion {
  readonly bar: number;
  readonly address: number;
  readonly size: number;
}

interface PciBus {
  readonly devices: readonly {
    readonly class_info: { readonly class: number };
    readonly regions: readonly PciRegion[];
  }[];
}

/** PCI: a display controller that is VGA compatible. */
const DISPLAY = 0x0300;

/** Writes both memories to files in `folder`. The machine stands still meanwhile, and goes on if it was running. */
export async function dumpMemory(machine: BootMachine, folder: string, moment: string): Promise<Dump> {
  const { qmp } = machine;
  const { running } = (await qmp.run("query-status")) as { readonly running: boolean };
  if (running) await qmp.run("stop");
  const buses = (await qmp.run("query-pci")) as readonly PciBus[];
  const display = buses.flatMap(({ devices }) => devices).find(({ class_info }) => class_info.class === DISPLAY);
  const region = display?.regions.find(({ bar }) => bar === 0);
  if (region === undefined) throw new Error("the machine has no graphics card");
  const dump = { moment, ram: join(folder, `${moment}.ram`), video: join(folder, `${moment}.video`) };
  await qmp.run("pmemsave", { val: 0, size: MEMORY_MIB << 20, filename: dump.ram });
  await qmp.run("pmemsave", { val: region.address, size: region.size, filename: dump.video });
  if (running) await qmp.run("cont");
  return dump;
}

/** The secrets of a rehearsal in every form, and the rows in which the words were shown. */
export function bootNeedles(secrets: CeremonySecrets): Needles {
  const { words, needles } = needlesFor(secrets);
  const rows = secrets.words.map((word) => {
    const punched = [...word.slice(0, 4).toUpperCase()].join(" ");
    return { bytes: Buffer.from(`${word.padEnd(8)}        ${punched}`), offset: 0 };
  });
  return { words, needles: [...needles, { label: "row of words", parts: rows, anyCase: false, isText: true }] };
}

/** As much of a file as is read at once; an even number of pages. */
const PIECE = 1 << 20;

/** How often a character's bytes come in memory: each, every second (with an attribute), every fourth (UTF-32, planes). */
const STRIDES = [2, 4] as const;
const VIEW: Readonly<Record<number, string>> = { 2: ", every 2nd byte", 4: ", every 4th byte" };

/**
 * Counts the copies of each secret in a file of memory: byte for byte in all forms; and for texts, which a screen keeps
 * with something between the characters, in every second and every fourth byte. So characters with attributes, UTF-16,
 * UTF-32 and the planes of a graphics card are all seen, whatever the attribute is.
 */
export function searchDump(path: string, needles: Needles): Counts {
  const texts: Needles = { words: needles.words, needles: needles.needles.filter(({ isText }) => isText) };
  const straight = new Scanner(needles);
  const views = STRIDES.flatMap((stride) =>
    Array.from({ length: stride }, (_, phase) => ({ stride, phase, scanner: new Scanner(texts) })),
  );
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(PIECE + 2 * SCAN_MARGIN * 4);
    for (let at = 0; at < size; at += PIECE) {
      const from = Math.max(0, at - 4 * SCAN_MARGIN);
      const length = readAll(file, buffer.subarray(0, Math.min(size, at + PIECE + 4 * SCAN_MARGIN) - from), from);
      const piece = buffer.subarray(0, length);
      // Most of the memory of a machine that zeroes what it frees.
      if (isZero(piece)) continue;
      const [first, last] = [at - from, Math.min(at + PIECE - from, length)];
      straight.scan(piece, first, last, from);
      for (const { stride, phase, scanner } of views)
        scanner.scan(everyNth(piece, stride, phase), first / stride, Math.floor(last / stride), from / stride);
    }
  } finally {
    closeSync(file);
  }
  const counts: Counts = new Map(straight.counts);
  for (const { stride, scanner } of views)
    for (const [label, count] of scanner.counts) {
      const name = `${label}${VIEW[stride]}`;
      counts.set(name, (counts.get(name) ?? 0) + count);
    }
  return counts;
}

function everyNth(bytes: Buffer, stride: number, phase: number): Buffer {
  const picked = Buffer.allocUnsafe(Math.floor((bytes.length - phase + stride - 1) / stride));
  for (let to = 0, at = phase; at < bytes.length; to += 1, at += stride) picked[to] = bytes[at] as number;
  return picked;
}

const ZEROS = Buffer.alloc(PIECE + 8 * SCAN_MARGIN);

const isZero = (bytes: Buffer): boolean => bytes.equals(ZEROS.subarray(0, bytes.length));

/** What can be read off a picture that still stands in a graphics card's memory: 32 bits a pixel, from its beginning. */
export function searchPicture(video: Buffer, size: Omit<Pixels, "rgb">, needles: Needles): Counts {
  const rgb = Buffer.alloc(size.width * size.height * 3);
  for (let pixel = 0; pixel < size.width * size.height; pixel += 1) {
    rgb[3 * pixel] = video[4 * pixel + 2] ?? 0;
    rgb[3 * pixel + 1] = video[4 * pixel + 1] ?? 0;
    rgb[3 * pixel + 2] = video[4 * pixel] ?? 0;
  }
  return searchBytes(Buffer.from(readScreen({ ...size, rgb }).text.join("\n")), needles);
}

/** "12: passphrase text 3, phrase text 9"; "0" if there is nothing. */
export function described(counts: Counts): string {
  const sum = [...counts.values()].reduce((all, count) => all + count, 0);
  const each = [...counts].sort(([, a], [, b]) => b - a).map(([label, count]) => `${label} ${count}`);
  return each.length === 0 ? "0" : `${sum}: ${each.join(", ")}`;
}
