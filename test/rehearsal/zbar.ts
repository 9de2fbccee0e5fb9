import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** zbarimg(1): no symbol found. */
const NOTHING_FOUND = 4;

/**
 * The texts of all QR codes in a PNG, found by zbarimg, which shares nothing with our encoder. Needs the tool: a test
 * says `needs("zbarimg")`. Throws if zbarimg fails for another reason than finding nothing.
 */
export function decodeQr(png: Buffer): string[] {
  const folder = mkdtempSync(join(tmpdir(), "qr-"));
  try {
    const path = join(folder, "screen.png");
    writeFileSync(path, png);
    const run = spawnSync("zbarimg", ["--quiet", "--raw", "--nodbus", "-Sdisable", "-Sqrcode.enable", path], {
      encoding: "utf8",
    });
    if (run.error) throw run.error;
    if (run.status === NOTHING_FOUND) return [];
    if (run.status !== 0) throw new Error(`zbarimg ended with ${run.status ?? run.signal}: ${run.stderr}`);
    return run.stdout.split("\n").filter((line) => line !== "");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
