import { Secret } from "../../core/secret.ts";
import { DICE_REFUSALS_MAX, DICE_TURN, KEY_GAP_MIN_MS } from "../limits.ts";
import { checkDice, checkKeyTiming, type ThrowKey } from "../mix/dice.ts";
import { letterOf } from "../screen/keys.ts";
import { line, span } from "../screen/span.ts";
import type { RefusalId } from "../steps/ceremonies.ts";
import { nothing } from "./field.ts";
import { longer, shorter } from "./secretfield.ts";
import { ROUND } from "./share.ts";
import type { StepLogic, StepTurn, View } from "./turn.ts";

interface State {
  /** ASCII digits, in the order thrown. */
  readonly thrown: Secret;
  /** The key of the last throw, taken or not. */
  readonly last: ThrowKey | undefined;
  readonly refusals: number;
  /** Ignores keys until a pause: a paste counts as one refusal and not as one for each key, and three end the ceremony. */
  readonly deaf: boolean;
  /** The last key came twice at once, and was taken once. */
  readonly bounced: boolean;
}

export const dice: StepLogic<State> = {
  begin: () => ({ state: { thrown: nothing(), last: undefined, refusals: 0, deaf: false, bounced: false } }),

  reduce(state, input, scene): StepTurn<State> {
    if (input.kind !== "key") return { state };
    const { rolls } = scene.facts.config;
    const count = state.thrown.length;
    const letter = letterOf(input.key);
    if ((letter === "U" || input.key.kind === "backspace") && count > 0) {
      return {
        state: { ...state, thrown: shorter(state.thrown), bounced: false },
        notes: [{ what: "undone", actor: "operator", data: { throw: count } }],
      };
    }
    if (input.key.kind === "char" && input.key.code >= 0x31 && input.key.code <= 0x36) {
      // A key too many is no throw, however it came.
      if (count >= rolls) return { state };
      const key = { face: input.key.code, at: input.at };
      if (state.deaf && input.at - (state.last?.at ?? input.at) < KEY_GAP_MIN_MS)
        return { state: { ...state, last: key }, ignored: true };
      const odd = checkKeyTiming(state.last, key, input.sameRead);
      if (odd === "bounced") return { state: { ...state, last: key, bounced: true } };
      if (odd !== undefined) return again({ ...state, last: key, deaf: true, bounced: false }, odd);
      return { state: { ...state, thrown: longer(state.thrown, key.face), last: key, deaf: false, bounced: false } };
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
    // A column for each throw, or for two where they would not fit.
    const columns = rolls <= BAR_MAX ? rolls : Math.ceil(rolls / 2);
    const bar = "#".repeat(Math.floor((count * columns) / rolls)).padEnd(columns, ".");
    const full = count >= rolls;
    return {
      page: "throws",
      actor: full ? "operator" : officer === "officer 1" ? "officer1" : "officer2",
      lines: [
        line(
          "thrown ",
          span(`${count} of ${rolls}`, "strong"),
          full ? "   all are thrown" : `   now throws: ${officer}, throw ${(count % DICE_TURN) + 1} of ${DICE_TURN}`,
        ),
        [],
        line(`  ${bar}`),
        [],
        line(
          since + DICE_TURN === count ? "  last turn:  " : "  this turn:  ",
          span(last, "strong"),
          state.bounced ? "  <- its key came twice within 20 ms, and counts once" : "",
        ),
        [],
        line("Say the face aloud, type it, look at the screen: the last faces stand there."),
        line("Refused, and all thrown again: one face far too often, one seven times in a row,"),
        line("throws that follow a plan, keys that no hand can type. Dice are never stored."),
      ],
      keys: `1-6 the face   U take the last back${full ? "   Enter use these" : ""}   Ctrl-C end the ceremony`,
    };
  },
};

/** Columns that a bar may take. */
const BAR_MAX = 76;

/** Everything is thrown again; the third refusal ends the ceremony. */
function again(state: State, id: RefusalId): StepTurn<State> {
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
