import { coinType, type Network, parseNetwork } from "./network.ts";
import { fail, ok, type Result } from "./result.ts";
import { Secret } from "./secret.ts";

/** What the ceremony gives to the signer, inside the encrypted `identity.age`. */
export interface BundlePayload {
  readonly network: Network;
  readonly mode: BundleMode;
  /** 33 bytes, lower-case hex. */
  readonly nodeId: string;
  /** 32 bytes: the key of the node id alone, never the seed. */
  readonly privateKey: Secret;
  readonly ceremonyId: string;
}

export type BundleMode = "rehearsal" | "production";
const MODES: readonly BundleMode[] = ["rehearsal", "production"];

export type PayloadField = (typeof FIELDS)[number];
export type PayloadError =
  | { readonly code: "bundle_version" | "bundle_path" }
  | { readonly code: "bundle_form"; readonly field: PayloadField | "end" };

const VERSION = "1";
const FIELDS = ["version", "network", "mode", "node-id", "path", "private-key", "ceremony-id"] as const;
const NODE_ID = /^0[23][0-9a-f]{64}$/;
const CEREMONY_ID = /^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$/;
const DIGITS = Buffer.from("0123456789abcdef");
const LINE_END = 0x0a;

/** Where lnd's identity key stands (lnd `keychain`: purpose 1017, family 6, index 0). The only path a bundle may name. */
export function identityPath(network: Network): string {
  return `m/1017'/${coinType(network)}'/6'/0/0`;
}

/**
 * The one encoding of a payload: seven lines `name value`, in this order, each with one space and one LF. Not JSON,
 * because every JSON parser makes a string of the key, which nobody can overwrite; here the key goes digit by digit from
 * one Buffer into another, and what is left fits a reader in any language. The result is the caller's to wipe.
 */
export function encodePayload(payload: BundlePayload): Secret {
  const { network, mode, nodeId, privateKey, ceremonyId } = payload;
  if (privateKey.length !== 32) throw new RangeError("bundle: the private key is not 32 bytes");
  const [before, after] = [
    `version ${VERSION}\nnetwork ${network}\nmode ${mode}\nnode-id ${nodeId}\npath ${identityPath(network)}\nprivate-key `,
    `\nceremony-id ${ceremonyId}\n`,
  ];
  const bytes = Buffer.alloc(before.length + 64 + after.length);
  let at = bytes.write(before, "latin1");
  for (const byte of privateKey.bytes) {
    bytes[at] = DIGITS[byte >> 4] ?? 0;
    bytes[at + 1] = DIGITS[byte & 15] ?? 0;
    at += 2;
  }
  bytes.write(after, at, "latin1");
  return Secret.take(bytes);
}

/** Reads exactly what `encodePayload` writes. The private key of the result is the caller's to wipe, and so is `bytes`. */
export function parsePayload(bytes: Uint8Array): Result<BundlePayload, PayloadError> {
  const values = new Map<PayloadField, Uint8Array>();
  let at = 0;
  for (const field of FIELDS) {
    const end = bytes.indexOf(LINE_END, at);
    const start = at + field.length + 1;
    const name = Buffer.from(`${field} `);
    if (end < start || !name.equals(bytes.subarray(at, start))) return fail({ code: "bundle_form", field });
    values.set(field, bytes.subarray(start, end));
    at = end + 1;
  }
  if (at !== bytes.length) return fail({ code: "bundle_form", field: "end" });
  const text = (field: PayloadField): string => Buffer.from(values.get(field) ?? []).toString("latin1");
  const malformed = (field: PayloadField) => fail({ code: "bundle_form" as const, field });
  if (text("version") !== VERSION) return fail({ code: "bundle_version" });
  const network = parseNetwork(text("network"));
  if (network === undefined) return malformed("network");
  const mode = MODES.find((known) => known === text("mode"));
  if (mode === undefined) return malformed("mode");
  const nodeId = text("node-id");
  if (!NODE_ID.test(nodeId)) return malformed("node-id");
  if (text("path") !== identityPath(network)) return fail({ code: "bundle_path" });
  const ceremonyId = text("ceremony-id");
  if (!CEREMONY_ID.test(ceremonyId)) return malformed("ceremony-id");
  const privateKey = keyOf(values.get("private-key") ?? new Uint8Array(0));
  return privateKey === undefined ? malformed("private-key") : ok({ network, mode, nodeId, privateKey, ceremonyId });
}

/** 64 lower-case digits to 32 bytes. */
function keyOf(digits: Uint8Array): Secret | undefined {
  if (digits.length !== 64) return undefined;
  const key = Buffer.alloc(32);
  for (let at = 0; at < 32; at += 1) {
    const high = DIGITS.indexOf(digits[2 * at] ?? 0);
    const low = DIGITS.indexOf(digits[2 * at + 1] ?? 0);
    if (high < 0 || low < 0) {
      key.fill(0);
      return undefined;
    }
    key[at] = (high << 4) | low;
  }
  return Secret.take(key);
}
