/**
 * A state machine as data. One table of it gives the union type of its states, the database's constraints (`sql.ts`) and
 * the diagram (`diagram.ts`), so that none of the three can say something else than the others.
 */
export interface Machine<State extends string = string> {
  /** The table of the database whose rows go through these states, in its column `status`. */
  readonly table: string;
  /** Every state, in the order of a row's life, with what it says of a row. */
  readonly states: Readonly<Record<State, string>>;
  /** The states that a new row may have, each with its condition. */
  readonly begins: Partial<Readonly<Record<State, Move>>>;
  /** From each state the states that may follow it. A state without moves is an end. */
  readonly moves: { readonly [From in State]: Partial<Readonly<Record<State, Move>>> };
}

export interface Move {
  /** The part of the LSP that makes the move, or the operator. */
  readonly by: Mover;
  /** What must hold when the move is made. */
  readonly when: string;
}

export const MOVERS = ["create", "deposit", "open", "refund", "repair", "expire", "operator"] as const;
export type Mover = (typeof MOVERS)[number];

/** The states of a machine. */
export type StateOf<M extends Machine> = keyof M["states"] & string;

/** The states that may follow one: an illegal move does not compile. */
export type After<M extends Machine, From extends StateOf<M>> = keyof M["moves"][From] & string;

/** States that end a row's life: no move leads out of them. */
export function endsOf<State extends string>({ states, moves }: Machine<State>): State[] {
  return (Object.keys(states) as State[]).filter((state) => Object.keys(moves[state]).length === 0);
}

/** Whether the table allows a move that is known at run time only. Staying in a state is no move. */
export function allows<M extends Machine>({ moves }: M, from: StateOf<M>, to: StateOf<M>): boolean {
  return moves[from]?.[to] !== undefined;
}
