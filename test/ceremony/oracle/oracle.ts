import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../../tools/sources.ts";

const SOURCE = import.meta.dirname;
const CACHE = join(ROOT, ".cache", "oracle");

/** Answers for 300 wallets of 259 accounts are 12 MB. */
const ANSWERS_MAX = 64 << 20;

export interface EncipherQuestion {
  readonly entropy: string;
  readonly salt: string;
  readonly birthdayUnix: number;
  /** Hex, as every other field of bytes. */
  readonly passphrase: string;
}

interface DecipherQuestion {
  readonly words: string;
  readonly passphrase: string;
}

export interface DecipherAnswer {
  readonly internalVersion: number;
  readonly birthdayDays: number;
  readonly birthdayUnix: number;
  readonly entropy?: string;
  readonly salt?: string;
  readonly error?: string;
  readonly position?: number;
}

interface DeriveQuestion {
  readonly entropy: string;
  readonly network: string;
  readonly lastAccount: number;
}

export interface DeriveAnswer {
  readonly masterFingerprint: string;
  readonly nodeId: string;
  readonly families: readonly string[];
  readonly accounts: readonly OracleAccount[];
}

interface OracleAccount {
  readonly name: string;
  readonly extended_public_key: string;
  readonly derivation_path: string;
}

/** lnd's own Go packages, as a program that answers. */
export interface Oracle {
  /** The built program: `oracle bench N` prints `{"decipherNs": …}`. */
  readonly program: string;
  encipher(questions: readonly EncipherQuestion[]): Promise<{ words: string }[]>;
  decipher(questions: readonly DecipherQuestion[]): Promise<DecipherAnswer[]>;
  derive(questions: readonly DeriveQuestion[]): Promise<DeriveAnswer[]>;
}

/**
 * Builds the oracle, or finds it built from the same sources, module sums and Go. Needs `go` on the path, and the Go
 * module proxy for the first build.
 */
export function openOracle(): Oracle {
  const program = build();
  return {
    program,
    encipher: (questions) => ask(program, "encipher", questions),
    decipher: (questions) => ask(program, "decipher", questions),
    derive: (questions) => ask(program, "derive", questions),
  };
}

function build(): string {
  const key = createHash("sha256").update(go("version"));
  for (const file of globSync("{go.mod,go.sum,*.go}", { cwd: SOURCE }).sort()) {
    key.update(`${file}\n`).update(readFileSync(join(SOURCE, file)));
  }
  const program = join(CACHE, key.digest("hex").slice(0, 16));
  if (!existsSync(program)) {
    mkdirSync(CACHE, { recursive: true });
    // Another run may build at the same moment: only a whole program ever has the name.
    const unfinished = `${program}.${process.pid}`;
    go("build", "-trimpath", "-buildvcs=false", "-o", unfinished, ".");
    renameSync(unfinished, program);
  }
  return program;
}

function go(...args: string[]): string {
  const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" };
  const ended = spawnSync("go", args, { cwd: SOURCE, env, encoding: "utf8" });
  if (ended.status !== 0) {
    throw new Error(`go ${args.join(" ")} failed:\n${ended.error?.message ?? ended.stderr}`);
  }
  return ended.stdout;
}

async function ask<Q, A>(program: string, command: string, questions: readonly Q[]): Promise<A[]> {
  const running = promisify(execFile)(program, [command], { maxBuffer: ANSWERS_MAX });
  running.child.stdin?.end(JSON.stringify(questions));
  return JSON.parse((await running).stdout) as A[];
}
