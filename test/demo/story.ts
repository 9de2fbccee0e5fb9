/** What came out of a step: a name and a value each. */
export type StoryFacts = readonly (readonly [name: string, value: string])[];

/** Tells what is done to whoever looks on. */
export interface Story {
  /** Says what comes, does it, then says what came out of it and how long it took. */
  step<T>(title: string, why: string, act: () => Promise<T>, facts: (result: T) => StoryFacts): Promise<T>;
}

const NAME_COLUMNS = 10;
const INDENT = "   ";

/** One paragraph for each step, numbered. A value of several lines stays in its column. */
export function tellTo(write: (text: string) => void, clock: () => number): Story {
  let number = 0;
  return {
    async step(title, why, act, facts) {
      number += 1;
      write(`\n${String(number).padStart(2)} ${title}\n${INDENT}${why}\n`);
      const start = clock();
      const result = await act();
      for (const [name, value] of facts(result)) {
        const below = `\n${INDENT}${" ".repeat(NAME_COLUMNS)}`;
        write(`${INDENT}${name.padEnd(NAME_COLUMNS)}${value.replaceAll("\n", below)}\n`);
      }
      write(`${INDENT}${"done in".padEnd(NAME_COLUMNS)}${((clock() - start) / 1000).toFixed(1)} s\n`);
      return result;
    },
  };
}
