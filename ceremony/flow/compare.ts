import { createHash } from "node:crypto";
import { type Line, line, span } from "../screen/span.ts";
import { birthdayDate } from "../seed/birthday.ts";
import { coveredId } from "./nodedigits.ts";
import { given, type NodeKeys, type StepLogic, type StepScene, type StepTurn, type View } from "./turn.ts";

/** The parent compares: the restoring process was not told what to find. */
export const compareStep: StepLogic<undefined> = {
  begin(scene) {
    if (!equal(scene)) return { state: undefined, refused: { id: "restore_differs" } };
    const node = given(scene.facts.node, "node");
    const accounts = createHash("sha256").update(given(scene.facts.accounts, "accounts")).digest("hex");
    return { state: undefined, notes: [{ what: "equal", actor: "machine", data: { ...node, accounts } }] };
  },

  reduce(state, input): StepTurn<undefined> {
    return input.kind === "key" && input.key.kind === "enter" ? { state, go: "next" } : { state };
  },

  view(_state, scene): View {
    const { node, first, second } = scene.facts;
    return {
      page: "compared",
      // What is read aloud says that all is equal: where it is not, nobody reads it.
      ownAloud: !equal(scene),
      lines: [
        ...column("from the dice (step 6)", node, equal(scene)),
        ...column("restored, first implementation", first, equal(scene)),
        ...column("restored, second implementation", second, equal(scene)),
        [],
        line(equal(scene) ? "  All equal, and so are the 259 account keys." : span("! They differ.", "warn")),
        ...(equal(scene) ? [line("  The witness types the covered digits at step 11, from the paper of step 6.")] : []),
      ],
      keys: "Enter go on   Ctrl-E exception note   Ctrl-C end the ceremony",
    };
  },
};

function equal(scene: StepScene): boolean {
  const { node, first, second, accountsAgree } = scene.facts;
  const same = (other: NodeKeys | undefined) =>
    node !== undefined &&
    other !== undefined &&
    node.nodeId === other.nodeId &&
    node.masterFingerprint === other.masterFingerprint &&
    node.birthdayDays === other.birthdayDays &&
    node.internalVersion === other.internalVersion;
  return same(first) && same(second) && accountsAgree === true;
}

/** Where they differ, nobody types anything any more: all of it is shown, for the inquiry. */
function column(name: string, keys: NodeKeys | undefined, covered: boolean): Line[] {
  if (keys === undefined) return [line(`${name}: `, span("failed", "warn"))];
  return [
    line(name),
    covered ? coveredId(keys.nodeId) : line("  ", span(keys.nodeId, "strong", "node-id")),
    line(
      "  fingerprint ",
      span(keys.masterFingerprint, "strong", "fingerprint"),
      "   birthday ",
      span(`${birthdayDate(keys.birthdayDays)} (${keys.birthdayDays})`, "strong", "birthday"),
      `   version ${keys.internalVersion}`,
    ),
  ];
}
