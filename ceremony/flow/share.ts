import { pgpWords } from "../../core/pgpwords.ts";
import { Secret } from "../../core/secret.ts";
import { commitShare } from "../mix/commitment.ts";
import { line, span } from "../screen/span.ts";
import { type Copy, CopyCheck } from "./copy.ts";
import { hashTable } from "./field.ts";
import { given, type StepLogic, type StepTurn, type View } from "./turn.ts";

/** This build plays a single round; decoy rounds are counted here when they come. */
export const ROUND = 1;
export const ROUNDS = 1;

type State = Copy<"commitment" | "written">;

export const share: StepLogic<State> = {
  begin: () => ({
    state: CopyCheck.start("commitment", "written"),
    // 32 bytes of share and 32 of blind, in one draw (docs/mix.md#inputs).
    ask: { kind: "random", length: 64 },
  }),

  reduce(state, input, scene): StepTurn<State> {
    if (input.kind === "answer" && input.answer.kind === "random") {
      const drawn = input.answer.bytes;
      const shareBytes = Secret.copyOf(drawn.bytes.subarray(0, 32));
      const blind = Secret.copyOf(drawn.bytes.subarray(32, 64));
      drawn.wipe();
      const id = given(scene.facts.ceremonyId, "ceremony id");
      const commitment = commitShare({ ceremonyId: id, round: ROUND, share: shareBytes, blind });
      return {
        state,
        notes: [{ what: "committed", actor: "machine", data: { round: ROUND, rounds: ROUNDS, commitment } }],
        facts: { commitment },
        secrets: { share: shareBytes, blind },
        ask: { kind: "pick", below: 32, count: 2 },
      };
    }
    const { commitment } = scene.facts;
    if (commitment === undefined) return { state };
    const step = CopyCheck.reduce(state, input, pgpWords(commitment), "commitment_copy");
    if (step.copied === undefined) return step;
    const [first = 0, second = 0] = step.copied;
    return { state, notes: [{ what: "written", actor: "witness", data: { first, second } }], go: "next" };
  },

  view(state, scene): View {
    const { commitment } = scene.facts;
    if (commitment === undefined)
      return { page: "commitment", part: "drawing", lines: [line("Drawing ...")], keys: "Ctrl-C end the ceremony" };
    if (state.page === "written") return { page: "written", ...CopyCheck.view(state, "commitment") };
    return {
      page: "commitment",
      lines: [
        line(
          "SHA-256 over the ceremony's id, the round, the share and a blind. Round ",
          span(`${ROUND} of ${ROUNDS}`, "strong"),
          ".",
        ),
        [],
        ...hashTable(commitment, "commitment"),
        [],
        line("It fixes the machine's share before the dice are known."),
      ],
      keys: "Enter the witness has written all of it   Ctrl-C end the ceremony",
    };
  },
};
