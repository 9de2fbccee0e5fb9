import { GZIP_OVERHEAD, MESSAGE_BYTES, MESSAGE_BYTES_MAX } from "../../proto/bounds.ts";
import { type CanonicalFaultCode, decodeCanonical } from "../../proto/canonical.ts";
import { FRAME_BYTES_MAX, FRAME_HEADER, type FrameError, parseFrame } from "../../proto/frame.ts";
import { type GzipError, gunzipOne } from "../../proto/gzip.ts";
import { HASH_LENGTH } from "./limits.ts";
import { type RequestMessage, type ResponseMessage, SIGNED_METHODS } from "./methods.ts";
import type { SignItem } from "./subject.ts";

/** A frame as far as it could be read. */
export interface FrameForm {
  /** The rule that it breaks first; the reading stops there. */
  readonly broken: FormFault | undefined;
  readonly message: ResponseMessage | RequestMessage | undefined;
}

export interface FormFault {
  readonly rule: FormRuleId;
  /** In the payload after inflation: the byte, and the message that it is in. */
  readonly place?: { readonly at: number; readonly type: string };
}

export type FormRuleId =
  | "form.size"
  | "form.domain"
  | "form.hash-length"
  | "form.empty"
  | "form.message-size"
  | (typeof FRAME_RULES)[FrameError["code"]]
  | (typeof GZIP_RULES)[GzipError["code"]]
  | (typeof PAYLOAD_RULES)[CanonicalFaultCode];

const FRAME_RULES = {
  frame_flag: "form.flag",
  frame_length: "form.length",
  frame_trailing: "form.one-frame",
} as const satisfies Record<FrameError["code"], string>;

const GZIP_RULES = {
  gzip_member: "form.gzip-member",
  gzip_trailing: "form.gzip-trailing",
  gzip_size: "form.gzip-size",
} as const satisfies Record<GzipError["code"], string>;

const PAYLOAD_RULES = {
  truncated: "form.truncated",
  varint: "form.varint",
  range: "form.range",
  unknown_field: "form.unknown-field",
  wire_type: "form.wire-type",
  duplicate_field: "form.duplicate-field",
  repeated: "form.repeated",
  field_order: "form.field-order",
  oneof: "form.oneof",
  default_value: "form.default-value",
  enum: "form.enum",
  text: "form.text",
  encoding: "form.encoding",
} as const satisfies Record<CanonicalFaultCode, string>;

/** Reads a frame as the message that its method and direction name, and stops at the first rule that it breaks. */
export function readForm({ frame, method, direction }: SignItem): FrameForm {
  if (frame.length > FRAME_BYTES_MAX) return broken("form.size");
  if (isOfAnotherDomain(frame)) return broken("form.domain");
  if (frame.length === HASH_LENGTH) return broken("form.hash-length");
  const parsed = parseFrame(frame);
  if (!parsed.ok) return broken(FRAME_RULES[parsed.error.code]);
  if (frame.length === FRAME_HEADER) return broken("form.empty");
  const { compressed, payload } = parsed.value;
  const desc = direction === "unspecified" ? undefined : SIGNED_METHODS.get(method)?.[direction];
  const max = (desc === undefined ? undefined : MESSAGE_BYTES[desc.typeName]) ?? MESSAGE_BYTES_MAX;
  if (payload.length > max + (compressed ? GZIP_OVERHEAD : 0)) return broken("form.message-size");
  const content = compressed ? gunzipOne(payload, max) : { ok: true as const, value: payload };
  if (!content.ok) return broken(GZIP_RULES[content.error.code]);
  if (desc === undefined) return { broken: undefined, message: undefined };
  const decoded = decodeCanonical(desc, content.value);
  if (!decoded.ok) {
    const { code, at, type } = decoded.error;
    return { broken: { rule: PAYLOAD_RULES[code], place: { at, type } }, message: undefined };
  }
  // METHODS has the messages of the contract and no others; their type names tell them apart.
  return { broken: undefined, message: decoded.value as ResponseMessage | RequestMessage };
}

function broken(rule: FormRuleId): FrameForm {
  return { broken: { rule }, message: undefined };
}

// Why a signature over SHA256(frame) is worth nothing elsewhere. The key signs in these domains, told apart by what goes
// into the last SHA-256
// (docs/policy.md#what-a-signature-over-a-frame-is-worth-elsewhere):
//
//   D1  gossip, signed messages, Bitcoin messages, sighashes   any 32 bytes: they hash twice
//   D2  BOLT 11 invoices                                       begins "ln"
//   D3  lnrpc.SignMessage with single_hash                     begins "Lightning Signed Message:"
//   D4  tagged hashes (BIP340, BOLT 12)                        begins with the same 32 bytes twice
//   D5  LUD-13, whose signature is the seed of login keys      begins "DO NOT EVER SIGN"
//
// A frame begins with 0 or 1, so it is none of D2, D3, D5. Its next four bytes are its own length less five, so it is in
// D1 only at 32 bytes: `00 0000001b` and 27 more, which 2^40 tries at a gossip message find. Without frames of 32 bytes,
// D1 and the frames are disjoint, whatever the flag. A tag of D4 would need SHA256(tag) to begin with flag and length,
// and ECDSA takes no tagged hashes; refused all the same. From there on, using a signature elsewhere takes a SHA-256
// collision. Length extension gives hashes, not signatures.
//
// Flag, length and "not 32" are rules of their own. `form.domain` says it again in the words of the other domains, and
// comes before them: should one of them ever be relaxed, this one stays.

const FOREIGN_PREFIXES = ["ln", "Lightning Signed Message:", "DO NOT EVER SIGN"].map((text) => Buffer.from(text));
const TAG_LENGTH = 32;

function isOfAnotherDomain(frame: Uint8Array): boolean {
  return FOREIGN_PREFIXES.some((prefix) => startsWith(frame, prefix)) || isTagged(frame);
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, at) => bytes[at] === byte);
}

function isTagged(bytes: Uint8Array): boolean {
  if (bytes.length < 2 * TAG_LENGTH) return false;
  for (let at = 0; at < TAG_LENGTH; at++) {
    if (bytes[at] !== bytes[at + TAG_LENGTH]) return false;
  }
  return true;
}
