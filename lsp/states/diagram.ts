import { endsOf, type Machine } from "./machine.ts";

/** A machine as Mermaid draws it, with the mover of each move. docs/swap.md has these, and a test compares. */
export function diagram<State extends string>(machine: Machine<State>): string {
  const move = (from: string, to: string, by: string): string => `    ${from} --> ${to}: ${by}`;
  const entries = <V>(record: Partial<Readonly<Record<State, V>>>): [State, V][] =>
    Object.entries(record) as [State, V][];
  return [
    "stateDiagram-v2",
    ...entries(machine.begins).map(([to, { by }]) => move("[*]", to, by)),
    ...entries(machine.moves).flatMap(([from, moves]) => entries(moves).map(([to, { by }]) => move(from, to, by))),
    ...endsOf(machine).map((state) => `    ${state} --> [*]`),
  ].join("\n");
}
