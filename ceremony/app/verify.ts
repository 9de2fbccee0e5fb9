import { asksHelp, separateValues } from "../../core/options.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import { CEREMONY_EXIT } from "../host/usage.ts";
import { annotatedScript } from "../transcript/annotate.ts";
import { TRANSCRIPT_FAULTS } from "../transcript/faults.ts";
import { headDifference, isWholeHead, parseHead } from "../transcript/head.ts";
import { type TranscriptVerdict, type VerdictKind, verifyTranscript } from "../transcript/verify.ts";

export interface VerifyIo {
  /** The whole file. @throws what the file system throws */
  readonly readFile: (path: string) => Uint8Array;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

interface VerifyOptions {
  readonly file: string;
  readonly headHex?: string;
  readonly json: boolean;
}

const VERIFY_USAGE = `usage: ceremony verify FILE [--head WORDS] [--json]

Checks a transcript, and prints it as a script with what was recorded.

  --head WORDS   the 32 words that the witness wrote down, or 64 hex digits; in one
                 argument or in many, with the numbers of the rows or without
  --json         one line of JSON
`;

const EXITS: Readonly<Record<VerdictKind, number>> = {
  whole: CEREMONY_EXIT.done,
  consistent: CEREMONY_EXIT.done,
  stopped: CEREMONY_EXIT.early,
  broken: CEREMONY_EXIT.refused,
};

/**
 * `ceremony verify FILE [--head WORDS|HEX] [--json]`: the verdict on its first line, what it rests on, and the annotated
 * script as Markdown. Resolves to the exit code: 0 whole or consistent, 1 broken or another head, 2 usage, 3 incomplete.
 */
export async function runVerify(args: readonly string[], io: VerifyIo): Promise<number> {
  if (asksHelp(args)) {
    io.stdout(VERIFY_USAGE);
    return CEREMONY_EXIT.done;
  }
  const options = parseArguments(args);
  if (!options.ok) return refuse(io, options.error);
  const { file, headHex, json } = options.value;
  let bytes: Uint8Array;
  try {
    bytes = io.readFile(file);
  } catch (error) {
    return refuse(io, unreadable(error));
  }
  const verdict = verifyTranscript(bytes, headHex);
  io.stdout(json ? jsonLine(verdict) : report(verdict, headHex));
  return EXITS[verdict.kind];
}

function refuse(io: VerifyIo, text: string): number {
  io.stderr(`ceremony verify: ${text}\n\n${VERIFY_USAGE}`);
  return CEREMONY_EXIT.usage;
}

/** Why a file cannot be read, as a sentence and with the code of the system. */
function unreadable(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const sentence = UNREADABLE[code] ?? "the file cannot be read";
  return `${sentence} (${code === "" ? String(error) : code})`;
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file. The transcript is transcript.jsonl on the stick",
  EISDIR: "that is a folder: give the file transcript.jsonl in it",
  ENOTDIR: "a part of the path is a file, not a folder",
  EACCES: "this user may not read the file",
};

/** Options in any order. The head is 32 words or 64 hex digits, in one argument or in many, copied as people copy. */
function parseArguments(args: readonly string[]): Result<VerifyOptions, string> {
  const files: string[] = [];
  let head: string | undefined;
  let json = false;
  let open = false;
  for (const arg of separateValues(args)) {
    if (arg === "--json") json = true;
    else if (arg === "--head" && head === undefined) head = "";
    else if (arg.startsWith("--")) return fail(`unknown argument, or one given twice: ${printable(arg)}`);
    else if (open && !IS_FILE.test(arg)) head = `${head} ${arg}`;
    else files.push(arg);
    open = head !== undefined && arg !== "--json" && !isWholeHead(head);
  }
  const [file] = files;
  if (file === undefined) return fail("no file is given");
  if (files.length > 1) return fail("one file at a time");
  if (head === undefined) return ok({ file, json });
  const headHex = parseHead(head);
  return headHex.ok ? ok({ file, json, headHex: headHex.value }) : headHex;
}

/** A file that comes after a head with a word too few. */
const IS_FILE = /\.jsonl$|^[./].*[/]/;

function printable(text: string): string {
  return text.replaceAll(/[^ -~]/g, "?").slice(0, 40);
}

function jsonLine(verdict: TranscriptVerdict): string {
  const { kind, fault, events, head, step, ended, config } = verdict;
  const value = {
    verdict: kind,
    exit: EXITS[kind],
    events: events.length,
    head,
    ...(config === undefined ? {} : { mode: config.mode, network: config.network }),
    ...(step === undefined ? {} : { step: step.number }),
    ...(ended === undefined ? {} : { ended }),
    ...(fault === undefined ? {} : { line: fault.line, code: fault.code, detail: fault.detail }),
  };
  return `${JSON.stringify(value)}\n`;
}

function report(verdict: TranscriptVerdict, headHex: string | undefined): string {
  const checks = checkLines(verdict, headHex).map((text) => `- ${text}`);
  return [headline(verdict), "", ...checks, "", annotatedScript(verdict)].join("\n");
}

/** Faults of a file whose lines are all sound. */
const SOUND = ["head_differs", "saved_wide", "saved_mark", "saved_crlf", "line_end_lost"];

/** The verdict in one line. */
function headline(verdict: TranscriptVerdict): string {
  const { kind, config, fault, step } = verdict;
  const tag = config?.mode === "rehearsal" ? " (REHEARSAL)" : "";
  if (kind === "whole") return `whole${tag}: all of this ceremony, as its witness wrote down`;
  if (kind === "consistent") return `consistent, origin not proven${tag}: give the head from the paper with --head`;
  if (fault !== undefined)
    return `broken at line ${fault.line}${tag}: ${TRANSCRIPT_FAULTS[fault.code]} (${fault.code}, ${fault.detail})`;
  if (step === undefined) return "stopped before step 1: nothing was recorded";
  return `stopped at step ${step.number}${tag}: ${step.title}${verdict.ended === undefined ? "" : `, ended: ${verdict.ended}`}`;
}

function checkLines(verdict: TranscriptVerdict, headHex: string | undefined): readonly string[] {
  const { kind, events, head, headMatches, torn, fault } = verdict;
  const lines = events.length === 1 ? "1 line is" : `${events.length} lines are`;
  const sound = fault === undefined || SOUND.some((code) => code === fault.code);
  const slips = headHex === undefined || headMatches !== false ? undefined : headDifference(headHex, head);
  const until = sound ? "" : " before the first that is not";
  return [
    `${lines} sound${until}: form, chain, allow-list, roles, steps in order`,
    ...(torn ? ["the last line was cut short and is ignored"] : []),
    ...(kind === "stopped" ? ["the ceremony is not complete: nothing that it made may be used"] : []),
    ...(slips === undefined ? [] : [slips]),
    headMatches === undefined ? "no head compared" : `the head is ${headMatches ? "" : "NOT "}the one that was given`,
    `head of the sound lines: ${head}`,
  ];
}
