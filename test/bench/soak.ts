import type { LspContender } from "./lspfield.ts";

/** One burst of load; between two of them memory is read. */
const BURST_MS = 5_000;
const IN_FLIGHT = 64;
const MIB = 1_048_576;

/**
 * Steady load on the LSP for so many seconds: its resident memory at the start (after a first burst), in the middle and at
 * the end, and the rate of each third.
 */
export async function soak(contenders: readonly LspContender[], seconds: number): Promise<string> {
  const lsp = contenders.find(({ name }) => name === "lsp-postgres");
  if (lsp === undefined || !(seconds >= 15)) throw new RangeError("--soak is a number of seconds from 15");
  await lsp.run(IN_FLIGHT, BURST_MS);
  const memory = [lsp.residentBytes()];
  const lines: string[] = [];
  let answers = 0;
  for (const [third, name] of ["first", "second", "last"].entries()) {
    const bursts = Math.max(1, Math.round((seconds * 1_000) / 3 / BURST_MS));
    let rate = 0;
    for (let burst = 0; burst < bursts; burst += 1) {
      const hit = await lsp.run(IN_FLIGHT, BURST_MS);
      rate += hit.perSecond / bursts;
      answers += hit.answers;
      if (third === 1 && burst === bursts >> 1) memory.push(lsp.residentBytes());
    }
    lines.push(`${name} third: ${rate.toFixed(0)} a second`);
  }
  memory.push(lsp.residentBytes());
  const [start = 0, middle = 0, end = 0] = memory.map((bytes) => Math.round(bytes / MIB));
  return `${answers} answers in ${seconds} s\n${lines.join("\n")}\nRSS ${start} MiB at the start, ${middle} in the middle, ${end} at the end\n`;
}
