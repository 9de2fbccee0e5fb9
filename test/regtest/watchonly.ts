import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { KEYS } from "../rehearsal/console.ts";
import { EmulatedTerminal } from "../rehearsal/terminal.ts";
import { bound } from "../tools/speed.ts";
import type { Lnd } from "./lnd.ts";

/** lnd imports 259 accounts one after the other: seconds on a busy machine. */
const IMPORT_MS = 60_000;

export interface WatchOnly {
  /** The `accounts.json` of a ceremony: extended public keys, no secret. */
  readonly accounts: string;
  /** The lnd that has the private keys. */
  readonly signer: Lnd;
}

/**
 * What lnd's docs/remote-signing.md gives the watch-only node, and `signer:read`: MuSig2GetCombinedNonce, which is newer
 * than that page, asks for it.
 */
const SIGNER_PERMISSIONS = ["message:write", "signer:generate", "signer:read", "address:read", "onchain:write"];

/** The flags of an lnd that has everything signed by `signer`, with a macaroon that was baked there for it alone. */
export async function remoteSignerFlags({ signer }: WatchOnly): Promise<readonly string[]> {
  const permissions = SIGNER_PERMISSIONS.map((one) => {
    const [entity = "", action = ""] = one.split(":");
    return { entity, action };
  });
  const { macaroon } = await signer.call<{ macaroon: string }>("lnrpc.Lightning/BakeMacaroon", { permissions });
  const file = join(signer.folder, "watchonly.macaroon");
  writeFileSync(file, Buffer.from(macaroon, "hex"), { mode: 0o600 });
  return [
    "--remotesigner.enable",
    `--remotesigner.rpchost=${signer.target}`,
    `--remotesigner.tlscertpath=${signer.certificate}`,
    `--remotesigner.macaroonpath=${file}`,
  ];
}

export interface Uninitialised {
  readonly lncli: string;
  readonly lnddir: string;
  readonly network: string;
  /** `host:port` of its gRPC. */
  readonly target: string;
}

/** Types what a person would at `lncli createwatchonly`: it takes its answers from a terminal and from nothing else. */
export async function createWatchOnly(lnd: Uninitialised, { accounts }: WatchOnly, password: string): Promise<void> {
  const { lncli, lnddir, network, target } = lnd;
  const where = [`--rpcserver=${target}`, `--lnddir=${lnddir}`, `--network=${network}`];
  const terminal = new EmulatedTerminal(lncli, [...where, "createwatchonly", accounts], { rows: 40 });
  const answer = async (question: string, text: string): Promise<void> => {
    await terminal.waitFor(question);
    await terminal.press(`${text}${KEYS.enter}`);
  };
  try {
    await answer("Input wallet password:", password);
    await answer("Confirm password:", password);
    // Of the seed: none, so that lnd looks from the first block on, of which there are few.
    await answer("wallet birthday", "");
    await answer("look-ahead", "0");
    // It says nothing more when all is well.
    const end = await Promise.race([terminal.exit, sleep(bound(IMPORT_MS), undefined, { ref: false })]);
    if (end?.exitCode !== 0) {
      throw new Error(`lncli createwatchonly: exit ${end?.exitCode}\n${terminal.screen().join("\n").trimEnd()}`);
    }
  } finally {
    await terminal.close();
  }
}
