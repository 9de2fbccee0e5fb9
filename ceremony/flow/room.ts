import { line, span } from "../screen/span.ts";
import { ROOM_ITEMS, ROOM_TEXTS } from "../table/lists.ts";
import { given, type Note, type StepTurn, type View } from "./turn.ts";

/** How far the list of the room is gone through. */
export interface RoomCheck {
  readonly item: number;
  /** The witness said no to the present item. */
  readonly denied: boolean;
}

export const FIRST_ITEM: RoomCheck = { item: 0, denied: false };

/** One key of the witness: only E, after a no, ends the ceremony. */
export function roomKey(state: RoomCheck, letter: string | undefined): StepTurn<RoomCheck> {
  if (state.denied) {
    if (letter === "E") return { state, refused: { id: "room_not_ready" } };
    return { state: { ...state, denied: false } };
  }
  if (letter === "N") return { state: { ...state, denied: true } };
  if (letter !== "Y") return { state };
  const notes: Note[] = [
    { what: "room", actor: "witness", data: { item: given(ROOM_ITEMS[state.item], "a room item") } },
  ];
  const item = state.item + 1;
  if (item < ROOM_ITEMS.length) return { state: { ...state, item }, notes };
  return { state, notes, go: "next" };
}

export function roomView(state: RoomCheck): View {
  const present = ROOM_ITEMS[state.item];
  if (state.denied && present !== undefined)
    return {
      page: "room",
      part: "no",
      lines: [
        line(span("The witness says that this is not so:", "strong")),
        [],
        line(`  ${ROOM_TEXTS[present]}`),
        [],
        line("Make it so and go back to the list, or end the ceremony."),
      ],
      keys: "E end the ceremony   any other key: back to the list   Ctrl-E exception note",
    };
  return {
    page: "room",
    part: state.item,
    lines: ROOM_ITEMS.map((item, index) =>
      line(
        index < state.item ? "  [Y] " : index === state.item ? span("  [?] ", "strong") : "  [ ] ",
        span(ROOM_TEXTS[item], index === state.item ? "strong" : "plain"),
      ),
    ),
    keys: "Y yes   N no   Ctrl-E exception note   Ctrl-C end the ceremony",
  };
}
