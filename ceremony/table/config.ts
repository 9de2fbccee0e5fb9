import { createHash } from "node:crypto";
import { canonicalJson } from "../../core/canonical.ts";
import { NETWORKS, type Network } from "../../core/network.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import { DICE_ROLLS_MAX, DICE_ROLLS_MIN, OUT_NAME_MAX, PLATES_MAX } from "../limits.ts";
import { parseRecipient } from "./recipient.ts";

export const MODES = ["rehearsal", "production"] as const;
export type Mode = (typeof MODES)[number];

export const PASSPHRASE_POLICIES = ["typed", "dice", "none"] as const;
export type PassphrasePolicy = (typeof PASSPHRASE_POLICIES)[number];

/** What two people confirm before anything happens; its hash goes into every derived value (`docs/mix.md`). */
export interface Config {
  readonly mode: Mode;
  readonly network: Network;
  /** The output folder as it was given. */
  readonly out: string;
  /** Throws of a six-sided die in a round. */
  readonly rolls: number;
  readonly passphrase: PassphrasePolicy;
  /** Metal plates engraved, each read back. */
  readonly plates: number;
  /** The age recipient of the signer, `age1…` in lower case; without one no bundle is made. */
  readonly recipient?: string;
}

export type CeremonyConfigError = { readonly code: "config_invalid"; readonly field: string; readonly rule: string };

const FIELDS = ["mode", "network", "out", "passphrase", "plates", "recipient", "rolls"] as const;

/**
 * Checks a value from the command line or from a transcript. Unknown and missing fields are errors: the hash must mean
 * one thing only.
 */
export function parseConfig(value: Readonly<Record<string, unknown>>): Result<Config, CeremonyConfigError> {
  const wrong = (field: string, rule: string) => fail({ code: "config_invalid" as const, field, rule });
  for (const field of Object.keys(value)) {
    if (!FIELDS.some((known) => known === field)) return wrong(field, "is not a field of the configuration");
  }
  const mode = MODES.find((known) => known === value["mode"]);
  if (mode === undefined) return wrong("mode", `is one of ${MODES.join(", ")}`);
  const network = NETWORKS.find((known) => known === value["network"]);
  if (network === undefined) return wrong("network", `is one of ${NETWORKS.join(", ")}`);
  if (mode === "rehearsal" && network !== "regtest") return wrong("network", "is regtest in a rehearsal, always");
  if (mode === "production" && network === "regtest") return wrong("network", "is never regtest in production");
  const out = value["out"];
  if (typeof out !== "string" || out.length === 0 || out.length > OUT_NAME_MAX || !/^[!-~]+$/.test(out))
    return wrong("out", `is a folder's name of 1 to ${OUT_NAME_MAX} printable ASCII characters without a space`);
  const passphrase = PASSPHRASE_POLICIES.find((known) => known === value["passphrase"]);
  if (passphrase === undefined) return wrong("passphrase", `is one of ${PASSPHRASE_POLICIES.join(", ")}`);
  const rolls = value["rolls"];
  if (typeof rolls !== "number" || !Number.isInteger(rolls) || rolls < DICE_ROLLS_MIN || rolls > DICE_ROLLS_MAX)
    return wrong("rolls", `is a number from ${DICE_ROLLS_MIN} to ${DICE_ROLLS_MAX}`);
  const plates = value["plates"];
  if (typeof plates !== "number" || !Number.isInteger(plates) || plates < 1 || plates > PLATES_MAX)
    return wrong("plates", `is a number from 1 to ${PLATES_MAX}`);
  const config = { mode, network, out, rolls, passphrase, plates };
  // Absent and not a word for none: the hash of a configuration without a signer stays what it was before there were any.
  if (!Object.hasOwn(value, "recipient")) return ok(config);
  const recipient = typeof value["recipient"] === "string" ? parseRecipient(value["recipient"]) : undefined;
  if (recipient?.ok !== true) return wrong("recipient", "is an age X25519 recipient, age1 and 58 more, or none");
  return ok({ ...config, recipient: recipient.value.recipient });
}

/** SHA-256 over the canonical JSON of the configuration, in hex: the `configHash` of docs/mix.md#formula. */
export function configHash(config: Config): string {
  return createHash("sha256")
    .update(canonicalJson({ ...config }))
    .digest("hex");
}
