import { CEREMONY_ID_MAX, CLOCK_DAYS_MAX, COPIED_MAX, DATE_MAX, INITIALS_MAX } from "../limits.ts";
import { pgpWords } from "../mix/pgpwords.ts";
import { letterOf } from "../screen/keys.ts";
import { type Line, line, span } from "../screen/span.ts";
import { ROOM_ITEMS } from "../script.ts";
import { birthdayFromDate } from "../seed/birthday.ts";
import { ceremonyId, date, initials } from "../transcript/rules.ts";
import { editLine, field, hashTable } from "./field.ts";
import {
  type Facts,
  given,
  type Input,
  type Note,
  type Role,
  type Scene,
  type StepLogic,
  type Turn,
  type View,
} from "./turn.ts";

const ROLES: readonly { readonly role: Role; readonly name: string; readonly does: string }[] = [
  { role: "leader", name: "leader", does: "reads aloud, keeps the passphrase" },
  { role: "operator", name: "operator", does: "sits at the keyboard" },
  { role: "officer1", name: "officer 1", does: "throws dice, engraves the words" },
  { role: "officer2", name: "officer 2", does: "throws dice, reads the plate back" },
  { role: "witness", name: "witness", does: "writes down what is committed" },
];

const ROOM_TEXTS: Readonly<Record<(typeof ROOM_ITEMS)[number], string>> = {
  phones_out: "Phones, watches and bags are outside the room.",
  cameras_covered: "No camera sees screen, keyboard or plates; windows are covered.",
  door_closed: "The door is closed, and everyone in the room has a role.",
  cables_out: "No network cable, radio card, disk or unknown device is in the machine.",
  paper_and_pens: "Plates, tools, dice, paper and a pen for the witness are on the table.",
};

interface State {
  readonly page: "id" | "date1" | "date2" | "roles" | "config1" | "config2" | "room";
  readonly typed: string;
  readonly today: string;
  readonly date1: string;
  readonly initials: Facts["initials"];
  readonly item: number;
}

/** Room in each field; one more is taken, so that a slip at the end is seen and not cut off. */
const TYPED_MAX = {
  id: CEREMONY_ID_MAX,
  date1: DATE_MAX,
  date2: DATE_MAX,
  roles: INITIALS_MAX,
  config1: COPIED_MAX,
  config2: COPIED_MAX,
} as const;

export const people: StepLogic<State> = {
  begin: () => ({
    state: { page: "id", typed: "", today: "", date1: "", initials: {}, item: 0 },
  }),

  reduce(state, input, scene): Turn<State> {
    if (input.kind === "answer") return answered(state, input);
    if (input.kind !== "key") return { state };
    if (state.page === "room") return room(state, letterOf(input.key));
    const edited = editLine(state.typed, input.key, TYPED_MAX[state.page] + 1);
    if (!edited.entered) return { state: { ...state, typed: edited.text } };
    const entered = { ...state, typed: "" };
    const typed = edited.text.trim();
    if (state.page === "id") return idTyped(entered, typed);
    if (state.page === "date1" || state.page === "date2") return dateTyped(entered, typed);
    return state.page === "roles" ? roleTyped(entered, typed.toUpperCase()) : configTyped(entered, typed, scene);
  },

  view(state, scene): View {
    const keys = "Enter done   Ctrl-E exception note   Ctrl-C end the ceremony";
    if (state.page === "room") return roomView(state);
    if (state.page === "config1" || state.page === "config2") return configView(state, scene, keys);
    const lines: Line[] =
      state.page === "id"
        ? [
            field("id of the ceremony:", state.typed),
            [],
            line("3 to 32 of a-z, 0-9 and hyphen, such as node-2026-a. It stands in every record."),
          ]
        : state.page === "roles"
          ? rolesLines(state)
          : [
              field("date (year-month-day):", state.typed),
              [],
              line("The birthday of the seed is the day before: funds are looked for from there on."),
            ];
    return { page: state.page, lines, keys };
  },
};

function answered(state: State, input: Extract<Input, { kind: "answer" }>): Turn<State> {
  if (input.answer.kind === "open") return { state, ask: { kind: "today" } };
  return { state: input.answer.kind === "today" ? { ...state, today: input.answer.date } : state };
}

function idTyped(state: State, typed: string): Turn<State> {
  if (ceremonyId.type !== "text" || !ceremonyId.pattern.test(typed))
    return { state, refused: { id: "ceremony_id_form" } };
  return {
    state: { ...state, page: "date1" },
    notes: [{ what: "ceremony", actor: "operator", data: { ceremonyId: typed } }],
    facts: { ceremonyId: typed },
    ask: { kind: "open", ceremonyId: typed },
  };
}

