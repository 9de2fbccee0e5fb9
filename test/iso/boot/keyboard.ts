/** A key of QEMU's keyboard (`QKeyCode` of its QMP reference), with or without a modifier held down. */
export type Stroke = readonly string[];

/** What stands above the digits of a US keyboard, and the rest of its signs: plain and with shift. */
const SIGNS: readonly (readonly [code: string, plain: string, shifted: string])[] = [
  ["grave_accent", "`", "~"],
  ["minus", "-", "_"],
  ["equal", "=", "+"],
  ["bracket_left", "[", "{"],
  ["bracket_right", "]", "}"],
  ["backslash", "\\", "|"],
  ["semicolon", ";", ":"],
  ["apostrophe", "'", '"'],
  ["comma", ",", "<"],
  ["dot", ".", ">"],
  ["slash", "/", "?"],
];

const DIGITS_SHIFTED = ")!@#$%^&*(";

/** What a console sends for the keys that are no characters (`KEYS` of test/rehearsal/console.ts). */
const NAMED: readonly (readonly [sent: string, stroke: Stroke])[] = [
  ["\x1b[A", ["up"]],
  ["\x1b[B", ["down"]],
  ["\x1b[C", ["right"]],
  ["\x1b[D", ["left"]],
  ["\r", ["ret"]],
  ["\t", ["tab"]],
  ["\x7f", ["backspace"]],
  ["\x03", ["ctrl", "c"]],
  ["\x05", ["ctrl", "e"]],
  ["\x1b", ["esc"]],
  [" ", ["spc"]],
];

const STROKES: ReadonlyMap<string, Stroke> = new Map([
  ...Array.from("abcdefghijklmnopqrstuvwxyz").flatMap((letter): [string, Stroke][] => [
    [letter, [letter]],
    [letter.toUpperCase(), ["shift", letter]],
  ]),
  ...Array.from(DIGITS_SHIFTED).flatMap((sign, digit): [string, Stroke][] => [
    [String(digit), [String(digit)]],
    [sign, ["shift", String(digit)]],
  ]),
  ...SIGNS.flatMap(([code, plain, shifted]): [string, Stroke][] => [
    [plain, [code]],
    [shifted, ["shift", code]],
  ]),
]);

/** The keys to press on a US keyboard for what a console shall receive. Throws for what no key makes. */
export function strokesOf(sent: string): Stroke[] {
  const strokes: Stroke[] = [];
  for (let at = 0; at < sent.length; ) {
    const named = NAMED.find(([text]) => sent.startsWith(text, at));
    const stroke = named?.[1] ?? STROKES.get(sent[at] ?? "");
    if (stroke === undefined) throw new Error(`no key for ${JSON.stringify(sent[at])}`);
    strokes.push(stroke);
    at += named?.[0].length ?? 1;
  }
  return strokes;
}
