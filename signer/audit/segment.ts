/** Names of the log's files. */
const NAME = /^(\d{8})\.jsonl$/;

export function segmentName(number: number): string {
  return `${String(number).padStart(8, "0")}.jsonl`;
}

/** Number of the segment that a file is; undefined if it is none. */
function segmentNumber(name: string): number | undefined {
  const number = Number(NAME.exec(name)?.[1]);
  return number >= 1 ? number : undefined;
}

/** The segments among a folder's files, in order. */
export function segmentNumbers(names: readonly string[]): number[] {
  return names.flatMap((name) => segmentNumber(name) ?? []).sort((a, b) => a - b);
}
