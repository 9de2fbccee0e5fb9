import { STEPS, type StepId, stepsOf } from "../../../ceremony/steps/ceremonies.ts";
import type { Room } from "../../../ceremony/steps/row.ts";

/** Everything that the player of a rehearsal meets, in order; pages of the self-test after the first are more of it. */
const SCENES: Readonly<Record<StepId, readonly string[]>> = {
  selftest: ["selftest-1", "font-1", "font-2"],
  identity: ["hash", "hash-words", "hash-hex"],
  people: [
    ...["ceremony-id", "ceremony-id-read"],
    ...["date-1", "date-2"],
    ...["role-1", "role-2", "role-3", "role-4", "role-5", "team"],
    ...["config-1", "config-2"],
    ...["room-1", "room-2", "room-3", "room-4", "room-5"],
  ],
  share: ["commitment", "commitment-copy"],
  dice: ["dice", "dice-all"],
  mix: ["mix", "mix-digits"],
  passphrase: ["keyboard", "passphrase-1", "passphrase-2"],
  words: ["gate", "words-1", "words-5", "words-9", "words-13", "words-17", "words-21", "plate"],
  readback: ["readback-1"],
  opening: ["opening"],
  restore: ["restore-words", "restore-passphrase"],
  compare: ["compare"],
  bundle: [],
  result: ["written", "node-digits", "node"],
  close: ["head", "head-copy", "machine"],
};

/** The scene of each step at which there is most to lose. */
const HARDEST: Readonly<Record<StepId, string>> = {
  selftest: "selftest-1",
  identity: "hash-words",
  people: "role-3",
  share: "commitment-copy",
  dice: "dice",
  mix: "mix",
  passphrase: "passphrase-2",
  words: "words-5",
  readback: "readback-1",
  opening: "opening",
  restore: "restore-passphrase",
  compare: "compare",
  bundle: "bundled",
  result: "node-digits",
  close: "head",
};

export interface FaultScene {
  readonly name: string;
  readonly step: StepId;
  readonly room: Room;
  /** Before people have given the ceremony an id nothing is on disk. */
  readonly opened: boolean;
}

/** `DEEP=1`: faults at every scene, not only at one of every step. */
export const DEEP = process.env["DEEP"] === "1";

export const ALL: readonly FaultScene[] = stepsOf("rehearsal", STEPS)
  .flatMap(({ id: step, room }) => SCENES[step].map((name) => ({ name, step, room, opened: true })))
  .map((scene, at, all) => ({ ...scene, opened: at > all.findIndex(({ name }) => name === "ceremony-id-read") }));

export const CHOSEN: readonly FaultScene[] = ALL.filter(({ name, step }) => DEEP || HARDEST[step] === name);

export function sceneNamed(name: string): FaultScene {
  const found = ALL.find((scene) => scene.name === name);
  if (found === undefined) throw new Error(`no scene ${name}`);
  return found;
}
