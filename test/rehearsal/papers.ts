import { bech32 } from "@scure/base";
import type { Notes } from "./player.ts";

// What people read off a screen, and write down or type.

export function fontLettersOf(screen: readonly string[]): string {
  const row = screen.find((candidate) => /^ {6}\|/.test(candidate)) ?? "";
  const cells = row.trimStart().split("|").slice(1, 7);
  return cells.map((cell) => ({ "█": "F", "▀": "U", "▄": "L" })[cell[0] ?? ""] ?? "N").join("");
}

/** The 32 bytes of an age recipient in hex: its printed copy is their words. */
export function signerKey(recipient: string): string {
  return Buffer.from(bech32.decodeToBytes(recipient).bytes).toString("hex");
}

export interface HashRow {
  readonly hex: string;
  readonly words: readonly string[];
}

/** The eight rows of a hash on the screen. */
export function hashRows(screen: readonly string[]): HashRow[] {
  return screen.flatMap((row) => {
    const found = /^ {2}[1-8] {3}([0-9a-f]{4} [0-9a-f]{4}) {3}(.+)$/.exec(row);
    return found === null ? [] : [{ hex: found[1] ?? "", words: (found[2] ?? "").trim().split(/\s+/) }];
  });
}

/** `row 2, word 3  and  row 7, word 1` of words in rows of four. */
export function askedWordsOf(screen: readonly string[], words: readonly string[]): string {
  const places = [...screen.join("\n").matchAll(/row (\d), word (\d)/g)];
  return places.map((place) => words[(Number(place[1]) - 1) * 4 + Number(place[2]) - 1]).join(" ");
}

/** Four rows of groups of four digits, at the left or beside a code. */
export function nodeIdOf(screen: readonly string[]): string {
  return screen
    .flatMap((row) => /(?:^|[ █▀▄] ) *((?:[0-9a-f]{4} ){1,4}[0-9a-f]{2,4})$/.exec(row)?.[1] ?? [])
    .join("")
    .replaceAll(" ", "");
}

/** Sixteen rows of two words, at the left or beside a code of 37 columns and a space. */
export function headWordsOf(screen: readonly string[]): string[] {
  return screen.flatMap((row) => {
    const found = /^(?:[ █▀▄]{37} )?(?:[1-8]| ) {2}([A-Za-z]+) +([A-Za-z]+)$/.exec(row);
    return found === null ? [] : [found[1] ?? "", found[2] ?? ""];
  });
}

export function openedOf(screen: readonly string[], rolls: number): Notes["opened"] {
  const text = screen.join("\n");
  const after = (name: string, digits: number, alphabet: string): string => {
    const from = text.slice(text.indexOf(`\n${name} `) + name.length + 1);
    return [...from]
      .filter((character) => alphabet.includes(character))
      .slice(0, digits)
      .join("");
  };
  const hex = "0123456789abcdef";
  return {
    ceremonyId: /^ceremony +(\S+)/m.exec(text)?.[1] ?? "",
    round: 1,
    machineShare: after("share", 64, hex),
    blind: after("blind", 64, hex),
    dice: after("dice", rolls, "123456"),
    configHash: after("config", 64, hex),
  };
}
