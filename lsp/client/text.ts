/** No sentence of an LSP is longer than this; an attacker's would fill the screen. */
const TEXT_MAX = 200;

/**
 * Text of the other side as it may go to a terminal: control characters, which move the cursor or hide what stands
 * there, and characters that turn the direction of writing become `?`.
 */
export function printable(text: string): string {
  const clean = text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "?");
  return clean.length > TEXT_MAX ? `${clean.slice(0, TEXT_MAX)}…` : clean;
}
