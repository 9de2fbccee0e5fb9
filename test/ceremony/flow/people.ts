import { hashTable } from "../../../ceremony/flow/field.ts";
import { PHRASE_WORDS } from "../../../ceremony/seed/phrase.ts";
import type { StepId } from "../../../ceremony/steps/ceremonies.ts";
import { Secret } from "../../../core/secret.ts";
import { hashRows, signerKey } from "../../rehearsal/papers.ts";
import { fork, rowsOf, type Sitting, screenOf, TODAY, textOf, type } from "./table.ts";

export const ENTER = "\r";
const BACKSPACE = "\x7f";
const TAB = "\t";
const CEREMONY_ID = "table-1";
export const TABLE_PASSPHRASE = "Only for 1 test!";
/** What 128 throws of fair dice gave. */
export const FACES =
  "2314314161664336352222433243144626353532451642545435632421156264" +
  "2426213515262622552324446535432664334141116622252321423165366162";
const INITIALS = ["AL", "AL", "CY", "DI", "EV"];

/**
 * What somebody who does as the screen says types next, up to the end of a field. Everything is read off the screen or
 * off the paper; what stands in the field already is gone on with, or taken back.
 */
export function answerScene(sitting: Sitting): string {
  const wanted = wantedAt(sitting);
  const typed = fieldOf(sitting);
  if (typed === undefined || typed === "") return wanted;
  return wanted.startsWith(typed) ? wanted.slice(typed.length) : BACKSPACE.repeat(typed.length);
}

/** Plays on as people should until the page is on the screen, or the end. */
export function walkTo(sitting: Sitting, step: StepId, page?: string): Sitting {
  for (let scene = 0; scene < 500; scene += 1) {
    if (sitting.play.step.id === step && (page === undefined || sitting.page === page)) return sitting;
    if (sitting.outcome !== undefined) break;
    type(sitting, answerScene(sitting));
  }
  throw new Error(`${step} ${page ?? ""} is not reached: ${JSON.stringify(sitting.outcome)} ${sitting.page}`);
}

/** One ceremony whose every scene can be gone to again, in any order: each call gives a copy of its own. */
export function scenesOf(table: Sitting): (step: StepId, page?: string) => Sitting {
  const scenes = new Map<string, Sitting>();
  return (step, page) => {
    const wanted = page === undefined ? step : `${step}/${page}`;
    while (!scenes.has(wanted)) {
      for (const name of [table.play.step.id, `${table.play.step.id}/${table.page}`])
        if (!scenes.has(name)) scenes.set(name, fork(table));
      if (scenes.has(wanted)) break;
      if (table.outcome !== undefined) throw new Error(`${wanted} is never reached`);
      type(table, answerScene(table));
    }
    return fork(scenes.get(wanted) as Sitting);
  };
}

/** To the end, whatever it is. */
export function walkOn(sitting: Sitting): Sitting {
  for (let scene = 0; scene < 500 && sitting.outcome === undefined; scene += 1) type(sitting, answerScene(sitting));
  return sitting;
}

/** What stands in the field with the cursor, stars for hidden text; undefined if there is none. */
function fieldOf(sitting: Sitting): string | undefined {
  for (const row of rowsOf(sitting)) {
    const cursor = row.findIndex(({ text, style }) => style === "entry" && text === "_");
    const text = row[cursor - 1]?.text;
    if (text !== undefined) return text instanceof Secret ? text.bytes.toString("latin1") : text;
  }
  return undefined;
}

