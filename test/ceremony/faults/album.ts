import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readAll, residentRanges, searchBytes, stop } from "../../rehearsal/memory.ts";
import type { Needles } from "../../rehearsal/needles.ts";
import { type Counts, SCAN_MARGIN, Scanner } from "../../rehearsal/scanner.ts";

const PAGE = 4096;

interface Piece {
  readonly start: number;
  readonly pages: readonly Buffer[];
}

/** All memory of a process at one scene, what it was started with, and the files in memory that it has open. */
export interface AlbumPicture {
  readonly scene: string;
  readonly pieces: readonly Piece[];
  readonly bytes: number;
  readonly around: readonly Buffer[];
}

/**
 * The memory of one process at many moments. The secrets of a ceremony are known to its player only when they are shown,
 * and some of them first of all to the vault: so memory is kept at every scene, and searched when all are known. Pages
 * that did not change are kept once, and searched once.
 */
export class Album {
  readonly pictures: AlbumPicture[] = [];
  readonly pid: number;
  readonly #pages = new Map<number, Buffer>();

  constructor(pid: number) {
    this.pid = pid;
  }

  /** Throws if the process is gone or may not be read. */
  take(scene: string): void {
    const resume = stop(this.pid);
    const memory = openSync(`/proc/${this.pid}/mem`, "r");
    try {
      const pieces = residentRanges(this.pid).map(({ start, end }) => this.#piece(memory, start, end));
      if (pieces.length === 0) throw new Error(`process ${this.pid} has no memory`);
      const bytes = pieces.reduce((sum, { pages }) => sum + pages.length * PAGE, 0);
      this.pictures.push({ scene, pieces, bytes, around: around(this.pid) });
    } finally {
      closeSync(memory);
      resume();
    }
  }

  /** What is found in any picture. Each piece of memory is searched once for each time that it changed. */
  searchAll(needles: Needles): Counts {
    const scanner = new Scanner(needles);
    let before = new Set<Buffer>();
    for (const { pieces } of this.pictures) {
      for (const { start, pages } of pieces) {
        const spans = changed(pages, before);
        const bytes = spans.length === 0 ? Buffer.alloc(0) : Buffer.concat(pages);
        for (const [from, to] of spans) scanner.scan(bytes, from, to, start);
      }
      before = new Set(pieces.flatMap(({ pages }) => pages));
    }
    return scanner.counts;
  }

  /** What is found in each picture, in the order they were taken. */
  search(needles: Needles): { readonly scene: string; readonly counts: Counts }[] {
    return this.pictures.map(({ scene, pieces }) => {
      const scanner = new Scanner(needles);
      for (const { start, pages } of pieces) {
        const bytes = Buffer.concat(pages);
        scanner.scan(bytes, 0, bytes.length, start);
      }
      return { scene, counts: scanner.counts };
    });
  }

  /** What is found beside the memory: arguments, environment, channel. */
  searchAround(needles: Needles): Counts {
    return searchBytes(Buffer.concat(this.pictures.flatMap(({ around }) => around)), needles);
  }

  #piece(memory: number, start: number, end: number): Piece {
    const fresh = Buffer.alloc(end - start);
    readAll(memory, fresh, start);
    const pages: Buffer[] = [];
    for (let at = 0; at < fresh.length; at += PAGE) {
      const page = fresh.subarray(at, at + PAGE);
      const before = this.#pages.get(start + at);
      const kept = before?.equals(page) ? before : Buffer.from(page);
      this.#pages.set(start + at, kept);
      pages.push(kept);
    }
    return { start, pages };
  }
}

export const sum = (counts: Counts): number => [...counts.values()].reduce((all, one) => all + one, 0);

/** Environment and arguments, which are read by more than the process itself, and the channel to the other process. */
function around(pid: number): Buffer[] {
  const open = readdirSync(`/proc/${pid}/fd`).filter((fd) =>
    /\(deleted\)$/.test(readlinkSync(`/proc/${pid}/fd/${fd}`)),
  );
  return ["environ", "cmdline", ...open.map((fd) => `fd/${fd}`)].map((name) => readFileSync(`/proc/${pid}/${name}`));
}

/** From where to where memory must be searched again, with what a copy may reach beyond a page that changed. */
function changed(pages: readonly Buffer[], before: ReadonlySet<Buffer>): [number, number][] {
  const spans: [number, number][] = [];
  for (const [at, page] of pages.entries()) {
    if (before.has(page)) continue;
    const from = Math.max(0, at * PAGE - SCAN_MARGIN);
    const to = Math.min(pages.length * PAGE, (at + 1) * PAGE + SCAN_MARGIN);
    const last = spans.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = to;
    else spans.push([from, to]);
  }
  return spans;
}
