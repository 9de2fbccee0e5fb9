import { type InspectIo, runInspect } from "../../../ceremony/inspect/command.ts";
import { fail } from "../../../core/result.ts";

/** A published seed (chantools), its passphrase, and its node id on mainnet. */
export const INSPECT_WORDS =
  "abstract noble exhaust silk pill game train lab lawsuit tunnel adult spin " +
  "goddess elegant island ridge kidney sunset door train method install misery oyster";
export const INSPECT_PASSPHRASE = "El Psy Kongroo";
export const INSPECT_NODE_ID = "03d379c1ebb38e6e81b8b4fe1dc2d9297cfd720bd23c5a3b0cbb94cab3d1beef39";
export const LIST: readonly string[] = INSPECT_WORDS.split(" ");

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command on a text or on bytes. */
export async function askInspect(
  input: string | Buffer,
  args: readonly string[] = [],
  io: Partial<InspectIo> = {},
): Promise<Ended> {
  const shown = { out: "", err: "" };
  const code = await runInspect(args, {
    stdin: () => Buffer.from(input),
    stdinIsTerminal: false,
    stdout: (text) => {
      shown.out += text;
    },
    stderr: (text) => {
      shown.err += text;
    },
    writeFile: () => fail({ code: "file_not_written" }),
    ...io,
  });
  return { code, ...shown };
}

/** lncli's block: six lines of four numbered words. */
export function block(words: readonly string[] = LIST): string {
  const cells = words.map((word, at) => `${String(at + 1).padStart(2)}. ${word.padEnd(11)}`);
  return [0, 4, 8, 12, 16, 20]
    .map((from) =>
      cells
        .slice(from, from + 4)
        .join(" ")
        .trimEnd(),
    )
    .join("\n");
}
