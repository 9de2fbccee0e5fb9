import { same } from "./agreement.ts";
import { roundField } from "./keys.ts";
import { entry, type Step } from "./row.ts";

export const openingRow = {
  id: "opening",
  number: 9,
  short: "Read",
  title: "Rehearsal only: the round is opened",
  room: "vault",
  modes: ["rehearsal"],
  pages: [
    {
      id: "opened",
      actor: "leader",
      aloud: "This is a rehearsal: copy these values, and recompute the words on another computer.",
      shows: "the machine share, its blind and the dice, from which everyone can recompute the seed",
    },
  ],
  records: [entry("opened", "statement", "one", ["leader"], { round: roundField }, [same("round", "share.committed")])],
  refusals: {},
} as const satisfies Step;
