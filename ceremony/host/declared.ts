import { readFileSync } from "node:fs";
import type { Expected } from "../check/view.ts";

/** Where an image made for ceremonies says what it looks like when it was started as it was built. */
const DECLARATION = "/etc/ceremony/machine.json";

/** No kernel was ever started with this: a declaration that cannot be understood fails the check of the command line. */
const BROKEN: Expected = { commandLine: "a declaration that cannot be read" };

/**
 * What the image declares; nothing on any other machine. It is part of the image and guards against mistakes, such as
 * a word typed at the boot menu: who can change the file could have changed this program too.
 */
export function declared(path: string = DECLARATION): Expected {
  try {
    const { commandLine, outputMount, noWiredCard, ...others } = JSON.parse(readFileSync(path, "utf8"));
    const isWhole =
      typeof commandLine === "string" &&
      (outputMount === undefined || typeof outputMount === "string") &&
      (noWiredCard === undefined || typeof noWiredCard === "boolean");
    if (!isWhole || Object.keys(others).length > 0) return BROKEN;
    return {
      commandLine,
      ...(outputMount === undefined ? {} : { outputMount }),
      ...(noWiredCard === undefined ? {} : { noWiredCard }),
    };
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT" ? {} : BROKEN;
  }
}
