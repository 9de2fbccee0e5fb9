import { AEZEED_VERSION } from "./aezeed.ts";
import { PHRASE_WORDS, packIndexes } from "./phrase.ts";
import { syndromeOf, wordEffect } from "./syndrome.ts";

// A plate has rows and columns, and its words go across or down, on two halves or on one. Who reads it in another way
// has the right words in another order, which version and checksum tell from every other order.

/** An order in which the words of a plate may have been read. */
export interface Layout {
  /** What the reader did, as the end of "The words were read ...". */
  readonly name: string;
  /** The place of the seed, from 0, of each word in the order in which it was read. */
  readonly order: readonly number[];
}

/** A way through the cells of a plate of so many rows and columns. */
interface Way {
  readonly name: string;
  /** The number of the cell at a row and a column, all from 0. */
  readonly at: (row: number, column: number) => number;
}

const GRIDS = [2, 3, 4, 6, 8, 12].map((rows) => ({ rows, columns: PHRASE_WORDS / rows }));

/**
 * The first layout that makes version and checksum of these 24 words (0 to 2047 each) right; undefined if none does, or
 * if they are right as they are.
 *
 * A phrase that is wrong in other ways passes for one of the layouts once in a billion: 895 against 40 bits.
 */
export function findLayout(indexes: Uint16Array): Layout | undefined {
  if (fits(indexes, (place) => place)) return undefined;
  return layouts().find(({ order }) => {
    const from = Array.from(order, (_, place) => order.indexOf(place));
    return fits(indexes, (place) => from[place] ?? 0);
  });
}

/** The words put back in the seed's order. The caller wipes both. */
export function inOrder(indexes: Uint16Array, { order }: Layout): Uint16Array {
  const sorted = new Uint16Array(indexes.length);
  for (const [read, place] of order.entries()) sorted[place] = indexes[read] ?? 0;
  return sorted;
}

/** Version and checksum of the phrase whose word at a place is the one that was read as number `from(place)`. */
function fits(indexes: Uint16Array, from: (place: number) => number): boolean {
  if ((indexes[from(0)] ?? 0) >>> 3 !== AEZEED_VERSION) return false;
  let syndrome = nothing();
  for (let place = 0; place < PHRASE_WORDS; place++) syndrome ^= wordEffect(place, indexes[from(place)] ?? 0);
  return syndrome >>> 0 === 0;
}

let zero: number | undefined;

/** The syndrome of 24 times the word 0: the constant of the CRC. */
function nothing(): number {
  zero ??= syndromeOf(packIndexes(new Uint16Array(PHRASE_WORDS)).bytes);
  return zero;
}

let known: readonly Layout[] | undefined;

/** Every layout once, the plainer ones first. */
export function layouts(): readonly Layout[] {
  if (known === undefined) {
    const grids = GRIDS.flatMap(readings);
    // Most people read across: to read down 4 rows of 6 that go across is the same as to read 6 rows of 4 that go down.
    const across = grids.filter(({ name }) => name.startsWith("across, on"));
    const all = [...turns(), ...across, ...grids, ...halves(), ...GRIDS.flatMap(swappedLines)];
    const byOrder = Map.groupBy(all, ({ order }) => order.join());
    const whole = Array.from({ length: PHRASE_WORDS }, (_, place) => place).join();
    known = [...byOrder].flatMap(([key, [first]]) => (key === whole || first === undefined ? [] : [first]));
  }
  return known;
}

/** From the end, or begun at another word. */
function turns(): Layout[] {
  const order = (place: (read: number) => number) => Array.from({ length: PHRASE_WORDS }, (_, read) => place(read));
  const starts = order((start) => start);
  return [
    { name: "from the last to the first", order: order((read) => PHRASE_WORDS - 1 - read) },
    { name: "with the second half before the first", order: order((read) => (read + 12) % PHRASE_WORDS) },
    ...starts.map((start) => ({
      name: `from word ${start + 1} on, round the end to word ${start}`,
      order: order((read) => (read + start) % PHRASE_WORDS),
    })),
    ...starts.map((start) => ({
      name: `backwards from word ${start + 1}, round the beginning`,
      order: order((read) => (2 * PHRASE_WORDS + start - read) % PHRASE_WORDS),
    })),
  ];
}

