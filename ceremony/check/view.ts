import type { Result } from "../../core/result.ts";
import type { Finding } from "./result.ts";

/**
 * Why a source gave nothing. The difference decides: a file that does not exist can be the very proof (no `/sys/class/nfc`,
 * no NFC), a file that cannot be read never is.
 */
export type Gap = "absent" | "unreadable";

/** What this process was started with, and where. */
export interface ProcessFacts {
  /** Names of the environment variables. Never their values: one of them could be a secret. */
  readonly environment: readonly string[];
  /** `process.execArgv`: options to Node itself. */
  readonly execArgv: readonly string[];
  /** Unix seconds. */
  readonly now: number;
  /** Of the file that `/proc/self/exe` names, which is the dynamic loader if that was used to start the program. */
  readonly executable: { readonly mode: number; readonly uid: number } | undefined;
}

/** What a machine made for ceremonies must look like, known when its image was built. Empty on any other machine. */
export interface Expected {
  /** The kernel command line, whole. */
  readonly commandLine?: string;
  /** Mount point of the one writable medium, if results go to a stick that is mounted before the self-test. */
  readonly outputMount?: string;
  /** No wired network card, not even one that no driver serves: for machines that have none, or had theirs taken out. */
  readonly noWiredCard?: boolean;
}

/**
 * All that the checks may know of the machine. The real one is `ceremony/host/machine.ts`; a test fakes it with a tree.
 * Paths are absolute, as on the real machine.
 */
export interface MachineView {
  /** The text of a file, one character a byte (latin-1): kernel files are ASCII, and EFI variables are binary. */
  read(path: string): Result<string, Gap>;
  /** Names in a folder, sorted. */
  list(path: string): Result<readonly string[], Gap>;
  /** Device numbers of a character device; `unreadable` if the path is anything else. */
  device(path: string): Result<{ readonly major: number; readonly minor: number }, Gap>;
  /** `length` bytes of the kernel's generator, opened with O_NONBLOCK: it answers `would_block` until it is seeded. */
  draw(length: number): Result<Uint8Array, Gap | "would_block">;
  readonly process: ProcessFacts;
  readonly expected: Expected;
}

/** One row of the table of machine checks. */
export interface MachineCheck {
  /** Lower-case with underscores. It stands in the transcript, in `docs/checks.md` and in a test that turns it red. */
  readonly id: string;
  /** At most 44 characters: one line of the screen, with the value beside it. */
  readonly title: string;
  /** A `required` check that fails ends a production ceremony; an `info` one never fails. */
  readonly severity: "required" | "info";
  /** What is read, as `docs/checks.md` says it. */
  readonly source: string;
  evaluate(view: MachineView): Finding;
}
