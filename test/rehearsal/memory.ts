import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { bound } from "../tools/speed.ts";
import type { Needles } from "./needles.ts";
import { type Counts, SCAN_MARGIN, Scanner } from "./scanner.ts";

/** Memory is read in pieces of this size: large enough for few system calls, small enough to stay in the cache. */
const PIECE = 1 << 20;

const PAGE = 4096;

/** proc_pid_pagemap(5): eight bytes a page; bit 63 says present, 62 swapped out, 61 a file's page or shared memory. */
const PAGEMAP_ENTRY = 8;
const PRESENT_OR_SWAPPED = 0xc0;
const FILE_OR_SHARED = 0x20;

/** How long the kernel may take to stop every thread of a process. */
const STOP_MS = 2_000;

export interface MemoryRange {
  readonly start: number;
  readonly end: number;
}

interface Mapping extends MemoryRange {
  /** Not shared with others: what is written to it makes a page of its own, which is no file's any more. */
  readonly isPrivate: boolean;
}

/**
 * Counts the copies of each secret in the memory of process `pid`: every page that it has, readable to it or not, but for
 * the unchanged pages of files that it maps, such as its own code. The process is stopped meanwhile, because a collector
 * that moves a string while it is being looked for makes it invisible, and goes on afterwards.
 *
 * Throws if the process is gone or may not be read: a search that saw nothing must not count as one that found nothing.
 */
export function searchProcess(pid: number, needles: Needles): Counts {
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    const resume = stop(pid);
    try {
      const scanner = new Scanner(needles);
      const ranges = residentRanges(pid);
      if (ranges.length === 0) throw new Error(`process ${pid} has no memory: it has ended`);
      for (const range of ranges) scanRange(scanner, memory, range);
      return scanner.counts;
    } finally {
      resume();
    }
  } finally {
    closeSync(memory);
  }
}

/** Counts the copies in files, and in folders with all that is below them; names count too, links are not followed. */
export function searchFiles(paths: readonly string[], needles: Needles): Counts {
  const total: Counts = new Map();
  for (const path of paths) {
    const entry = lstatSync(path);
    addCounts(total, searchBytes(Buffer.from(path), needles));
    if (entry.isDirectory()) {
      addCounts(
        total,
        searchFiles(
          readdirSync(path).map((name) => join(path, name)),
          needles,
        ),
      );
    } else if (entry.isFile()) {
      addCounts(total, searchFile(path, needles));
    }
  }
  return total;
}

/** Counts the copies in bytes at hand: standard error, a screen, a transcript. */
export function searchBytes(bytes: Uint8Array, needles: Needles): Counts {
  const scanner = new Scanner(needles);
  scanner.scan(Buffer.from(bytes), 0, bytes.length, 0);
  return scanner.counts;
}

function searchFile(path: string, needles: Needles): Counts {
  const scanner = new Scanner(needles);
  const file = openSync(path, "r");
  try {
    scanRange(scanner, file, { start: 0, end: fstatSync(file).size });
    return scanner.counts;
  } finally {
    closeSync(file);
  }
}

function addCounts(total: Counts, more: Counts): void {
  for (const [label, count] of more) total.set(label, (total.get(label) ?? 0) + count);
}

/** Pieces overlap by a margin on both sides; each place is searched once. */
function scanRange(scanner: Scanner, file: number, { start, end }: MemoryRange): void {
  const buffer = Buffer.allocUnsafe(PIECE + 2 * SCAN_MARGIN);
  for (let at = start; at < end; at += PIECE) {
    const from = Math.max(start, at - SCAN_MARGIN);
    const to = Math.min(end, at + PIECE + SCAN_MARGIN);
    const length = readAll(file, buffer.subarray(0, to - from), from);
    const last = Math.min(end, at + PIECE, from + length);
    if (last > at) scanner.scan(buffer.subarray(0, length), at - from, last - from, from);
  }
}

/** How much could be read: less than asked where a file ends or the kernel keeps a page (EIO, as [vvar] does). */
export function readAll(file: number, into: Buffer, from: number): number {
  let length = 0;
  while (length < into.length) {
    try {
      const read = readSync(file, into, length, into.length - length, from + length);
      if (read === 0) return length;
      length += read;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EIO") throw error;
      const page = Math.min(PAGE - ((from + length) % PAGE), into.length - length);
      into.fill(0, length, length + page);
      length += page;
    }
  }
  return length;
}

/** The pages that exist and are no unchanged file's: 14 MB of the 1.4 GB that a bare Node process has mapped (measured). */
export function residentRanges(pid: number): MemoryRange[] {
  const pagemap = openSync(`/proc/${pid}/pagemap`, "r");
  try {
    const ranges: { start: number; end: number }[] = [];
    for (const { start, end, isPrivate } of mappings(pid)) {
      const entries = Buffer.alloc(((end - start) / PAGE) * PAGEMAP_ENTRY);
      const length = readAll(pagemap, entries, (start / PAGE) * PAGEMAP_ENTRY);
      for (let entry = 0; entry < length; entry += PAGEMAP_ENTRY) {
        const flags = entries.readUInt8(entry + PAGEMAP_ENTRY - 1);
        if ((flags & PRESENT_OR_SWAPPED) === 0 || (isPrivate && (flags & FILE_OR_SHARED) !== 0)) continue;
        const page = start + (entry / PAGEMAP_ENTRY) * PAGE;
        const last = ranges.at(-1);
        if (last?.end === page) last.end += PAGE;
        else ranges.push({ start: page, end: page + PAGE });
      }
    }
    return ranges;
  } finally {
    closeSync(pagemap);
  }
}

function mappings(pid: number): Mapping[] {
  return readFileSync(`/proc/${pid}/maps`, "latin1")
    .split("\n")
    .flatMap((line) => {
      const [, start = "", end = "", sharing] = /^([0-9a-f]+)-([0-9a-f]+) ...(.)/.exec(line) ?? [];
      // The kernel's own page at the top of the address space, the same in every process.
      return start === "" || line.endsWith("[vsyscall]")
        ? []
        : [{ start: Number.parseInt(start, 16), end: Number.parseInt(end, 16), isPrivate: sharing === "p" }];
    });
}

/** Stops a process and returns what lets it go on; one that was stopped already stays so. */
export function stop(pid: number): () => void {
  if (stateOf(pid) === "T") return () => {};
  process.kill(pid, "SIGSTOP");
  const endsAt = performance.now() + bound(STOP_MS);
  while (stateOf(pid) !== "T") {
    if (performance.now() > endsAt) throw new Error(`process ${pid} does not stop`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
  return () => process.kill(pid, "SIGCONT");
}

/** proc_pid_stat(5): the state follows the command name in brackets. */
function stateOf(pid: number): string {
  const state = /\) (.)/.exec(readFileSync(`/proc/${pid}/stat`, "latin1"))?.[1] ?? "?";
  if (state === "Z" || state === "X") throw new Error(`process ${pid} has no memory: it has ended`);
  return state;
}