function wantedAt(sitting: Sitting): string {
  const { play, page, paper } = sitting;
  const rows = screenOf(sitting);
  const text = rows.join("\n");
  const { config } = play.facts;
  switch (`${play.step.id}/${page}`) {
    case "selftest/font1":
    case "selftest/font2":
      return `${fontLetters(rows)}${ENTER}`;
    case "identity/part1":
      return `${row(play.facts.program.hash, text).words}${ENTER}`;
    case "identity/part2":
      return `${row(play.facts.program.hash, text).hex}${ENTER}`;
    case "bundle/part":
      return `${row(signerKey(config.recipient ?? ""), text).words}${ENTER}`;
    case "people/id":
      return `${CEREMONY_ID}${ENTER}`;
    case "people/date1":
    case "people/date2":
      return `${TODAY}${ENTER}`;
    case "people/roles": {
      const next = rows.find((found) => found.includes("_")) ?? "";
      return `${INITIALS[Number(next[0]) - 1]}${ENTER}`;
    }
    case "people/config1":
    case "people/config2": {
      const words = hashRows(rows).flatMap((found) => found.words);
      return `${words[0]} ${words.at(-1)}${ENTER}`;
    }
    case "people/idread":
    case "people/team":
    case "people/room":
    case "words/gate":
      return "y";
    case "share/commitment":
      paper.head = hashRows(rows).flatMap((found) => found.words);
      return ENTER;
    case "share/written":
    case "close/copied":
      // Somebody went on before it was written down: Tab shows it again.
      return /^! Those are not/m.test(text) ? TAB : `${askedWords(text, paper.head)}${ENTER}`;
    case "dice/throws": {
      const thrown = Number(/thrown (\d+) of/.exec(text)?.[1]);
      return thrown < config.rolls ? FACES.slice(thrown, config.rolls) : ENTER;
    }
    case "passphrase/keyboard":
      return `${/^ {2}line: {2}(.*)$/m.exec(text)?.[1]}${ENTER}`;
    case "passphrase/dice": {
      const words = rows.flatMap((found) => /^ {2}\d {2}([a-z-]+)$/.exec(found)?.[1] ?? []);
      if (!text.includes("one space between them")) return FACES.slice(5 * words.length, 5 * words.length + 5);
      paper.passphrase = words.join(" ");
      return ENTER;
    }
    case "passphrase/first":
      paper.passphrase = TABLE_PASSPHRASE;
      return `${TABLE_PASSPHRASE}${ENTER}`;
    case "passphrase/second":
    case "restore/passphrase":
      return `${paper.passphrase}${ENTER}`;
    case "words/four":
      for (const found of rows) {
        const [, position, word] = /^ [ <] +(\d+) +([a-z]{3,8}) +[A-Z](?: [A-Z]){2,3}$/.exec(found) ?? [];
        if (word !== undefined) paper.words[Number(position) - 1] = word;
      }
      return ENTER;
    case "readback/type":
      // A plate on which a word is missing: the words are asked for again, from here and from the page that follows.
      if (Array.from({ length: PHRASE_WORDS }, (_, at) => paper.words[at]).includes(undefined)) return "\x1b";
      return `${plateWord(paper.words, text)} `;
    case "readback/wrong":
      return Array.from({ length: PHRASE_WORDS }, (_, at) => paper.words[at]).includes(undefined) ? "w" : ENTER;
    case "restore/words":
      return `${plateWord(paper.words, text)} `;
    case "mix/mixed":
      paper.digits = Object.values(
        /first eight +(?<first>\w{8}) +last eight +(?<last>\w{8})/.exec(text)?.groups ?? {},
      ).join(" ");
      return ENTER;
    case "mix/noted":
      // Somebody went on before it was written down: Tab shows it again.
      return paper.digits === "" ? TAB : `${paper.digits}${ENTER}`;
    case "result/noted":
      return `${paper.digits}${ENTER}`;
    case "close/head":
      paper.head = headWords(rows);
      return ENTER;
    default:
      return ENTER;
  }
}

const plateWord = (words: readonly string[], text: string): string =>
  (words[Number(/word (\d+) from the plate/.exec(text)?.[1]) - 1] ?? "").slice(0, 4);

function fontLetters(rows: readonly string[]): string {
  const cells = (rows.find((found) => /^ {6}\|/.test(found)) ?? "").trimStart().split("|").slice(1, 7);
  return cells.map((cell) => ({ "█": "F", "▀": "U", "▄": "L" })[cell[0] ?? ""] ?? "N").join("");
}

/** The row of a hash that the screen asks for, from a printed copy. */
function row(hash: string, text: string): { readonly hex: string; readonly words: string } {
  const asked = Number(/Row (\d)/.exec(text)?.[1]);
  const printed = hashRows(hashTable(hash, "printed").map(textOf))[asked - 1];
  return { hex: printed?.hex ?? "", words: printed?.words.join(" ") ?? "" };
}

function askedWords(text: string, words: readonly string[]): string {
  const places = [...text.matchAll(/row (\d), word (\d)/g)];
  return places.map((place) => words[(Number(place[1]) - 1) * 4 + Number(place[2]) - 1]).join(" ");
}

function headWords(rows: readonly string[]): string[] {
  return rows.flatMap((found) => {
    const pair = /^(?:[1-8]| ) {2}([A-Za-z]+) +([A-Za-z]+)$/.exec(/[█▀▄]/.test(found) ? found.slice(38) : found);
    return pair === null ? [] : [pair[1] ?? "", pair[2] ?? ""];
  });
}

/** All words of a plate typed, one of them another: `words` as somebody types them who errs. */
export function typePlate(sitting: Sitting, words: readonly string[]): void {
  for (const word of words.slice(0, PHRASE_WORDS)) type(sitting, `${word} `);
}
