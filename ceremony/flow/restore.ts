import type { Secret } from "../../core/secret.ts";
import { COUNT_MAX, PASSPHRASE_MAX } from "../limits.ts";
import { type Line, line, span } from "../screen/span.ts";
import { restoreAgain } from "../second/restore.ts";
import { accountsJson, watchOnlyAccounts } from "../seed/accounts.ts";
import { checkEnciphered, decipher } from "../seed/aezeed.ts";
import { walletIdentity } from "../seed/derivation.ts";
import { suspectPositions } from "../seed/locator.ts";
import { formatPhrase, packIndexes } from "../seed/phrase.ts";
import { type DiceEntry, emptyEntry, entryLines, idled, interrupted, reopened, typeWord } from "./entry.ts";
import { nothing } from "./field.ts";
import { emptyField, hiddenField, SECRET_FAULTS, type SecretField, typeSecret, voided } from "./secretfield.ts";
import type { NodeKeys, Note, SittingFacts, StepLogic, StepScene, StepTurn, View } from "./turn.ts";

interface State {
  readonly page: "words" | "wrong" | "passphrase";
  readonly entry: DiceEntry;
  readonly suspects: readonly (number | readonly [number, number])[];
  readonly enciphered: Secret;
  readonly secret: SecretField;
  readonly attempts: number;
  readonly working: boolean;
}

/** Runs in a process of its own that was given no secret: what it restores, it restores from what people type. */
export const restore: StepLogic<State> = {
  begin: () => ({
    state: {
      page: "words",
      entry: emptyEntry(),
      suspects: [],
      enciphered: nothing(),
      secret: emptyField(),
      attempts: 1,
      working: false,
    },
  }),

  reduce(state, input, scene): StepTurn<State> {
    if (input.kind === "answer")
      return input.answer.kind === "drawn" && state.working ? restored(state, scene) : { state };
    if (input.kind === "tick") {
      const entry = idled(state.entry, input.at);
      return { state: entry === state.entry ? state : { ...state, entry } };
    }
    if (input.kind === "interrupted") {
      // Ctrl for Shift in a capital C: the letter would be missing.
      const secret = voided(state.secret, state.secret.typed.length > 0);
      return { state: { ...state, secret, entry: interrupted(state.entry) } };
    }
    if (input.kind !== "key" || state.working) return { state };
    if (state.page === "wrong") {
      if (input.key.kind !== "enter") return { state };
      return {
        state: { ...state, page: "words", entry: reopened(state.entry, positionsOf(state.suspects)), suspects: [] },
      };
    }
    if (state.page === "passphrase") {
      if (input.key.kind === "tab" && !input.sameRead)
        return { state: { ...forgotten(state), attempts: more(state.attempts) } };
      const step = typeSecret(state.secret, input, PASSPHRASE_MAX);
      const next = { ...state, secret: step.field };
      if (step.kind === "void")
        return {
          state: { ...next, attempts: more(state.attempts) },
          refused: { id: "restore_void", detail: SECRET_FAULTS[step.fault] },
        };
      // Enter on nothing is no passphrase that does not fit: this policy has one.
      if (step.kind === "entered") return { state: { ...next, working: true }, ask: { kind: "drawn" } };
      if (state.secret.isVoid) return { state: next, ignored: true };
      return { state: step.field === state.secret ? state : next };
    }
    const step = typeWord(state.entry, input.key);
    const next = { ...state, entry: step.entry };
    if (step.kind === "more") return { state: next, ...(state.entry.mode === "void" ? { ignored: true } : {}) };
    if (step.kind === "full") return checked(next, scene);
    if (step.kind === "void")
      return {
        state: { ...next, attempts: more(state.attempts) },
        refused: { id: "restore_void", position: step.position, detail: SECRET_FAULTS[step.fault] },
      };
    return {
      state: { ...next, attempts: more(state.attempts) },
      refused: { id: "restore_unknown_word", position: step.position, detail: `Word ${step.position}:` },
    };
  },

  view(state): View {
    if (state.working)
      return {
        page: "passphrase",
        part: "restoring",
        lines: [line("Restoring with two implementations, a few seconds ...")],
        keys: "",
      };
    if (state.page === "wrong") return wrongView(state);
    if (state.page === "passphrase")
      return {
        page: "passphrase",
        lines: [line("24 words: checksum right."), [], ...hiddenField("passphrase:", state.secret)],
        keys: "Enter done   Ctrl-U clear   Tab type the words again   Ctrl-C end the ceremony",
      };
    return {
      page: "words",
      lines: entryLines(state.entry),
      keys: "Enter or space: next word   Backspace   Ctrl-C end the ceremony",
    };
  },
};

