import { identityBundle } from "../bundle/bundle.ts";
import { commitOutput } from "../mix/commitment.ts";
import { mixSeed } from "../mix/mixer.ts";
import { grouped, line, span } from "../screen/span.ts";
import { INTERNAL_VERSION } from "../seed/aezeed.ts";
import { birthdayDate, birthdayFromDate } from "../seed/birthday.ts";
import { identity } from "../seed/derivation.ts";
import { ROUND, ROUNDS } from "./share.ts";
import { FlowFault, given, type Scene, type StepLogic, type Turn, type View } from "./turn.ts";

interface State {
  readonly outputCommitment: string;
}

export const mix: StepLogic<State> = {
  begin: () => ({ state: { outputCommitment: "" }, ask: { kind: "drawn" } }),

  reduce(state, input, scene): Turn<State> {
    if (input.kind === "answer" && input.answer.kind === "drawn") return mixed(scene);
    if (input.kind === "key" && input.key.kind === "enter" && scene.facts.node !== undefined)
      return { state, go: "next" };
    return { state };
  },

  view(state, scene): View {
    const { node } = scene.facts;
    if (node === undefined) return { page: "mixed", lines: [line("Mixing ...")], keys: "Ctrl-C end the ceremony" };
    return {
      page: "mixed",
      lines: [
        line("HKDF-SHA256( salt: ceremony and configuration, key: machine share and dice )"),
        line("  -> 16 bytes of entropy, 5 bytes of salt        (docs/mix.md has every byte)"),
        [],
        line("node id      ", span(grouped(node.nodeId.slice(0, 32), 4), "strong", "node-id")),
        line("             ", span(grouped(node.nodeId.slice(32), 4), "strong", "node-id")),
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

/** One day less than the confirmed date: a wallet that looks for funds from there misses none (`spec/ceremony.md` T10). */
function birthdayOf(date: string): number {
  const days = birthdayFromDate(date);
  if (!days.ok || days.value === 0) throw new FlowFault("birthday_out_of_range", "the confirmed date has no birthday");
  return days.value - 1;
}

function mixed(scene: Scene): Turn<State> {
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
  const node = { ...identity(entropy, facts.config.network), birthdayDays, internalVersion: INTERNAL_VERSION };
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
    state: { outputCommitment },
    notes: [{ what: "mixed", actor: "machine", data }],
    facts: { node, ...(bundle === undefined ? {} : { bundle }) },
    secrets: { entropy, salt },
  };
}
