import { pgpWords } from "../../core/pgpwords.ts";
import { CEREMONY_ID_MAX, CLOCK_DAYS_MAX, COPIED_MAX, DATE_MAX, INITIALS_MAX } from "../limits.ts";
import { letterOf } from "../screen/keys.ts";
import { type Line, line, span } from "../screen/span.ts";
import { birthdayFromDate } from "../seed/birthday.ts";
import { ceremonyId, date, initials } from "../table/fields.ts";
import { editLine, fieldLine, hashTable, sameWords } from "./field.ts";
import { FIRST_ITEM, type RoomCheck, roomKey, roomView } from "./room.ts";
import {
  given,
  type Note,
  type Role,
  type SittingFacts,
  type StepLogic,
  type StepScene,
  type StepTurn,
  type View,
} from "./turn.ts";

const ROLES: readonly { readonly role: Role; readonly name: string; readonly does: string }[] = [
  { role: "leader", name: "leader", does: "reads aloud, keeps the passphrase" },
  { role: "operator", name: "operator", does: "sits at the keyboard" },
  { role: "officer1", name: "officer 1", does: "throws dice, engraves the words" },
  { role: "officer2", name: "officer 2", does: "throws dice, reads the plate back" },
  { role: "witness", name: "witness", does: "writes down what is committed" },
];

interface State {
  readonly page: "id" | "idread" | "date1" | "date2" | "roles" | "team" | "config1" | "config2" | "room";
  readonly typed: string;
  /** Typed, and not recorded until people have looked at it. */
  readonly id: string;
  readonly date1: string;
  readonly initials: SittingFacts["initials"];
  /** Whose initials are typed again. */
  readonly fixing: Role | undefined;
  readonly room: RoomCheck;
}

/** Room in each field; one more is taken, so that a slip at the end is seen and not cut off. */
const TYPED_MAX = {
  id: CEREMONY_ID_MAX,
  date1: DATE_MAX,
  date2: DATE_MAX,
  roles: INITIALS_MAX,
  team: INITIALS_MAX,
  config1: COPIED_MAX,
  config2: COPIED_MAX,
} as const;

export const people: StepLogic<State> = {
  begin: () => ({
    state: { page: "id", typed: "", id: "", date1: "", initials: {}, fixing: undefined, room: FIRST_ITEM },
  }),

  reduce(state, input, scene): StepTurn<State> {
    if (input.kind === "answer") return input.answer.kind === "today" ? dateKnown(state, input.answer.date) : { state };
    if (input.kind !== "key") return { state };
    const letter = letterOf(input.key);
    if (state.page === "room") {
      const turn = roomKey(state.room, letter);
      return { ...turn, state: turn.state === state.room ? state : { ...state, room: turn.state } };
    }
    if (state.page === "idread") return idRead(state, letter);
    if (state.page === "team" && state.fixing === undefined) return team(state, letter);
    if (
      state.page === "roles" &&
      state.fixing === undefined &&
      state.typed === "" &&
      roleOf(letter, state) !== undefined
    )
      return { state: { ...state, fixing: roleOf(letter, state) } };
    const edited = editLine(state.typed, input.key, TYPED_MAX[state.page] + 1);
    if (!edited.entered) return { state: { ...state, typed: edited.text } };
    const entered = { ...state, typed: "" };
    const typed = edited.text.trim();
    if (state.page === "id") return idTyped(entered, typed);
    if (state.page === "date1" || state.page === "date2") return dateTyped(entered, typed);
    if (state.page === "roles" || state.page === "team") return roleTyped(entered, typed.toUpperCase());
    return configTyped(entered, typed, scene);
  },

  view(state, scene): View {
    const keys = "Enter done   Ctrl-E exception note   Ctrl-C end the ceremony";
    if (state.page === "room") return roomView(state.room);
    if (state.page === "idread") return idView(state);
    if (state.page === "config1" || state.page === "config2") return configView(state, scene, keys);
    const lines: Line[] =
      state.page === "id"
        ? [
            fieldLine("id of the ceremony:", state.typed),
            [],
            line("3 to 32 of a-z, 0-9 and hyphen, such as node-2026-a. It stands in every record."),
          ]
        : state.page === "roles" || state.page === "team"
          ? rolesLines(state)
          : [
              fieldLine("date (year-month-day):", state.typed),
              [],
              line("The birthday of the seed is the day before: funds are looked for from there on."),
              [],
              line("The machine's clock is in UTC. If it is wrong: end the ceremony, set the clock"),
              line("in the firmware, begin again. If you are east of Greenwich and your watch is a"),
              line("day ahead of UTC, type the day of UTC."),
            ];
    if (state.page === "team" && state.fixing === undefined)
      return { page: "team", lines, keys: "Y all right   1-5 correct one   Ctrl-E exception note   Ctrl-C end it" };
    if (state.page === "roles" && Object.keys(state.initials ?? {}).length > 0 && state.fixing === undefined)
      return { page: "roles", lines, keys: "Enter done   number: correct one   Ctrl-E exception note   Ctrl-C end it" };
    return { page: state.page, lines, keys };
  },
};

