/** How a command of any program ends. */
export const EXIT = { done: 0, refused: 1, usage: 2 } as const;

/**
 * An error as every program prints it, one line: the code that its registry has, the sentence, and what it is about.
 *
 * @param about a path, a value, a system's own word; empty where the sentence says all
 */
export function printedError(program: string, code: string, sentence: string, about: string): string {
  return `${program}: [${code}] ${sentence}${about === "" ? "" : ` (${about})`}\n`;
}
