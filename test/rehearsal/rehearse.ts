import { randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { checkDice, checkPassphraseDice } from "../../ceremony/mix/dice.ts";
import { Secret } from "../../core/secret.ts";
import { screenPng } from "./picture.ts";
import { type Notes, playRehearsal, type Table, type Watcher } from "./player.ts";
import { EmulatedTerminal } from "./terminal.ts";

const ROOT = resolve(import.meta.dirname, "../..");

export interface RehearseOptions {
  readonly out: string;
  readonly columns?: number;
  readonly rows?: number;
  readonly policy?: Table["policy"];
  readonly plates?: number;
  readonly dice?: string;
  readonly passphrase?: string;
  readonly ceremonyId?: string;
  readonly initials?: readonly string[];
  readonly noBlocks?: boolean;
  /** The signer's age recipient, or `none`; left out, one is made and its identity left in `out`. */
  readonly recipient?: string;
  /** File and arguments that start the ceremony; the checkout's by default. */
  readonly program?: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** Leaves the screens out: tests that play many rehearsals look at other things. */
  readonly noScreens?: boolean;
  /** Sees every scene, and `end`, when the program has gone. */
  readonly watch?: (scene: string, screen: readonly string[], terminal: EmulatedTerminal) => Promise<void> | void;
}

export const REHEARSED_CHECKOUT: readonly [string, ...string[]] = [
  process.execPath,
  "--disable-sigusr1",
  join(ROOT, "ceremony/main.ts"),
];

/** Faces that fair dice gave: drawn by the system, as the people of a rehearsal without dice would. */
export function throwDice(count: number, check: (throws: Secret) => string | undefined = checkDice): string {
  for (;;) {
    const faces = Array.from({ length: count }, () => randomInt(1, 7)).join("");
    // What the ceremony refuses is thrown again by people too.
    if (check(Secret.copyOf(Buffer.from(faces))) === undefined) return faces;
  }
}

/** Plays a whole rehearsal through a pseudo-terminal and leaves in `out` what a ceremony leaves, and the notes. */
export async function rehearse(options: RehearseOptions): Promise<Notes> {
  const policy = options.policy ?? "typed";
  const plates = options.plates ?? 1;
  const identity = options.recipient === undefined ? await generateX25519Identity() : undefined;
  const recipient = identity === undefined ? (options.recipient ?? "none") : await identityToRecipient(identity);
  const table: Table = {
    ceremonyId: options.ceremonyId ?? "rehearsal-1",
    date: new Date().toISOString().slice(0, 10),
    dice: options.dice ?? throwDice(64),
    passphrase: options.passphrase ?? "Only for 1 rehearsal!",
    passphraseDice: throwDice(40, checkPassphraseDice),
    policy,
    plates,
    ...(recipient === "none" ? {} : { recipient }),
    ...(options.initials === undefined ? {} : { initials: options.initials }),
    ...(options.noBlocks === undefined ? {} : { noBlocks: options.noBlocks }),
  };
  const [file, ...args] = options.program ?? REHEARSED_CHECKOUT;
  const size = { columns: options.columns ?? 80, rows: options.rows ?? 24 };
  const own = [
    "--out",
    options.out,
    "--passphrase",
    policy,
    "--plates",
    String(plates),
    "--rolls",
    String(table.dice.length),
    "--recipient",
    recipient,
  ];
  const terminal = new EmulatedTerminal(file, [...args, ...own], {
    ...size,
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  const screens: { readonly name: string; readonly text: string; readonly png: Buffer }[] = [];
  const watch: Watcher = async (scene, screen) => {
    if (options.noScreens !== true)
      screens.push({ name: scene, text: `${screen.join("\n")}\n`, png: screenPng(terminal.cells()) });
    await options.watch?.(scene, screen, terminal);
  };
  try {
    const notes = await playRehearsal(terminal, table, watch);
    const { exitCode } = await terminal.exit;
    if (exitCode !== 0)
      throw new Error(`the ceremony ended with exit code ${exitCode}\n${terminal.screen().join("\n")}`);
    await options.watch?.("end", terminal.screen(), terminal);
    leave(options.out, notes, screens);
    if (identity !== undefined) leaveIdentity(options.out, identity, recipient);
    return notes;
  } finally {
    await terminal.close();
  }
}

/** Only a rehearsal's secrets may ever be in files: they are for recomputing it. */
function leave(
  out: string,
  notes: Notes,
  screens: readonly { readonly name: string; readonly text: string; readonly png: Buffer }[],
): void {
  const secret = { mode: 0o600 };
  writeFileSync(join(out, "words.txt"), `${notes.words.join(" ")}\n${notes.passphrase}\n`, secret);
  writeFileSync(join(out, "opened.json"), `${JSON.stringify(notes.opened, undefined, 2)}\n`, secret);
  writeFileSync(join(out, "head.txt"), `${notes.head.join(" ")}\n`, secret);
  if (screens.length === 0) return;
  mkdirSync(join(out, "screens"), { mode: 0o700 });
  screens.forEach(({ name, text, png }, index) => {
    const file = join(out, "screens", `${String(index + 1).padStart(2, "0")}-${name}`);
    writeFileSync(`${file}.txt`, text, secret);
    writeFileSync(`${file}.png`, png, secret);
  });
}

/** In the form of age-keygen, as `signer recipient` writes it: this rehearsal's signer opens its bundle with it. */
function leaveIdentity(out: string, identity: string, recipient: string): void {
  writeFileSync(join(out, "signer-identity.txt"), `# public key: ${recipient}\n${identity}\n`, { mode: 0o600 });
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      out: { type: "string" },
      columns: { type: "string" },
      rows: { type: "string" },
      passphrase: { type: "string" },
      plates: { type: "string" },
      program: { type: "string" },
      recipient: { type: "string" },
    },
  });
  const policy = values.passphrase ?? "typed";
  if (values.out === undefined || (policy !== "typed" && policy !== "dice" && policy !== "none")) {
    console.error(
      "usage: npm run -s rehearse -- --out DIR [--columns N] [--rows N] [--passphrase typed|dice|none] [--plates 1|2] [--recipient AGE1...|none] [--program FILE]",
    );
    process.exit(2);
  }
  const caller = process.env["INIT_CWD"] ?? process.cwd();
  const out = resolve(caller, values.out);
  const notes = await rehearse({
    out,
    policy,
    columns: Number(values.columns ?? 80),
    rows: Number(values.rows ?? 24),
    plates: Number(values.plates ?? 1),
    ...(values.recipient === undefined ? {} : { recipient: values.recipient.toLowerCase() }),
    ...(values.program === undefined ? {} : { program: [resolve(caller, values.program)] as const }),
  });
  const made = values.recipient === undefined ? ", identity.age, signer-identity.txt" : ", identity.age";
  const bundled = values.recipient === "none" ? "" : made;
  console.log(`node id ${notes.nodeId}`);
  console.log(
    `${values.out} has transcript.jsonl, node.json, accounts.json, words.txt, opened.json, head.txt, screens/${bundled}`,
  );
}