function idTyped(state: State, typed: string): StepTurn<State> {
  if (ceremonyId.type !== "text" || !ceremonyId.pattern.test(typed))
    return { state, refused: { id: "ceremony_id_form" } };
  return { state: { ...state, page: "idread", id: typed } };
}

/** The id goes into the first line of the transcript and into every hash: this is the last look at it. */
function idRead(state: State, letter: string | undefined): StepTurn<State> {
  if (letter === "N")
    return {
      state: { ...state, page: "id", id: "" },
      notes: [{ what: "corrected", actor: "operator", data: { field: "ceremonyId" } }],
    };
  if (letter !== "Y") return { state };
  const { id } = state;
  return {
    state: { ...state, page: "date1" },
    notes: [{ what: "ceremony", actor: "operator", data: { ceremonyId: id } }],
    facts: { ceremonyId: id },
    ask: { kind: "open", ceremonyId: id },
  };
}

function dateTyped(state: State, typed: string): StepTurn<State> {
  if (date.type !== "text" || !date.pattern.test(typed) || Number.isNaN(dayOf(typed)) || !hasBirthday(typed))
    return { state, refused: { id: "date_form" } };
  if (state.page === "date1") return { state: { ...state, page: "date2", date1: typed } };
  if (typed !== state.date1) return { state: dateAgain(state), refused: { id: "date_differs" } };
  // Asked now and not before: midnight may have passed.
  return { state, ask: { kind: "today" } };
}

function dateAgain(state: State): State {
  return { ...state, page: "date1", date1: "" };
}

/** Both typed the same day, and the machine says this one. */
function dateKnown(state: State, today: string): StepTurn<State> {
  const typed = state.date1;
  const ahead = dayOf(typed) - dayOf(today);
  const detail = `The clock says ${today}.`;
  if (Math.abs(ahead) > CLOCK_DAYS_MAX) return { state: dateAgain(state), refused: { id: "date_clock", detail } };
  // A day early costs nothing; a day late hides the first payments from a rescan.
  if (ahead > 0) return { state: dateAgain(state), refused: { id: "date_future", detail } };
  return {
    state: { ...state, page: "roles" },
    notes: [
      { what: "date", actor: "operator", data: { date: typed } },
      { what: "date", actor: "witness", data: { date: typed } },
      { what: "clock", actor: "machine", data: { date: today } },
    ],
    facts: { date: typed },
  };
}

/** aezeed counts days from the genesis block to 2188, and the seed's birthday is the day before. */
function hasBirthday(text: string): boolean {
  const days = birthdayFromDate(text);
  return days.ok && days.value > 0;
}

/** Days since 1970, or NaN for a date that the calendar does not have. */
function dayOf(text: string): number {
  const at = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(at) || !new Date(at).toISOString().startsWith(text) ? Number.NaN : at / 86_400_000;
}

/** The role of a number from 1, if it has its initials already. */
function roleOf(letter: string | undefined, state: State): Role | undefined {
  const role = ROLES[Number(letter ?? Number.NaN) - 1]?.role;
  return role !== undefined && state.initials?.[role] !== undefined ? role : undefined;
}

function team(state: State, letter: string | undefined): StepTurn<State> {
  const fixing = roleOf(letter, state);
  if (fixing !== undefined) return { state: { ...state, fixing } };
  return letter === "Y"
    ? { state: { ...state, page: "config1" }, facts: { initials: state.initials ?? {} } }
    : { state };
}

