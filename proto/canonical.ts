import { isUtf8 } from "node:buffer";
import { type DescField, type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { fail, ok, type Result } from "../core/result.ts";
import { ELEMENTS_MAX } from "./bounds.ts";
import { isVarint, type Kind, kindOf, type ScalarKind } from "./kinds.ts";

// protobuf is not canonical: decoders take fields in any order, the last of two, varints with zeros after them, fields
// they do not know, and some take a varint where a message belongs (`08 00` as a present `ctx`). Who signs bytes wants
// one meaning for them, so here there is one form only: the one that a plain encoder writes.

/** Where bytes leave the canonical form, and how. */
export interface CanonicalFault {
  readonly code: CanonicalFaultCode;
  /** Offset in the payload of the tag, length or value that is wrong. */
  readonly at: number;
  /** The message that it is in. */
  readonly type: string;
}

export type CanonicalFaultCode =
  /** A tag, length or value reaches past its end. */
  | "truncated"
  /** A varint with zeros after it, or longer than 64 bits. */
  | "varint"
  /** A value that its type does not hold: above 32 bits, a bool that is neither 0 nor 1. */
  | "range"
  | "unknown_field"
  | "wire_type"
  /** A field that is not repeated, again. */
  | "duplicate_field"
  /** More elements in a list than the contract bounds it to. */
  | "repeated"
  | "field_order"
  /** Two members of one oneof. */
  | "oneof"
  /** A zero, empty text or empty list written out, which an encoder leaves away. */
  | "default_value"
  /** A number that the enum has no name for. */
  | "enum"
  /** Text that is not UTF-8, or begins with a byte-order mark. */
  | "text"
  /** Decoded and encoded again by another implementation, it gives other bytes. */
  | "encoding";

/**
 * Decodes a message from its one canonical form: every field known, in ascending order of numbers, once, with the wire
 * type of its kind; varints minimal; no default value written out; repeated scalars packed; text in UTF-8.
 *
 * Two implementations have to agree. The walk of this file reads the bytes and decodes nothing; then @bufbuild/protobuf
 * decodes them, encodes what it has decoded, and has to arrive at the same bytes.
 */
export function decodeCanonical<Desc extends DescMessage>(
  desc: Desc,
  bytes: Uint8Array,
): Result<MessageShape<Desc>, CanonicalFault> {
  const walk: Walk = { bytes, at: 0, fault: undefined };
  walkMessage(walk, planOf(desc), bytes.length);
  if (walk.fault !== undefined) return fail(walk.fault);
  const message = decodeAgain(desc, bytes);
  return message === undefined ? fail({ code: "encoding", at: 0, type: desc.typeName }) : ok(message);
}

function decodeAgain<Desc extends DescMessage>(desc: Desc, bytes: Uint8Array): MessageShape<Desc> | undefined {
  try {
    const message = fromBinary(desc, bytes);
    return Buffer.compare(toBinary(desc, message), bytes) === 0 ? message : undefined;
  } catch {
    // The library throws for what it cannot decode; to the caller that is one more way not to be canonical.
    return undefined;
  }
}

/** What the walk needs of a message, looked up by tag. */
interface Plan {
  readonly type: string;
  /** By tag: number << 3 | wire type. */
  readonly fields: ReadonlyMap<number, FieldPlan>;
  readonly numbers: ReadonlySet<number>;
}

interface FieldPlan {
  readonly number: number;
  readonly kind: FieldKind;
  readonly repeated: boolean;
  /** Not set is the same as zero or empty, so zero or empty is never written. */
  readonly implicit: boolean;
  /** One bit for the oneof that it is in, 0 for none. A member of a oneof has presence: its default is written out. */
  readonly oneof: number;
  /** Elements that it may have; without a bound where the contract is not ours. */
  readonly max: number;
  /** The kind of a packed field's elements. */
  readonly element: ScalarKind | undefined;
  readonly message: Plan | undefined;
  readonly values: ReadonlySet<number> | undefined;
}

type FieldKind = Kind | "packed";

const WIRE_VARINT = 0;
const WIRE_LENGTH = 2;
const UINT32_LIMIT = 2 ** 32;
/** "Varints are 1 to 10 bytes long": nine groups of seven bits, and one bit. */
const VARINT_MAX = 10;
/** Instead of a value: the walk has ended with a fault. */
const STOPPED = -1;

const plans = new WeakMap<DescMessage, Plan>();

function planOf(desc: DescMessage): Plan {
  const known = plans.get(desc);
  if (known !== undefined) return known;
  const planned = desc.fields.map((field) => [field, planField(field)] as const);
  const plan = {
    type: desc.typeName,
    fields: new Map(
      planned.map(([field, of]) => [(field.number << 3) | (isVarint(of.kind) ? WIRE_VARINT : WIRE_LENGTH), of]),
    ),
    numbers: new Set(desc.fields.map(({ number }) => number)),
  };
  plans.set(desc, plan);
  return plan;
}

function planField(field: DescField): FieldPlan {
  const kind = kindOf(field);
  const repeated = field.fieldKind === "list";
  const packed = repeated && isVarint(kind);
  return {
    number: field.number,
    kind: packed ? "packed" : kind,
    repeated: repeated && !packed,
    max: ELEMENTS_MAX[`${field.parent.typeName}.${field.name}`] ?? Number.POSITIVE_INFINITY,
    implicit: !repeated && field.oneof === undefined,
    oneof: field.oneof === undefined ? 0 : 1 << field.parent.oneofs.indexOf(field.oneof),
    element: packed ? kind : undefined,
    // The depth of a walk is the depth of the contract: no message contains itself, which would not end here.
    message: field.message === undefined ? undefined : planOf(field.message),
    values: field.enum === undefined ? undefined : new Set(field.enum.values.map(({ number }) => number)),
  };
}

/** The place of a walk. Its functions say whether it goes on; where it does not, `fault` says why. */
interface Walk {
  readonly bytes: Uint8Array;
  at: number;
  fault: CanonicalFault | undefined;
}

function walkMessage(walk: Walk, plan: Plan, end: number): boolean {
  let last = 0;
  let count = 0;
  let oneofs = 0;
  while (walk.at < end) {
    const start = walk.at;
    const tag = readVarint(walk, end, plan);
    if (tag === STOPPED) return false;
    const field = plan.fields.get(tag);
    if (field === undefined) {
      return stop(walk, plan.numbers.has(Math.floor(tag / 8)) ? "wire_type" : "unknown_field", start, plan);
    }
    if (field.number < last) return stop(walk, "field_order", start, plan);
    if (field.number === last && !field.repeated) return stop(walk, "duplicate_field", start, plan);
    if ((oneofs & field.oneof) !== 0) return stop(walk, "oneof", start, plan);
    count = field.number === last ? count + 1 : 1;
    if (field.repeated && count > field.max) return stop(walk, "repeated", start, plan);
    last = field.number;
    oneofs |= field.oneof;
    const isGoing = isVarint(field.kind)
      ? walkVarint(walk, field.kind, field, end, plan)
      : walkLength(walk, field, end, plan);
    if (!isGoing) return false;
  }
  return true;
}

function walkLength(walk: Walk, field: FieldPlan, end: number, plan: Plan): boolean {
  const start = walk.at;
  const length = readVarint(walk, end, plan);
  if (length === STOPPED) return false;
  const next = walk.at + length;
  if (next > end) return stop(walk, "truncated", start, plan);
  // An empty message is present, and says so; only values have defaults.
  if (field.message !== undefined) return walkMessage(walk, field.message, next);
  if (length === 0 && (field.implicit || field.element !== undefined)) {
    return stop(walk, "default_value", start, plan);
  }
  if (field.element !== undefined) return walkPacked(walk, field.element, field, next, plan);
  if (field.kind === "string" && !isText(walk.bytes.subarray(walk.at, next))) return stop(walk, "text", walk.at, plan);
  walk.at = next;
  return true;
}

/** A byte-order mark is text to protobuf, but Google's JavaScript and other decoders drop it: two texts for one. */
function isText(bytes: Uint8Array): boolean {
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return !isMarked && isUtf8(bytes);
}

function walkPacked(walk: Walk, element: ScalarKind, field: FieldPlan, end: number, plan: Plan): boolean {
  for (let count = 1; walk.at < end; count++) {
    if (count > field.max) return stop(walk, "repeated", walk.at, plan);
    if (!walkVarint(walk, element, field, end, plan)) return false;
  }
  return true;
}

function walkVarint(walk: Walk, kind: FieldKind, { values, implicit }: FieldPlan, end: number, plan: Plan): boolean {
  const start = walk.at;
  const value = readVarint(walk, end, plan);
  if (value === STOPPED) return false;
  if (value === 0 && implicit) return stop(walk, "default_value", start, plan);
  if (kind === "bool" && value > 1) return stop(walk, "range", start, plan);
  if (kind === "uint32" && value >= UINT32_LIMIT) return stop(walk, "range", start, plan);
  if (values !== undefined && !values.has(value)) return stop(walk, "enum", start, plan);
  return true;
}

/** Exact below 2^53; above, only its size matters here. */
function readVarint(walk: Walk, end: number, plan: Plan): number {
  const { bytes } = walk;
  const start = walk.at;
  const limit = Math.min(end, start + VARINT_MAX);
  let value = 0;
  let weight = 1;
  for (let at = start; at < limit; at++) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * weight;
    weight *= 128;
    if (byte >= 0x80) continue;
    const length = at + 1 - start;
    // A last group of zero bits adds nothing; a tenth group has room for one bit.
    const isPlain = (byte !== 0 || length === 1) && (length < VARINT_MAX || byte === 1);
    if (!isPlain) {
      stop(walk, "varint", start, plan);
      return STOPPED;
    }
    walk.at = at + 1;
    return value;
  }
  stop(walk, limit - start < VARINT_MAX ? "truncated" : "varint", start, plan);
  return STOPPED;
}

function stop(walk: Walk, code: CanonicalFaultCode, at: number, plan: Plan): false {
  walk.fault = { code, at, type: plan.type };
  return false;
}
