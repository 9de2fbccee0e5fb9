import { endsOf, type Machine, type Move, moversOf } from "./machine.ts";

type Arrow = readonly [from: string, to: string, move: Move];

/** A machine as Mermaid draws it, with who makes each move. */
function diagram(machine: Machine): string {
  return [
    "stateDiagram-v2",
    ...arrowsOf(machine).map(([from, to, move]) => `    ${from} --> ${to}: ${moversOf(move).join(", ")}`),
    ...endsOf(machine).map((state) => `    ${state} --> [*]`),
  ].join("\n");
}

/** Its states, its picture, and each move with what must hold: a part of docs/swap.md, which a test compares with this. */
export function chapter(machine: Machine): string {
  return [
    "| state | |",
    "|---|---|",
    ...Object.entries(machine.states).map(([state, says]) => `| \`${state}\` | ${says} |`),
    "",
    "```mermaid",
    diagram(machine),
    "```",
    "",
    "| from | to | by | when |",
    "|---|---|---|---|",
    ...arrowsOf(machine).map(
      ([from, to, move]) =>
        `| ${from === "[*]" ? "new" : `\`${from}\``} | \`${to}\` | ${moversOf(move).join(", ")} | ${move.when} |`,
    ),
  ].join("\n");
}

function arrowsOf({ begins, moves }: Machine): readonly Arrow[] {
  const of = (from: string, to: Partial<Readonly<Record<string, Move>>>): Arrow[] =>
    Object.entries(to).flatMap(([state, move]) => (move === undefined ? [] : [[from, state, move] as const]));
  return [...of("[*]", begins), ...Object.entries(moves).flatMap(([from, to]) => of(from, to))];
}
