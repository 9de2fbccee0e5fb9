import { PHRASE_WORDS } from "../seed/phrase.ts";
import { findWord } from "../seed/wordlist.ts";
import { jsonWords } from "./json.ts";
import { type Item, scan } from "./text.ts";

/** One word as it was typed. The letters are a copy, to be wiped. */
export interface TypedWord {
  /** Undefined for `?`. */
  readonly letters: Buffer | undefined;
  /** A character in it that is none of the list's. */
  readonly odd: number | undefined;
  /** The number that stands with it. */
  readonly number: number | undefined;
}

/** Standard input, taken apart. */
export interface InspectInput {
  readonly words: readonly TypedWord[];
  /** How many words stood before the last line that has any. */
  readonly beforeLastLine: number;
  /** Whether something that is no separator follows the 24th word on its line. */
  readonly wordsGoOn: boolean;
  /** The line after the words, less its line end: a view of the input. */
  readonly passphrase: Buffer;
  /** If that line is empty, the next one that is not: a view, too. */
  readonly later: Buffer | undefined;
  /** Whether nothing more has to be read. */
  readonly complete: boolean;
}

/** Of lncli's block: the lines around it, and what both begin or end with. Public text. */
const BLOCK_BEGIN = "BEGIN LND CIPHER SEED";
const BLOCK_END = "END LND CIPHER SEED";
const BLOCK_WARNING = "YOU MUST WRITE DOWN THIS SEED";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A line of the input: from `start` to `end` without its line end, and where the next one begins. */
interface Line {
  readonly start: number;
  readonly end: number;
  readonly next: number;
  readonly ended: boolean;
}

/**
 * Takes words until there are 24, on as many lines as they need, or until the input ends. The line after that is the
 * passphrase: raw bytes, less one line end.
 *
 * @param input UTF-8, as `toUtf8` makes it
 */
export function readInput(input: Buffer): InspectInput {
  const json = jsonWords(input);
  const taken: Taken = { items: [], count: 0, beforeLastLine: 0, goesOn: false };
  let lines = linesOf(input, 0);
  let next = 0;
  if (json !== undefined && json !== "open") {
    take(taken, scan(json.words));
    json.words.fill(0);
    if (taken.count < PHRASE_WORDS) {
      // A bracket around the first number, for example: no value of JSON that holds the words.
      wipeItems(taken.items.splice(0));
      taken.count = 0;
    } else {
      lines = linesOf(input, json.end);
      // What stands behind the closing bracket on its line.
      const [rest] = lines;
      if (rest !== undefined) takeRest(taken, input.subarray(rest.start, rest.end));
      next = 1;
    }
  }
  let inBlock = false;
  let ended = next === 1 && lines[0]?.ended === true;
  for (let line = lines[next]; line !== undefined && taken.count < PHRASE_WORDS; line = lines[next]) {
    const text = input.subarray(line.start, line.end);
    ended = line.ended;
    next += 1;
    if (isFrame(text)) {
      inBlock ||= text.includes(BLOCK_BEGIN);
      continue;
    }
    takeLine(taken, text);
  }
  if (taken.count >= PHRASE_WORDS && inBlock) next = afterBlock(input, lines, next);
  const first = taken.count >= PHRASE_WORDS && ended ? lines[next] : undefined;
  const later = lines.slice(next + 1).find((line) => !isBlank(input, line));
  return {
    words: typedWords(taken.items),
    beforeLastLine: taken.beforeLastLine,
    wordsGoOn: taken.goesOn,
    passphrase: first === undefined ? Buffer.alloc(0) : input.subarray(first.start, first.end),
    later:
      first !== undefined && isBlank(input, first) && later !== undefined
        ? input.subarray(later.start, later.end)
        : undefined,
    complete: json !== "open" && (first?.ended === true || (taken.goesOn && ended)),
  };
}

/** What the lines gave so far. */
interface Taken {
  readonly items: Item[];
  count: number;
  beforeLastLine: number;
  goesOn: boolean;
}

function takeLine(taken: Taken, text: Buffer): void {
  const before = taken.count;
  const end = take(taken, scan(text));
  if (taken.count > before) taken.beforeLastLine = before;
  if (end !== undefined) takeRest(taken, text.subarray(end));
}