function roleTyped(state: State, typed: string): StepTurn<State> {
  const known = state.initials ?? {};
  const next =
    state.fixing ??
    given(
      ROLES.find(({ role }) => known[role] === undefined),
      "a role without a person",
    ).role;
  if (initials.type !== "text" || typed.length > INITIALS_MAX || !initials.pattern.test(typed))
    return { state, refused: { id: "initials_form" } };
  const taken = ROLES.find(({ role }) => role !== next && known[role] === typed);
  const both = new Set([taken?.role, next]);
  if (taken !== undefined && !(both.has("leader") && both.has("operator")))
    return { state, refused: { id: "role_taken" } };
  const all = { ...known, [next]: typed };
  const page = ROLES.every(({ role }) => all[role] !== undefined) ? ("team" as const) : state.page;
  const after = { ...state, page, initials: all, fixing: undefined };
  if (known[next] === typed) return { state: after };
  const data = { role: next, initials: typed };
  if (state.fixing === undefined) return { state: after, notes: [{ what: "role", actor: next, data }] };
  return { state: after, notes: [{ what: "replaced", actor: "operator", data }] };
}

function configTyped(state: State, typed: string, scene: StepScene): StepTurn<State> {
  if (typed.toLowerCase() === "reject") return { state, refused: { id: "config_rejected" } };
  const words = pgpWords(scene.facts.configHash);
  if (!sameWords(typed, [words[0] ?? "", words.at(-1) ?? ""])) return { state, refused: { id: "config_copy" } };
  const actor = state.page === "config1" ? "officer1" : "witness";
  const notes: Note[] = [{ what: "configuration", actor, data: { configHash: scene.facts.configHash } }];
  return { state: { ...state, page: state.page === "config1" ? "config2" : "room" }, notes };
}

function idView(state: State): View {
  return {
    page: "idread",
    lines: [
      line("id of the ceremony:  ", span(state.id.padEnd(CEREMONY_ID_MAX), "strong", "ceremony-id")),
      [],
      line("With Y it goes into the first line of the transcript."),
    ],
    keys: "Y right   N type it again   Ctrl-E exception note   Ctrl-C end the ceremony",
  };
}

function rolesLines(state: State): Line[] {
  const known = state.initials ?? {};
  const next = state.page === "roles" ? ROLES.find(({ role }) => known[role] === undefined)?.role : undefined;
  return [
    ...ROLES.map(({ role, name, does }, index) =>
      role === (state.fixing ?? next)
        ? // The cursor takes one column of the five that initials and a space have.
          line(
            `${index + 1}  `,
            ...fieldLine(name.padEnd(10), state.typed),
            `${" ".repeat(Math.max(0, 3 - state.typed.length))}   ${does}`,
          )
        : line(`${index + 1}  ${name.padEnd(10)} `, span((known[role] ?? "").padEnd(4), "strong"), `   ${does}`),
    ),
    [],
    line("Initials are two to four letters; no names are recorded."),
    line("Leader and operator may be one person. Officers and witness are others, always."),
    line("A correction is recorded beside what was typed first."),
  ];
}

function configView(state: State, scene: StepScene, keys: string): View {
  const { config, configHash } = scene.facts;
  const policy = { typed: "typed twice", dice: "eight words by dice", none: "none: lnd's default" };
  const row = (name: string, value: string, field?: string) =>
    line(`  ${name.padEnd(12)}`, span(value, "strong", field));
  return {
    page: state.page,
    lines: [
      row("mode", `${config.mode} on ${config.network}`),
      row("output", config.out.padEnd(60), "out"),
      row(
        "policies",
        `${config.rolls} throws, ${config.plates} plate${config.plates > 1 ? "s" : ""}, passphrase ${policy[config.passphrase]}`,
      ),
      row("signer", (config.recipient ?? "none: no bundle is made").padEnd(62), "recipient"),
      [],
      ...hashTable(configHash, "config-hash"),
      [],
      fieldLine("first and last word of the hash:", state.typed),
      line("Type reject if this is not the agreed configuration."),
    ],
    keys,
  };
}
