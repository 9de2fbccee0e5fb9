import { setTimeout as sleep } from "node:timers/promises";
import { KEY_GAP_MIN_MS } from "../../ceremony/limits.ts";
import { pgpWords } from "../../core/pgpwords.ts";
import { type Console, KEYS } from "./console.ts";
import {
  askedWordsOf,
  fontLettersOf,
  type HashRow,
  hashRows,
  headWordsOf,
  nodeIdOf,
  openedOf,
  signerKey,
} from "./papers.ts";

/** What the people of a rehearsal bring to the table. */
export interface Table {
  readonly ceremonyId: string;
  /** Today by their watches, `YYYY-MM-DD`. */
  readonly date: string;
  /** Faces of the dice, in order; as many as the policy wants. */
  readonly dice: string;
  /** Typed, unless the policy is dice (then faces of five dice for each of eight words) or none. */
  readonly passphrase: string;
  readonly passphraseDice: string;
  readonly policy: "typed" | "dice" | "none";
  readonly plates: number;
  /** The signer's age recipient, of which officer 2 has a printed copy; without one there is no bundle. */
  readonly recipient?: string;
  /** Leader, operator, officers, witness; five people unless others are named. */
  readonly initials?: readonly string[];
  /** The console has no half blocks: people type X, and no code is shown. */
  readonly noBlocks?: boolean;
}

/** What they have read off the screen and written down. */
export interface Notes {
  readonly words: readonly string[];
  readonly passphrase: string;
  readonly nodeId: string;
  readonly commitment: readonly string[];
  readonly head: readonly string[];
  readonly opened: {
    readonly ceremonyId: string;
    readonly round: number;
    readonly machineShare: string;
    readonly blind: string;
    readonly dice: string;
    readonly configHash: string;
  };
}

/** Called with every scene while it is on the screen, before it is answered. */
export type Watcher = (scene: string, screen: readonly string[]) => Promise<void> | void;

/** From a die on the screen to the next key: timers may be a millisecond early. */
const DIE_GAP_MS = KEY_GAP_MIN_MS + 2;

const PEOPLE = ["AL", "BO", "CY", "DI", "EV"] as const;

/**
 * Plays a whole rehearsal at any console, as people do: everything that is typed was read off the screen or brought
 * along. Rejects with a picture of the screen where the ceremony is not what it should be.
 */
export async function playRehearsal(console: Console, table: Table, watch: Watcher = () => {}): Promise<Notes> {
  const { enter } = KEYS;
  const scene = async (name: string, wanted: Parameters<Console["waitFor"]>[0]): Promise<string[]> => {
    const screen = await console.waitFor(wanted);
    await watch(name, screen);
    return screen;
  };
  const answer = (text: string) => console.press(`${text}${enter}`);

  for (let page = 1, pages = 2; page <= pages; page += 1) {
    const screen = await scene(`selftest-${page}`, new RegExp(`^${page}/\\d+ `, "m"));
    pages = Number(/^\d+\/(\d+) /m.exec(screen.join("\n"))?.[1]);
    await console.press(enter);
  }
  for (const [name, aloud] of [
    ["font-1", "Operator, type what you see"],
    ["font-2", "other pattern"],
  ] as const) {
    const screen = await scene(
      name,
      (rows) => rows.join("\n").includes(aloud) && rows.some((row) => /^ {6}\|/.test(row)),
    );
    await answer(table.noBlocks === true ? "x" : fontLettersOf(screen));
  }

  const hash = hashRows(await scene("hash", "Identity of the program"));
  await console.press(enter);
  const first = await scene("hash-words", "the four words:");
  await answer(at(hash, rowOf(first)).words.join(" "));
  const second = await scene("hash-hex", "hex digits:");
  await answer(at(hash, rowOf(second)).hex);

  await scene("ceremony-id", "id of the ceremony:");
  await answer(table.ceremonyId);
  await scene("ceremony-id-read", "With Y it goes into");
  await console.press("y");
  await scene("date-1", "Operator, type today's date");
  await answer(table.date);
  await scene("date-2", "Witness, type today's date");
  await answer(table.date);
  for (const [index, role] of ["leader", "operator", "officer 1", "officer 2", "witness"].entries()) {
    await scene(`role-${index + 1}`, new RegExp(`^${index + 1}  ${role} +_`, "m"));
    await answer((table.initials ?? PEOPLE)[index] ?? "");
  }
  await scene("team", "look at your initials");
  await console.press("y");
  for (const [name, aloud] of [
    ["config-1", "Officer one, read the configuration"],
    ["config-2", "Witness, check the configuration"],
  ] as const) {
    const words = hashRows(await scene(name, aloud)).flatMap((row) => row.words);
    await answer(`${words[0]} ${words.at(-1)}`);
  }
  for (let item = 0; item < 5; item += 1) {
    await scene(
      `room-${item + 1}`,
      (rows) => rows.filter((row) => row.includes("[Y]")).length === item && rows.some((row) => row.includes("[?]")),
    );
    await console.press("y");
  }

  const commitment = hashRows(await scene("commitment", "It fixes the machine's share")).flatMap((row) => row.words);
  await console.press(enter);
  await answer(askedWordsOf(await scene("commitment-copy", "From the paper, two words"), commitment));

  await scene("dice", `thrown 0 of ${table.dice.length}`);
  await typeDice(console, table.dice);
  await scene("dice-all", `thrown ${table.dice.length} of ${table.dice.length}`);
  await console.press(enter);
  const mixed = (await scene("mix", "output commitment, round")).join("\n");
  const [, firstDigits, lastDigits] = /first eight +([0-9a-f]{8}) +last eight +([0-9a-f]{8})/.exec(mixed) ?? [];
  const digits = `${firstDigits} ${lastDigits}`;
  await console.press(enter);
  await scene("mix-digits", "first and last eight digits:");
  await answer(digits);

  const passphrase = await typePassphrase(console, table, scene, answer);

  const words = await copyWords(console, scene);
  await scene("plate", "besides:");
  await console.press(enter);
  for (let plate = 1; plate <= table.plates; plate += 1) {
    await scene(`readback-${plate}`, new RegExp(`plate ${plate} of [\\s\\S]*word 1 from the plate`));
    await typeWords(console, words, plate === 1 ? 4 : 8);
  }
  const opened = openedOf(await scene("opening", "test/recompute.py"), table.dice.length);
  await console.press(enter);

  await scene("restore-words", /Step 10[\s\S]*word 1 from the plate/);
  await typeWords(console, words, 4);
  if (table.policy !== "none") {
    await scene("restore-passphrase", "checksum right");
    await answer(passphrase);
  }
  await scene("compare", "All equal");
  await console.press(enter);
  if (table.recipient !== undefined) {
    const printed = pgpWords(signerKey(table.recipient));
    await scene("recipient", "goes to this recipient");
    await console.press(enter);
    const row = rowOf(await scene("recipient-row", "the four words:"));
    await answer(printed.slice(4 * row - 4, 4 * row).join(" "));
    await scene("bundled", /identity\.age +\d+ bytes/);
    await console.press(enter);
  }
  await scene("written", /accounts\.json +\d+ bytes/);
  await console.press(enter);
  await scene("node-digits", "From the paper of step 6");
  await answer(digits);
  const nodeId = nodeIdOf(await scene("node", /This is the id that lnd will show[\s\S]*Enter go on/));
  await console.press(enter);
  const head = headWordsOf(await scene("head", "the witness has written all of it"));
  await console.press(enter);
  await answer(askedWordsOf(await scene("head-copy", "From the paper, two words"), head));
  await scene("machine", "Power off");
  await console.press(enter);
  return { words, passphrase, nodeId, commitment, head, opened };
}

