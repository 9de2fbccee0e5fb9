import { Secret } from "../../core/secret.ts";
import { grouped, type Line, line, span } from "../screen/span.ts";
import { COVERED, type Cover, coveredBody, UNCOVERED } from "./cover.ts";
import { ROUND } from "./share.ts";
import { given, type StepLogic, type StepTurn, type View } from "./turn.ts";

/**
 * Rehearsal only, by the table: the values from which everyone recomputes the seed, to see that share and dice are what
 * the words are made of. In production nobody outside can check that for a single round (docs/mix.md).
 */
export const opening: StepLogic<Cover> = {
  begin: () => ({ state: UNCOVERED }),

  reduce(state, input): StepTurn<Cover> {
    if (input.kind === "interrupted") return { state: COVERED };
    if (input.kind === "key" && state.hidden) return { state: UNCOVERED };
    if (input.kind !== "key" || input.key.kind !== "enter") return { state };
    return { state, notes: [{ what: "opened", actor: "leader", data: { round: ROUND } }], go: "next" };
  },

  view(state, scene): View {
    if (state.hidden) return { page: "opened", ...coveredBody("the opened values") };
    const { facts, secrets } = scene;
    const hash = (name: string, value: Secret) => hexLines(name, value);
    const configHash = grouped(facts.configHash.slice(0, 32), 4);
    return {
      page: "opened",
      lines: [
        line("ceremony  ", span(given(facts.ceremonyId, "ceremony id"), "strong", "ceremony-id"), `   round ${ROUND}`),
        line("config    ", span(configHash, "plain", "config-hash")),
        line("          ", span(grouped(facts.configHash.slice(32), 4), "plain", "config-hash")),
        ...hash("share     ", given(secrets.share, "share")),
        ...hash("blind     ", given(secrets.blind, "blind")),
        ...diceLines(given(secrets.dice, "dice")),
        [],
        line("Copy them into opened.json (its form: docs/mix.md). test/recompute.py makes"),
        line("the commitment and the 24 words from it; the last screen has the command."),
      ],
      keys: "Enter go on   Ctrl-C end the ceremony",
    };
  },
};

const DIGITS = Buffer.from("0123456789abcdef");

/** 32 bytes as two lines of hex in groups of four, made byte by byte: never a string. */
function hexLines(name: string, value: Secret): Line[] {
  return [0, 16].map((from) => {
    const text = Buffer.alloc(39, 0x20);
    for (let index = 0; index < 16; index += 1) {
      const byte = value.bytes[from + index] ?? 0;
      const at = index * 2 + Math.floor(index / 2);
      text[at] = DIGITS[byte >> 4] ?? 0;
      text[at + 1] = DIGITS[byte & 15] ?? 0;
    }
    return line(from === 0 ? name : "          ", span(Secret.take(text), "strong", "opened"));
  });
}

/** Dice in groups of eight, four groups a line: the turns in which they were thrown. */
function diceLines(dice: Secret): Line[] {
  const rows: Line[] = [];
  for (let from = 0; from < dice.length; from += 32) {
    const faces = dice.bytes.subarray(from, from + 32);
    const text = Buffer.alloc(35, 0x20);
    faces.forEach((face, index) => {
      text[index + Math.floor(index / 8)] = face;
    });
    rows.push(line(from === 0 ? "dice      " : "          ", span(Secret.take(text), "strong", "opened")));
  }
  return rows;
}
