import { type Line, line, span } from "../screen/span.ts";

/** Enough of a node id to be sure of it, few enough digits to be written down and typed. */
const DIGITS = 8;

const first = (nodeId: string): string => nodeId.slice(0, DIGITS);
const last = (nodeId: string): string => nodeId.slice(-DIGITS);

/** What the witness writes down, as it is written down: nobody counts eight digits in groups of four. */
export function nodeDigits(nodeId: string): Line {
  return line(
    "first eight  ",
    span(first(nodeId), "strong", "node-id"),
    "   last eight  ",
    span(last(nodeId), "strong", "node-id"),
  );
}

/** The rest of a node id: what stands on the witness's paper is covered, so that it is typed from there and not from here. */
export function coveredId(nodeId: string): Line {
  const dots = ".".repeat(DIGITS);
  return line("  ", span(`${dots}${nodeId.slice(DIGITS, -DIGITS)}${dots}`, "strong", "node-id"));
}

/** The first and last eight digits, in either case and with anything between them that is no letter and no digit. */
export function isNodeDigits(typed: string, nodeId: string): boolean {
  return typed.toLowerCase().replaceAll(/[\s.,;:/-]/g, "") === first(nodeId) + last(nodeId);
}