const positionsOf = (suspects: State["suspects"]): number[] =>
  [...new Set(suspects.flat())].sort((left, right) => left - right);

/** All 24 are typed: version and checksum cost no scrypt, so they come first, as in lnd. */
function checked(state: State, scene: StepScene): StepTurn<State> {
  const enciphered = packIndexes(state.entry.indexes);
  const sound = checkEnciphered(enciphered);
  if (!sound.ok) {
    const suspects = suspectPositions(enciphered);
    enciphered.wipe();
    const again: State = { ...state, page: "wrong", suspects, attempts: more(state.attempts) };
    const position = positionsOf(suspects)[0] ?? 0;
    if (sound.error.code === "bad_version") return { state: again, refused: { id: "restore_bad_version", position } };
    return { state: again, refused: { id: "restore_bad_checksum", position } };
  }
  state.entry.indexes.fill(0);
  const next = { ...state, enciphered };
  if (scene.facts.config.passphrase === "none") return { state: { ...next, working: true }, ask: { kind: "drawn" } };
  return { state: { ...next, page: "passphrase" } };
}

const more = (attempts: number): number => Math.min(attempts + 1, COUNT_MAX);

/** The first page, as if nothing had been typed: a plate of another seed fits itself, and no passphrase of this one. */
function forgotten(state: State): State {
  state.enciphered.wipe();
  const secret = voided(state.secret, false);
  return { ...state, page: "words", working: false, entry: emptyEntry(), enciphered: nothing(), secret };
}

function restored(state: State, scene: StepScene): StepTurn<State> {
  const { network } = scene.facts.config;
  const seed = decipher(state.enciphered, state.secret.typed);
  if (!seed.ok) {
    const attempts = more(state.attempts);
    const refused = { id: "restore_wrong_passphrase" as const };
    // Where the policy has no passphrase, only the words can be wrong: they are of another seed.
    if (scene.facts.config.passphrase === "none") return { state: { ...forgotten(state), attempts }, refused };
    return { state: { ...state, working: false, secret: voided(state.secret, false), attempts }, refused };
  }
  const { birthdayDays, internalVersion, entropy } = seed.value;
  const first: NodeKeys = { ...walletIdentity(entropy, network), birthdayDays, internalVersion };
  const accounts = watchOnlyAccounts(entropy, network);
  const phrase = formatPhrase(state.enciphered);
  // The npm package takes strings only; this process ends with this step (SECURITY.md, "What JavaScript keeps").
  const other = restoreAgain(phrase.bytes.toString("ascii"), state.secret.typed.bytes.toString("ascii"), network);
  for (const secret of [entropy, seed.value.salt, phrase, state.enciphered, state.secret.typed]) secret.wipe();
  const notes: Note[] = [
    { what: "typed", actor: "officer2", data: { attempts: state.attempts } },
    { what: "restored", actor: "machine", data: { by: "first", ...first } },
  ];
  let facts: Partial<SittingFacts> = { first, accounts: accountsJson(accounts) };
  if (other.ok) {
    const { nodeId, masterFingerprint } = other.value;
    const { birthdayDays: days, internalVersion: version } = other.value;
    const second: NodeKeys = { nodeId, masterFingerprint, birthdayDays: days, internalVersion: version };
    const accountsAgree = accounts.every((account, index) => account.extendedPublicKey === other.value.accounts[index]);
    facts = { ...facts, second, accountsAgree: accountsAgree && accounts.length === other.value.accounts.length };
    notes.push({ what: "restored", actor: "machine", data: { by: "second", ...second } });
  }
  return { state, notes, facts, go: "next" };
}

function wrongView(state: State): View {
  const named: Line[] = state.suspects
    .slice(0, 8)
    .map((suspect) =>
      typeof suspect === "number"
        ? line("  word ", span(`${suspect}`, "strong"), " is another word on the plate")
        : line("  words ", span(`${suspect[0]} and ${suspect[1]}`, "strong"), " changed places"),
    );
  const none = [line("More than one word is wrong: no single change mends it. Type all 24 again.")];
  return {
    page: "wrong",
    lines: [
      ...(named.length > 0 ? [line("One of these would mend the checksum:"), [], ...named] : none),
      [],
      line("Positions only: what stands there is on the plate."),
    ],
    keys:
      named.length > 0
        ? "Enter type those words again   Ctrl-C end the ceremony"
        : "Enter type all again   Ctrl-C end the ceremony",
  };
}