/** Adds items and returns where the 24th word ends. */
function take(taken: Taken, items: readonly Item[]): number | undefined {
  let full: number | undefined;
  for (const item of items) {
    taken.items.push(item);
    if (item.kind === "number") continue;
    taken.count += 1;
    if (taken.count === PHRASE_WORDS) full = item.end;
  }
  return full;
}

/** Signs that no list is written with, and that a passphrase may consist of. */
const PASSPHRASE_SIGNS = Buffer.from("!#$%&*+/=@^~\\");

/** What follows the 24th word on its line: signs that close a list are nothing, all else may be a passphrase. */
function takeRest(taken: Taken, text: Buffer): void {
  const rest = scan(text);
  const isNumber = numbersFollow(taken.items) && rest.length === 1 && rest[0]?.kind === "number";
  if ((rest.length > 0 && !isNumber) || text.some((byte) => PASSPHRASE_SIGNS.includes(byte))) taken.goesOn = true;
  wipeItems(rest);
}

function wipeItems(items: readonly Item[]): void {
  for (const item of items) if (item.kind === "word") item.letters.fill(0);
}

/** Whether numbers stand behind their words, as in "abstract 1, noble 2". */
function numbersFollow([first, second]: readonly Item[]): boolean {
  return first !== undefined && first.kind !== "number" && second?.kind === "number" && second.number === 1;
}

function typedWords(items: readonly Item[]): TypedWord[] {
  const step = numbersFollow(items) ? 1 : -1;
  return items.flatMap((item, index): TypedWord[] => {
    if (item.kind === "number") return [];
    const beside = items[index + step];
    const number = beside?.kind === "number" ? beside.number : undefined;
    return item.kind === "word" ? [{ letters: item.letters, odd: item.odd, number }] : [{ ...MISSING_WORD, number }];
  });
}

const MISSING_WORD = { letters: undefined, odd: undefined };

export function wipeInput({ words }: InspectInput): void {
  for (const { letters } of words) letters?.fill(0);
}

/** The word's index; undefined for `?` and for what is not in the list. */
export function typedIndex({ letters, odd }: TypedWord): number | undefined {
  return letters === undefined || odd !== undefined ? undefined : findWord(letters);
}

/** The line ends that the text has: LF, with or without CR; without any of them CR; without that, Unicode's own. */
function linesOf(input: Buffer, from: number): Line[] {
  const single = input.includes(LINE_FEED) ? LINE_FEED : CARRIAGE_RETURN;
  const ends = input.includes(single) ? [Buffer.of(single)] : ["\v", "\u0085", "\u2028", "\u2029"].map(utf8);
  const lines: Line[] = [];
  for (let start = from; start < input.length; ) {
    const found = ends.flatMap((mark) => {
      const at = input.indexOf(mark, start);
      return at < 0 ? [] : [{ at, length: mark.length }];
    });
    const [first] = found.sort((a, b) => a.at - b.at);
    const next = first === undefined ? input.length : first.at + first.length;
    const end = first === undefined ? input.length : first.at;
    const returned = first !== undefined && single === LINE_FEED && end > start && input[end - 1] === CARRIAGE_RETURN;
    lines.push({ start, end: returned ? end - 1 : end, next, ended: first !== undefined });
    start = next;
  }
  return lines;
}

const utf8 = (text: string): Buffer => Buffer.from(text);

function isFrame(text: Buffer): boolean {
  return [BLOCK_BEGIN, BLOCK_END, BLOCK_WARNING].some((mark) => text.includes(mark));
}

function isBlank(input: Buffer, { start, end }: Line): boolean {
  return input.subarray(start, end).every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}

/** The line after lncli's block: after its last line, and after its second warning if that comes. */
function afterBlock(input: Buffer, lines: readonly Line[], from: number): number {
  const is = (at: number, mark: string) => {
    const line = lines[at];
    return line !== undefined && input.subarray(line.start, line.end).includes(mark);
  };
  let next = from;
  if (!is(next, BLOCK_END)) return next;
  next += 1;
  let warning = next;
  while (warning < lines.length && lines[warning] !== undefined && isBlank(input, lines[warning] as Line)) warning += 1;
  return is(warning, BLOCK_WARNING) ? warning + 1 : next;
}
