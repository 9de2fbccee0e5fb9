import { DICE_REFUSALS_MAX, DICE_TURN, KEY_GAP_MIN_MS } from "../limits.ts";
import { checkDice, checkKeyTiming } from "../mix/dice.ts";
import type { RefusalId } from "../refusals.ts";
import { letterOf } from "../screen/keys.ts";
import { line, span } from "../screen/span.ts";
import { Secret } from "../seed/secret.ts";
import { nothing } from "./field.ts";
import { ROUND } from "./share.ts";
import type { StepLogic, Turn, View } from "./turn.ts";

interface State {
  /** ASCII digits, in the order thrown. */
  readonly thrown: Secret;
  readonly lastAt: number | undefined;
  readonly refusals: number;
  /** The rest of a paste, or of a key that bounces: one accident is one refusal, and three end the ceremony. */
  readonly deaf: boolean;
}

export const dice: StepLogic<State> = {
  begin: () => ({ state: { thrown: nothing(), lastAt: undefined, refusals: 0, deaf: false } }),

  reduce(state, input, scene): Turn<State> {
    if (input.kind !== "key") return { state };
    const { rolls } = scene.facts.config;
    const count = state.thrown.length;
    const letter = letterOf(input.key);
    if ((letter === "U" || input.key.kind === "backspace") && count > 0) {
      const shorter = Secret.copyOf(state.thrown.bytes.subarray(0, -1));
      state.thrown.wipe();
      return {
        state: { ...state, thrown: shorter },
        notes: [{ what: "undone", actor: "operator", data: { throw: count } }],
      };
    }
    if (input.key.kind === "char" && input.key.code >= 0x31 && input.key.code <= 0x36) {
      // A key too many is no throw, however it came.
      if (count >= rolls) return { state };
      if (state.deaf && input.at - (state.lastAt ?? input.at) < KEY_GAP_MIN_MS)
        return { state: { ...state, lastAt: input.at }, ignored: true };
      const refused = checkKeyTiming(state.lastAt, input.at, input.sameRead);
      if (refused !== undefined) return again({ ...state, lastAt: input.at, deaf: true }, refused);
      const longer = Buffer.alloc(count + 1);
      longer.set(state.thrown.bytes);
      longer[count] = input.key.code;
      state.thrown.wipe();
      return { state: { ...state, thrown: Secret.take(longer), lastAt: input.at, deaf: false } };
    }
    if (input.key.kind !== "enter" || count < rolls) return { state };
    const refused = checkDice(state.thrown);
    if (refused !== undefined) return again(state, refused);
    return {
      state,
      notes: [{ what: "thrown", actor: "operator", data: { round: ROUND, count } }],
      secrets: { dice: state.thrown },
      go: "next",
    };
  },

  view(state, scene): View {
    const { rolls } = scene.facts.config;
    const count = state.thrown.length;
    const officer = Math.floor(count / DICE_TURN) % 2 === 0 ? "officer 1" : "officer 2";
    const since = count % DICE_TURN === 0 && count > 0 ? count - DICE_TURN : count - (count % DICE_TURN);
    const last = Secret.copyOf(spaced(state.thrown.bytes.subarray(since)));
    const bar = "#".repeat(Math.floor((count * 60) / rolls)).padEnd(60, ".");
    const full = count >= rolls;
    return {
      page: "throws",
      lines: [
        line(
          "thrown ",
          span(`${count} of ${rolls}`, "strong"),
          full ? "   all are thrown" : `   now throws: ${officer}, throw ${(count % DICE_TURN) + 1} of ${DICE_TURN}`,
        ),
        [],
        line(`  ${bar}`),
        [],
        line("  this turn:  ", span(last, "strong")),
        [],
        line("Say the face aloud, type it, look at the screen: the last faces stand there."),
        line("Refused, and all thrown again: one face far too often, one seven times in a row,"),
        line("throws that follow a plan, keys that no hand can type. Dice are never stored."),
      ],
      keys: `1-6 the face   U take the last back${full ? "   Enter use these" : ""}   Ctrl-C end the ceremony`,
    };
  },
};

/** Everything is thrown again; the third refusal ends the ceremony. */
function again(state: State, id: RefusalId): Turn<State> {
  state.thrown.wipe();
  const refusals = state.refusals + 1;
  const fresh = { ...state, thrown: nothing(), refusals };
  if (refusals >= DICE_REFUSALS_MAX) return { state: fresh, refused: { id: "dice_refused_thrice" } };
  return { state: fresh, refused: { id } };
}

function spaced(faces: Uint8Array): Buffer {
  const text = Buffer.alloc(faces.length * 2, 0x20);
  faces.forEach((face, index) => {
    text[index * 2] = face;
  });
  return text;
}
