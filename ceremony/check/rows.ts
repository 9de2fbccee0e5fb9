import { type Finding, info, pass, red } from "./result.ts";
import type { Gap, MachineView } from "./view.ts";

// Shapes that several rows of the table share. Fail closed is written once, here.

/** What a required check says when its source gives nothing. */
export const missing = (gap: Gap): Finding => red(gap === "absent" ? "source is missing" : "source cannot be read");

/**
 * "There is no such file" proves something only where the file would be if the thing existed: an unmounted `/sys` has no
 * camera either. So absence counts only beside a file system that is seen to be there.
 */
function mounted(view: MachineView, root: "/proc" | "/sys"): boolean {
  const proof = view.list(root === "/proc" ? "/proc/sys/kernel" : "/sys/class");
  return proof.ok && proof.value.length > 0;
}

const rootOf = (path: string): "/proc" | "/sys" => (path.startsWith("/proc/") ? "/proc" : "/sys");

/**
 * For sources whose absence is the pass.
 *
 * @returns `undefined` if the absence is proven, else the failure to report
 */
export function notProvenAbsent(view: MachineView, path: string, gap: Gap): Finding | undefined {
  if (gap === "unreadable") return missing(gap);
  return mounted(view, rootOf(path)) ? undefined : red(`${rootOf(path)} is not mounted`);
}

/**
 * One kernel file with one value.
 *
 * @param accept whether the trimmed text is good
 * @param absent what a pass says where the file's absence is good; without it absence fails
 */
export function setting(view: MachineView, path: string, accept: (text: string) => boolean, absent?: string): Finding {
  const file = view.read(path);
  if (!file.ok)
    return absent === undefined ? missing(file.error) : (notProvenAbsent(view, path, file.error) ?? pass(absent));
  const text = file.value.trim();
  const shown = text === "" ? "empty" : text;
  return accept(text) ? pass(shown) : red(shown);
}

/** The same for what is only shown. */
export function shown(view: MachineView, path: string, absent: string): Finding {
  const file = view.read(path);
  if (!file.ok) return info(file.error === "absent" ? absent : "cannot be read");
  const text = file.value.trim();
  return info(text === "" ? "empty" : text);
}

/** Passes if every folder is absent or empty; else names what is in it. */
export function emptyFolders(view: MachineView, paths: readonly string[]): Finding {
  for (const path of paths) {
    const folder = view.list(path);
    if (!folder.ok) {
      const failure = notProvenAbsent(view, path, folder.error);
      if (failure !== undefined) return failure;
    } else if (folder.value.length > 0) return red(names(folder.value));
  }
  return pass("none");
}

/** Lines of a kernel table without its header and without empty ones. */
export const tableLines = (text: string, header: number): string[] =>
  text
    .split("\n")
    .slice(header)
    .filter((line) => line.trim() !== "");

/** Field `index` of a line of columns; "" if it has fewer, which no rule accepts. */
export const column = (line: string, index: number): string => line.trim().split(/\s+/)[index] ?? "";

/** `Name: value` lines, such as `/proc/self/status` has. */
export function fieldAt(text: string, name: string): string | undefined {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

/** "3: eth0 wlan0 wwan0": the count first, because the names may be cut. */
export const names = (found: readonly string[]): string =>
  found.length === 0 ? "none" : `${found.length}: ${found.join(" ")}`;
