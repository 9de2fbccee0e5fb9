import { Secret } from "../../core/secret.ts";
import { faultOf, type Key, type KeyFault } from "../screen/keys.ts";
import { type Line, line, span } from "../screen/span.ts";
import { fieldLine, nothing } from "./field.ts";

/**
 * Why a secret entry is void: a key that cannot be taken, two blanks in a row, a blank at an end, a character after the
 * last that has room, or more than one line in a paste.
 */
export type SecretFault = KeyFault | "blanks" | "edge" | "long" | "lines";

/** What a screen says of each, before what follows from it. */
export const SECRET_FAULTS: Readonly<Record<SecretFault, string>> = {
  foreign: "A letter beyond ASCII.",
  sequence: "Keypad without Num Lock, arrow or function key.",
  control: "A control key.",
  blanks: "Two blanks in a row.",
  edge: "A blank at the beginning or end.",
  long: "Too many characters.",
  lines: "A paste of more than one line.",
};

/**
 * A secret that is being typed. What stands on paper must be what the seed uses, so nothing is ever left out of it: a
 * key that cannot be taken voids the whole entry, and the rest of the line, typed by somebody who looks at the paper and
 * not at the screen, is not taken for another entry.
 */
export interface SecretField {
  readonly typed: Secret;
  /** Everything up to the next Enter belongs to an entry that is void. */
  readonly isVoid: boolean;
}

export type SecretStep =
  | { readonly kind: "typing"; readonly field: SecretField }
  /** Enter on nothing: meant for the screen before, or by somebody who wants no passphrase. */
  | { readonly kind: "empty"; readonly field: SecretField }
  | { readonly kind: "entered"; readonly field: SecretField }
  | { readonly kind: "void"; readonly field: SecretField; readonly fault: SecretFault };

export interface SecretKey {
  readonly key: Key;
  /** Other keys than Enter follow in the same read of the terminal. */
  readonly followed?: boolean;
}

const SPACE = 0x20;

export const emptyField = (): SecretField => ({ typed: nothing(), isVoid: false });

/** One key into a secret of at most `max` printable ASCII characters. Old bytes are wiped: there is never a second copy. */
export function typeSecret(state: SecretField, { key, followed }: SecretKey, max: number): SecretStep {
  const { typed } = state;
  if (key.kind === "clear") return { kind: "typing", field: voided(state, false) };
  if (state.isVoid) return { kind: "typing", field: key.kind === "enter" ? emptyField() : state };
  if (key.kind === "enter") {
    // Pasted lines: the rest would be dropped with this page, and the seed would have the first line only.
    if (followed === true) return spoiled(state, "lines", true);
    if (typed.length === 0) return { kind: "empty", field: state };
    return typed.bytes.at(-1) === SPACE ? spoiled(state, "edge", false) : { kind: "entered", field: state };
  }
  if (key.kind === "backspace" && key.ctrlH !== true)
    return { kind: "typing", field: { ...state, typed: shorter(typed) } };
  if (key.kind !== "char") return spoiled(state, faultOf(key) ?? "control", true);
  if (key.code === SPACE && typed.length === 0) return spoiled(state, "edge", true);
  if (key.code === SPACE && typed.bytes.at(-1) === SPACE) return spoiled(state, "blanks", true);
  if (typed.length >= max) return spoiled(state, "long", true);
  return { kind: "typing", field: { ...state, typed: longer(typed, key.code) } };
}

/** Wipes what was typed. `isVoid`: what is still typed of this line is not taken. */
export function voided(state: SecretField, isVoid: boolean): SecretField {
  state.typed.wipe();
  return { typed: nothing(), isVoid };
}

const spoiled = (state: SecretField, fault: SecretFault, isVoid: boolean): SecretStep => ({
  kind: "void",
  field: voided(state, isVoid),
  fault,
});

/** The secret with one more byte; the old one is wiped. */
export function longer(typed: Secret, code: number): Secret {
  const bytes = Buffer.alloc(typed.length + 1);
  bytes.set(typed.bytes);
  bytes[typed.length] = code;
  typed.wipe();
  return Secret.take(bytes);
}

/** The secret without its last byte; the old one is wiped. */
export function shorter(typed: Secret): Secret {
  const bytes = Secret.copyOf(typed.bytes.subarray(0, Math.max(0, typed.length - 1)));
  typed.wipe();
  return bytes;
}

/** Stars of a hidden field: with label and count they are one line of 80 columns. */
const STARS_MAX = 48;

/** A secret that is counted, not shown. What it is made of tells a forgotten Caps Lock, and no more. */
export function hiddenField(label: string, { typed, isVoid }: SecretField): Line[] {
  if (isVoid) return [[...fieldLine(label, ""), span("  void: press Enter, then type all of it again", "strong")], []];
  const shown = "*".repeat(Math.min(typed.length, STARS_MAX));
  return [[...fieldLine(label, shown), span(`  ${typed.length} typed`)], line(`  ${composition(typed)}`)];
}

function composition({ bytes }: Secret): string {
  const counts = { small: 0, capitals: 0, digits: 0, signs: 0, blanks: 0 };
  for (const byte of bytes) {
    if (byte >= 0x61 && byte <= 0x7a) counts.small += 1;
    else if (byte >= 0x41 && byte <= 0x5a) counts.capitals += 1;
    else if (byte >= 0x30 && byte <= 0x39) counts.digits += 1;
    else if (byte === SPACE) counts.blanks += 1;
    else counts.signs += 1;
  }
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  const isCapsLock = counts.capitals > 1 && counts.small === 0;
  return parts.map(([name, count]) => `${count} ${name}`).join(", ") + (isCapsLock ? "   Is Caps Lock on?" : "");
}