/** The ways through a plate: across, down, and both within blocks of columns or of rows. */
function ways(rows: number, columns: number): Way[] {
  const divisors = (of: number) => Array.from({ length: of }, (_, n) => n + 1).filter((n) => of % n === 0);
  const blocks = (count: number, what: string) =>
    count === 2 ? `in two halves of ${what}` : `by ${count} parts of ${what}`;
  const across = divisors(columns).map((parts): Way => {
    const width = columns / parts;
    const name = parts === 1 ? "across" : parts === columns ? "down" : `across ${blocks(parts, "its columns")}`;
    return { name, at: (row, column) => Math.floor(column / width) * rows * width + row * width + (column % width) };
  });
  const down = divisors(rows)
    .slice(1, -1)
    .map((parts): Way => {
      const height = rows / parts;
      const name = `down ${blocks(parts, "its rows")}`;
      return {
        name,
        at: (row, column) => Math.floor(row / height) * columns * height + column * height + (row % height),
      };
    });
  return [...across, ...down];
}

/** Every way to read a plate whose words go in any of these ways, turned or not, every second line backwards or not. */
function readings({ rows, columns }: { readonly rows: number; readonly columns: number }): Layout[] {
  const all = ways(rows, columns);
  const plate = `a plate of ${rows} rows and ${columns} columns`;
  const layouts: Layout[] = [];
  for (const snake of [false, true])
    for (const up of [false, true])
      for (const left of [false, true])
        for (const reading of all)
          for (const writing of all) {
            const order = new Array<number>(PHRASE_WORDS);
            for (let row = 0; row < rows; row++)
              for (let column = 0; column < columns; column++) {
                const isBack = snake && (reading.name === "down" ? column % 2 === 1 : row % 2 === 1);
                const down = reading.name === "down" && isBack;
                const y = up !== down ? rows - 1 - row : row;
                const x = left !== (isBack && !down) ? columns - 1 - column : column;
                order[reading.at(row, column)] = writing.at(y, x);
              }
            const turned = up && left ? ["upside down"] : [up ? "from below" : "", left ? "from right to left" : ""];
            const how = [reading.name, ...turned, snake ? "every second line backwards" : ""].filter(
              (part) => part !== "",
            );
            layouts.push({ name: `${how.join(", ")}, on ${plate} whose words go ${writing.name}`, order });
          }
  return layouts;
}

/** Two plates or two sides of twelve words, each read in the other direction, and perhaps the second one first. */
function halves(): Layout[] {
  const half = PHRASE_WORDS / 2;
  return [2, 3, 4, 6].flatMap((rows) =>
    [false, true].flatMap((swapped) =>
      [false, true].map((back) => {
        const order = Array.from({ length: PHRASE_WORDS }, (_, read) => {
          const [within, side] = [read % half, Math.floor(read / half)];
          const columns = half / rows;
          const down = (within % columns) * rows + Math.floor(within / columns);
          return (swapped ? 1 - side : side) * half + (back ? half - 1 - within : down);
        });
        const first = swapped ? ", the second half first" : "";
        const name = back
          ? `backwards in each half of twelve words${first}`
          : `across, on two plates of ${rows} rows and ${half / rows} columns whose words go down${first}`;
        return { name, order };
      }),
    ),
  );
}

/** Two rows or two columns that changed places. */
function swappedLines({ rows, columns }: { readonly rows: number; readonly columns: number }): Layout[] {
  const layouts: Layout[] = [];
  for (let one = 0; one < rows; one++)
    for (let other = one + 1; other < rows; other++) {
      const row = (at: number) => (at === one ? other : at === other ? one : at);
      const across = Array.from(
        { length: PHRASE_WORDS },
        (_, read) => row(Math.floor(read / columns)) * columns + (read % columns),
      );
      layouts.push({
        name: `with lines ${one + 1} and ${other + 1} of ${columns} words in each other's place`,
        order: across,
      });
    }
  return layouts;
}
