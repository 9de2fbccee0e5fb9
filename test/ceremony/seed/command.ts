import { type InspectIo, runInspect } from "../../../ceremony/inspect/command.ts";
import { fail } from "../../../core/result.ts";

/** What `ceremony inspect --network regtest` says of `WORDS` without a passphrase. */
export const REPORT = {
  version: 0,
  internalVersion: 1,
  birthdayDays: 6023,
  birthdayDate: "2025-07-01",
  birthdayUnix: 1_751_393_705,
  masterFingerprint: "dcd74308",
  network: "regtest",
  nodeId: "03c0da201eedf786d432b6b93fc054355478aee2a97448971cdfcfa8f13953c58c",
};

/** Runs the command on `input`; every byte that it prints is kept. */
export async function runInspectWith(args: readonly string[], input: string, io: Partial<InspectIo> = {}) {
  let out = "";
  let err = "";
  const buffer = Buffer.from(input);
  const code = await runInspect(args, {
    stdin: () => buffer,
    stdinIsTerminal: false,
    stdout: (shown) => {
      out += shown;
    },
    stderr: (shown) => {
      err += shown;
    },
    writeFile: () => fail({ code: "file_not_written" }),
    ...io,
  });
  return { code, out, err, buffer };
}
