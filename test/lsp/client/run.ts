import { execFile } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../../tools/sources.ts";

/** `lsp client …` in a process of its own, while this one serves. */
export function client(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, "lsp", "main.ts"), "client", ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
