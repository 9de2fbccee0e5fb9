import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EXIT } from "../../core/errors.ts";
import { type Network, networkRule, parseNetwork } from "../../core/network.ts";
import { findEnd } from "../audit/start.ts";
import { savedOf } from "../engine/judge.ts";
import { explain, policyTable, whatIsOff } from "../policy/explain.ts";
import { readForm } from "../policy/form.ts";
import type { PolicyConfig } from "../policy/settings.ts";
import { openState, type PolicyState } from "../policy/state.ts";
import type { SignItem } from "../policy/subject.ts";
import type { SignerConfig } from "./config.ts";
import { signerErrorLine } from "./errors.ts";
import { loadAccounts, loadSignerConfig, type SignerOptionsGiven } from "./materials.ts";
import { policySettings } from "./settings.ts";

const out = (text: string): void => void process.stdout.write(text);
const err = (text: string): void => void process.stderr.write(text);

interface Offline {
  readonly network: Network;
  readonly settings: PolicyConfig;
  readonly config: SignerConfig | undefined;
}

/**
 * What a policy needs of the configuration. Without a file only what was given counts: a frame can be judged on a
 * machine that has neither bundle nor data folder.
 */
function offline(options: SignerOptionsGiven): Offline | number {
  const full = options["config"] !== undefined;
  const name = String(options["network"] ?? "regtest");
  const network = parseNetwork(name);
  if (network === undefined) return usage(`--network ${networkRule(name)}`);
  const filler = full ? {} : { network, bundle: "-", "identity-file": "-", data: "-", socket: "-" };
  const config = loadSignerConfig({ ...filler, ...options });
  if (!config.ok) return refuse(config.error.code, config.error.about);
  const account = loadAccounts(config.value);
  if (!account.ok) return refuse(account.error.code, account.error.about);
  const settings = policySettings(config.value, account.value?.key);
  return {
    network: config.value.network,
    settings,
    config: options["data"] !== undefined || full ? config.value : undefined,
  };
}

/** `signer policy`. */
export function runPolicy(options: SignerOptionsGiven): number {
  const given = offline(options);
  if (typeof given === "number") return given;
  out(policyTable(given.settings));
  for (const sentence of whatIsOff(given.settings)) out(`\n${sentence}\n`);
  return EXIT.done;
}

/** `signer explain FRAME`: exit 0 when it would be signed, 1 when refused. */
export function runExplain(frameText: string | undefined, options: SignerOptionsGiven): number {
  const given = offline(options);
  if (typeof given === "number") return given;
  const frame = frameText === undefined ? undefined : readFrame(frameText);
  if (frame === undefined) return usage("explain needs a frame: a file, or hex");
  const method = options["method"];
  const direction = options["direction"] ?? "response";
  if (typeof method !== "string") return usage("explain needs --method");
  if (direction !== "response" && direction !== "request") return usage("--direction is response or request");
  const at = options["at"] === undefined ? Date.now() : Date.parse(String(options["at"]));
  if (Number.isNaN(at)) return usage("--at is an ISO time");
  const item: SignItem = { frame, method, direction };
  const { network, settings, config } = given;
  const named = namedKey(item);
  const nodeId = String(options["node-id"] ?? named ?? "");
  const state = stateOf(given, at, config?.data);
  const client = String(options["client"] ?? "lsp");
  const { decision, rules, message } = explain(item, { nodeId, network, nowMs: at, client, config: settings, state });
  for (const { id, outcome, reason } of rules) {
    const mark = outcome === "refuse" ? `refuse      ${reason}` : outcome;
    out(`${id.padEnd(24)} ${mark}\n`);
  }
  if (message !== undefined) out(`\n${message}\n`);
  if (options["node-id"] === undefined && named !== undefined) out(`\njudged as the signer of ${named}\n`);
  out(decision.kind === "sign" ? "\nsigned\n" : `\nrefused: ${decision.rule}: ${decision.reason}\n`);
  return decision.kind === "sign" ? EXIT.done : EXIT.refused;
}

function namedKey(item: SignItem): string | undefined {
  const key = readForm(item).message?.ctx?.lnPubKey?.val;
  return key === undefined ? undefined : Buffer.from(key).toString("hex");
}

/** As the log of a data folder has it; empty without one. */
function stateOf({ settings, network }: Offline, nowMs: number, data: string | undefined): PolicyState {
  const folder = data === undefined ? undefined : join(data, "audit");
  const end = folder !== undefined && existsSync(folder) ? findEnd(folder) : undefined;
  return openState(settings, network, nowMs, end?.ok === true ? savedOf(end.value.state.state(), []) : undefined);
}

function readFrame(text: string): Uint8Array | undefined {
  if (existsSync(text)) return readFileSync(text);
  return /^(?:[0-9a-fA-F]{2})+$/.test(text) ? Buffer.from(text, "hex") : undefined;
}

function usage(why: string): number {
  err(signerErrorLine("usage", why));
  return EXIT.usage;
}

function refuse(code: string, about: string): number {
  err(signerErrorLine(code, about));
  return EXIT.refused;
}
