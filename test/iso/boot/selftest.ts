import { CEREMONY_REFUSALS } from "../../../ceremony/steps/ceremonies.ts";
import type { JsonValue } from "../../../core/canonical.ts";
import { KEYS } from "../../rehearsal/console.ts";
import type { BootMachine } from "./machine.ts";

const FIRST_PAGE = /^1\/\d+ /m;

/** What a production says that does not go on. */
export const REFUSED = CEREMONY_REFUSALS.selftest_failed.text;

export interface Checked {
  readonly id: string;
  readonly outcome: string;
  readonly value: string;
}

/** Every check that a transcript has. */
export function checksOf(transcript: Buffer): Checked[] {
  const events = transcript
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { data: Record<string, JsonValue> });
  return events.filter(({ data }) => data["what"] === "checked").map(({ data }) => data as unknown as Checked);
}

/**
 * From the boot screen through all pages of the self-test; resolves with the screen that comes then.
 * @param seen every row of every page
 */
export async function passSelfTest(machine: BootMachine, seen: string[] = []): Promise<string[]> {
  await machine.waitFor("Press Enter to begin");
  await machine.press(KEYS.enter);
  let screen = await machine.waitFor(FIRST_PAGE);
  const pages = Number(/^1\/(\d+) /m.exec(screen.join("\n"))?.[1]);
  for (let page = 1; page <= pages; page += 1) {
    seen.push(...screen);
    await machine.press(KEYS.enter);
    screen = await machine.waitFor(
      (rows) => !rows.some((row) => row.startsWith(`${page}/`)) || rows.join("\n").includes(REFUSED),
    );
  }
  return screen;
}

/** Ends the ceremony from its first question. */
export async function endCeremony(machine: BootMachine): Promise<void> {
  await machine.waitFor("Operator, type what you see");
  await machine.press(KEYS.interrupt);
  await machine.waitFor("End this ceremony?");
  await machine.press(`END${KEYS.enter}`);
}
