import { accessSync, constants, readFileSync, writeFileSync } from "node:fs";
import { fail, ok, type Result } from "../../core/result.ts";

const FILTER = "/proc/self/coredump_filter";

/**
 * Takes all memory out of core dumps of this process, and reads back that it is so. The unit has done it before
 * (`CoredumpFilter=`): a program that its user may not read may not write this file either. The ceremony's own copy of
 * this is part of its host folder, which no other program may load.
 */
export function turnOffSignerDumps(): Result<undefined, { readonly code: "dumps_on" }> {
  try {
    if (!isOff()) writeFileSync(FILTER, "0");
    if (isOff()) return ok(undefined);
  } catch {
    // Reported like a write that had no effect: both leave dumps on.
  }
  return fail({ code: "dumps_on" });
}

const isOff = (): boolean => /^0+\s*$/.test(readFileSync(FILTER, "latin1"));

/** An executable of mode 0711 makes its process undumpable and untraceable for its own user (`fs/exec.c` would_dump). */
export function isReadableExecutable(): boolean {
  try {
    accessSync(process.execPath, constants.R_OK);
    return true;
  } catch {
    // Not readable is what is hoped for.
    return false;
  }
}