type Scene = (name: string, wanted: Parameters<Console["waitFor"]>[0]) => Promise<string[]>;

/**
 * The gap counts from the moment when the last face was seen: from the moment when its key was sent, a busy machine
 * could still have read both at once.
 */
async function typeDice(console: Console, dice: string): Promise<void> {
  for (const [index, face] of [...dice].entries()) {
    await console.press(face);
    await console.waitFor(`thrown ${index + 1} of ${dice.length}`, { quietMs: 0 });
    await sleep(DIE_GAP_MS);
  }
}

async function typePassphrase(
  console: Console,
  table: Table,
  scene: Scene,
  answer: (text: string) => Promise<void>,
): Promise<string> {
  if (table.policy === "none") return "";
  const screen = await scene("keyboard", "to prove the keyboard map");
  await answer(/^ +line: +(.*)$/m.exec(screen.join("\n"))?.[1]?.trimEnd() ?? "");
  let passphrase = table.passphrase;
  if (table.policy === "dice") {
    await scene("passphrase-dice", "word 1, five faces:");
    for (const [index, face] of [...table.passphraseDice].entries()) {
      await console.press(face);
      const [word, rest] = [Math.floor((index + 1) / 5) + 1, (index + 1) % 5];
      const shown = word > 8 ? "one space between them" : new RegExp(`word ${word}, five faces: [1-6]{${rest}}_`);
      await console.waitFor(shown, { quietMs: 0 });
      await sleep(DIE_GAP_MS);
    }
    const found = await scene("passphrase-words", "one space between them");
    passphrase = found.flatMap((row) => /^ {2}\d {2}([a-z-]+)$/.exec(row)?.[1] ?? []).join(" ");
    await console.press(KEYS.enter);
  } else {
    await scene("passphrase-1", "alone at the screen: type the passphrase");
    await answer(passphrase);
  }
  await scene("passphrase-2", "a second time");
  await answer(passphrase);
  return passphrase;
}

async function copyWords(console: Console, scene: Scene): Promise<string[]> {
  await scene("gate", "24 words follow, four at a time");
  await console.press("y");
  const words: string[] = [];
  for (let first = 1; first <= 24; first += 4) {
    const screen = await scene(`words-${first}`, `words ${first} to ${first + 3} of 24`);
    for (const row of screen) {
      const found = /^ +(\d+) +([a-z]{3,8}) +([A-Z](?: [A-Z]){2,3})\b/.exec(row);
      if (found?.[2] !== undefined) words[Number(found[1]) - 1] = found[2];
    }
    await console.press(KEYS.enter);
  }
  return words;
}

/** Four letters from a plate, or more: a person may do either. */
async function typeWords(console: Console, words: readonly string[], letters: number): Promise<void> {
  for (const [index, word] of words.entries()) {
    await console.waitFor(`word ${index + 1} from the plate`, { quietMs: 0 });
    await console.press(`${word.slice(0, letters)} `);
  }
}

const rowOf = (screen: readonly string[]): number => Number(/Row (\d)/.exec(screen.join("\n"))?.[1]);
const at = (rows: readonly HashRow[], row: number): HashRow => rows[row - 1] ?? { hex: "", words: [] };
