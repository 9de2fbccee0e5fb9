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
  /** The parts of the LSP that make the move. */
  readonly by: Mover | readonly Mover[];
  /** What must hold when the move is made. */
  readonly when: string;
}

/**
 * Parts of the LSP. The operator is none of them: a command writes what is wanted (a swap's time is over, it is held, its
 * amount is approved), and the part whose move it is makes it under the same condition as always.
 */
export const MOVERS = {
  create: "takes a request, or a receipt that the operator imports",
  deposit: "follows the chain and what pays the LSP's addresses",
  open: "opens channels",
  refund: "gives coins back",
  expire: "ends a swap whose time is over",
} as const;
export type Mover = keyof typeof MOVERS;

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

/** Who makes a move, one or several. */
export function moversOf({ by }: Move): readonly Mover[] {
  return typeof by === "string" ? [by] : by;
}