function dateTyped(state: State, typed: string): Turn<State> {
  if (date.type !== "text" || !date.pattern.test(typed) || Number.isNaN(dayOf(typed)) || !hasBirthday(typed))
    return { state, refused: { id: "date_form" } };
  if (state.page === "date1") return { state: { ...state, page: "date2", date1: typed } };
  const again = { ...state, page: "date1" as const, date1: "" };
  if (typed !== state.date1) return { state: again, refused: { id: "date_differs" } };
  if (Math.abs(dayOf(typed) - dayOf(state.today)) > CLOCK_DAYS_MAX)
    // Asked again: the clock may have been set in the meantime.
    return { state: again, refused: { id: "date_clock" }, ask: { kind: "today" } };
  return {
    state: { ...state, page: "roles" },
    notes: [
      { what: "date", actor: "operator", data: { date: typed } },
      { what: "date", actor: "witness", data: { date: typed } },
      { what: "clock", actor: "machine", data: { date: state.today } },
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

function roleTyped(state: State, typed: string): Turn<State> {
  const known = state.initials ?? {};
  const next = given(
    ROLES.find(({ role }) => known[role] === undefined),
    "a role without a person",
  ).role;
  if (initials.type !== "text" || typed.length > INITIALS_MAX || !initials.pattern.test(typed))
    return { state, refused: { id: "initials_form" } };
  const taken = ROLES.find(({ role }) => known[role] === typed);
  if (taken !== undefined && !(taken.role === "leader" && next === "operator"))
    return { state, refused: { id: "role_taken" } };
  const all = { ...known, [next]: typed };
  const note: Note = { what: "role", actor: next, data: { role: next, initials: typed } };
  if (next !== "witness") return { state: { ...state, initials: all }, notes: [note] };
  return { state: { ...state, page: "config1", initials: all }, notes: [note], facts: { initials: all } };
}

function configTyped(state: State, typed: string, scene: Scene): Turn<State> {
  if (typed.toLowerCase() === "reject") return { state, refused: { id: "config_rejected" } };
  const words = pgpWords(scene.facts.configHash);
  const wanted = [words[0], words.at(-1)].join(" ").toLowerCase();
  if (typed.toLowerCase().split(/\s+/).join(" ") !== wanted) return { state, refused: { id: "config_copy" } };
  const actor = state.page === "config1" ? "officer1" : "witness";
  const notes: Note[] = [{ what: "configuration", actor, data: { configHash: scene.facts.configHash } }];
  return { state: { ...state, page: state.page === "config1" ? "config2" : "room" }, notes };
}

function room(state: State, letter: string | undefined): Turn<State> {
  if (letter === "N") return { state, refused: { id: "room_not_ready" } };
  if (letter !== "Y") return { state };
  const notes: Note[] = [
    { what: "room", actor: "witness", data: { item: given(ROOM_ITEMS[state.item], "a room item") } },
  ];
  const item = state.item + 1;
  if (item < ROOM_ITEMS.length) return { state: { ...state, item }, notes };
  return { state, notes, go: "next" };
}

function rolesLines(state: State): Line[] {
  const known = state.initials ?? {};
  const next = ROLES.find(({ role }) => known[role] === undefined);
  return [
    ...ROLES.map(({ role, name, does }) =>
      role === next?.role
        ? // The cursor takes one column of the five that initials and a space have.
          line(...field(name.padEnd(10), state.typed), `${" ".repeat(Math.max(0, 3 - state.typed.length))}   ${does}`)
        : line(`${name.padEnd(10)} `, span((known[role] ?? "").padEnd(4), "strong"), `   ${does}`),
    ),
    [],
    line("Initials are two to four letters; no names are recorded."),
    line("Leader and operator may be one person. Officers and witness are others, always."),
  ];
}

function configView(state: State, scene: Scene, keys: string): View {
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
      field("first and last word of the hash:", state.typed),
      line("Type reject if this is not the agreed configuration."),
    ],
    keys,
  };
}

function roomView(state: State): View {
  return {
    page: "room",
    part: state.item,
    lines: ROOM_ITEMS.map((item, index) =>
      line(
        index < state.item ? "  [Y] " : index === state.item ? span("  [?] ", "strong") : "  [ ] ",
        span(ROOM_TEXTS[item], index === state.item ? "strong" : "plain"),
      ),
    ),
    keys: "Y yes   N no, the ceremony ends   Ctrl-E exception note   Ctrl-C end it",
  };
}
