import { identityBundle } from "../bundle/bundle.ts";
import { COPIED_MAX } from "../limits.ts";
import { commitOutput } from "../mix/commitment.ts";
import { mixSeed } from "../mix/mixer.ts";
import { grouped, line, span } from "../screen/span.ts";
import { INTERNAL_VERSION } from "../seed/aezeed.ts";
import { birthdayDate, birthdayFromDate } from "../seed/birthday.ts";
import { walletIdentity } from "../seed/derivation.ts";
import { editLine, fieldLine } from "./field.ts";
import { isNodeDigits, nodeDigits } from "./nodedigits.ts";
import { ROUND, ROUNDS } from "./share.ts";
import { FlowFault, given, type StepLogic, type StepScene, type StepTurn, type View } from "./turn.ts";

interface State {
  readonly page: "mixed" | "noted";
  readonly outputCommitment: string;
  readonly typed: string;
}

export const mix: StepLogic<State> = {
  begin: () => ({ state: { page: "mixed", outputCommitment: "", typed: "" }, ask: { kind: "drawn" } }),

  reduce(state, input, scene): StepTurn<State> {
    if (input.kind === "answer" && input.answer.kind === "drawn") return mixed(scene);
    const { node } = scene.facts;
    if (input.kind !== "key" || node === undefined) return { state };
    if (state.page === "mixed") return { state: input.key.kind === "enter" ? { ...state, page: "noted" } : state };
    if (input.key.kind === "tab") return { state: { ...state, page: "mixed", typed: "" } };
    const edited = editLine(state.typed, input.key, COPIED_MAX);
    if (!edited.entered) return { state: { ...state, typed: edited.text } };
    if (!isNodeDigits(edited.text, node.nodeId)) return { state: { ...state, typed: "" }, refused: { id: "mix_copy" } };
    return { state, notes: [{ what: "noted", actor: "witness", data: {} }], go: "next" };
  },

  view(state, scene): View {
    const { node } = scene.facts;
    if (node === undefined)
      return { page: "mixed", part: "mixing", lines: [line("Mixing ...")], keys: "Ctrl-C end the ceremony" };
    if (state.page === "noted")
      return {
        page: "noted",
        lines: [
          fieldLine("first and last eight digits:", state.typed),
          [],
          line("From the paper: it is what the node is known by until lnd runs."),
        ],
        keys: "Enter done   Tab show the node id again   Ctrl-C end the ceremony",
      };
    return {
      page: "mixed",
      lines: [
        line("HKDF-SHA256( salt: ceremony and configuration, key: machine share and dice )"),
        line("  -> 16 bytes of entropy, 5 bytes of salt        (docs/mix.md has every byte)"),
        [],
        line("node id      ", span(grouped(node.nodeId.slice(0, 32), 4), "strong", "node-id")),
        line("             ", span(grouped(node.nodeId.slice(32), 4), "strong", "node-id")),
        line("             ", ...nodeDigits(node.nodeId)),
        line("fingerprint  ", span(node.masterFingerprint, "strong", "fingerprint")),
        line(
          "birthday     ",
          span(`${birthdayDate(node.birthdayDays)}, day ${node.birthdayDays}`, "strong", "birthday"),
        ),
        [],
        line("output commitment, round ", `${ROUND} of ${ROUNDS}:`),
        line("  ", span(grouped(state.outputCommitment.slice(0, 32), 4), "plain", "output-commitment")),
        line("  ", span(grouped(state.outputCommitment.slice(32), 4), "plain", "output-commitment")),
      ],
      keys: "Enter it is written down   Ctrl-C end the ceremony",
    };
  },
};

/** One day less than the confirmed date: a wallet that looks for funds from there misses none (docs/assurance.md#t10-the-clock-is-wrong). */
function birthdayOf(date: string): number {
  const days = birthdayFromDate(date);
  if (!days.ok || days.value === 0) throw new FlowFault("birthday_out_of_range", "the confirmed date has no birthday");
  return days.value - 1;
}

function mixed(scene: StepScene): StepTurn<State> {
  const { facts, secrets } = scene;
  const ceremonyId = given(facts.ceremonyId, "ceremony id");
  const blind = given(secrets.blind, "blind");
  const input = {
    ceremonyId,
    round: ROUND,
    configHash: facts.configHash,
    share: given(secrets.share, "share"),
    dice: given(secrets.dice, "dice"),
  };
  const { entropy, salt } = mixSeed(input);
  const outputCommitment = commitOutput({ ceremonyId, round: ROUND, entropy, salt, blind });
  const birthdayDays = birthdayOf(given(facts.date, "date"));
  const node = { ...walletIdentity(entropy, facts.config.network), birthdayDays, internalVersion: INTERNAL_VERSION };
  const bundle = identityBundle(input, entropy, node.nodeId, facts.config);
  const data = {
    algorithm: "lsc/v1",
    round: ROUND,
    rounds: ROUNDS,
    birthdayDate: birthdayDate(birthdayDays),
    outputCommitment,
    ...node,
  };
  return {
    state: { page: "mixed", outputCommitment, typed: "" },
    notes: [{ what: "mixed", actor: "machine", data }],
    facts: { node, ...(bundle === undefined ? {} : { bundle }) },
    secrets: { entropy, salt },
  };
}
