import { OVERHEAD, Reader, varintLength, Writer } from "../../proto/varint.ts";
import type { SignItem } from "../policy/subject.ts";

/**
 * The two messages of `SignStream` and those of `Sign`, by hand: a message object of the protobuf runtime for every item
 * costs as much as a fifth of a signature (figures in `docs/signer.md`). What these functions read and write is compared
 * with that runtime in `test/signer/service/wire.test.ts`; everything off this path uses the runtime.
 */
export interface WireItem {
  /** The varint as it came: the signer echoes an id and never looks at it. Empty where the field was absent. */
  id: Uint8Array;
  /** A view into the message that it came in. */
  frame: Uint8Array;
  method: string;
  direction: Direction;
}

export type Direction = SignItem["direction"];

export type WireResult =
  | { readonly kind: "signed"; readonly signature: Uint8Array }
  | { readonly kind: "refused"; readonly rule: string; readonly reason: string };

/** Where the log stood when the answer left. */
export interface AuditPosition {
  readonly seq: bigint;
  readonly head: Uint8Array;
}

const EMPTY = Buffer.alloc(0);
/** By their number in the `.proto` file. */
export const DIRECTIONS = ["unspecified", "response", "request"] as const;

/** `SignBatch`; undefined when the bytes are no such message. */
export function decodeBatch(bytes: Buffer): WireItem[] | undefined {
  const items: WireItem[] = [];
  const reader = new Reader(bytes, 0, bytes.length);
  while (reader.more) {
    const tag = reader.varint();
    if (tag !== 0x0a) {
      reader.skip(tag);
      continue;
    }
    const end = reader.fieldEnd();
    const item = newItem();
    if (!readItem(bytes, reader.at, end, item)) return undefined;
    items.push(item);
    reader.at = end;
  }
  return reader.bad ? undefined : items;
}

/** `SignRequest` of the unary call. */
export function decodeSignRequest(bytes: Buffer): WireItem | undefined {
  const item = newItem();
  return readRequest(bytes, 0, bytes.length, item) ? item : undefined;
}

function newItem(): WireItem {
  return { id: EMPTY, frame: EMPTY, method: "", direction: "unspecified" };
}

function readItem(bytes: Buffer, from: number, end: number, item: WireItem): boolean {
  const reader = new Reader(bytes, from, end);
  while (reader.more) {
    const tag = reader.varint();
    if (tag === 0x08) item.id = reader.rawVarint();
    else if (tag === 0x12) {
      const inner = reader.fieldEnd();
      if (reader.bad || !readRequest(bytes, reader.at, inner, item)) return false;
      reader.at = inner;
    } else reader.skip(tag);
  }
  return !reader.bad;
}

function readRequest(bytes: Buffer, from: number, end: number, item: WireItem): boolean {
  const reader = new Reader(bytes, from, end);
  while (reader.more) {
    const tag = reader.varint();
    if (tag === 0x0a) item.frame = reader.bytesField();
    else if (tag === 0x12) item.method = reader.bytesField().toString("utf8");
    else if (tag === 0x18) item.direction = DIRECTIONS[reader.varint()] ?? "unspecified";
    else reader.skip(tag);
  }
  return !reader.bad;
}

/** The encoded `Refusal` messages: few, and the same ones over and over. */
const refusals = new Map<string, Buffer>();

function refusalBytes(rule: string, reason: string): Buffer {
  const key = `${rule.length} ${rule}${reason}`;
  const known = refusals.get(key);
  if (known !== undefined) return known;
  const [first, second] = [Buffer.from(rule), Buffer.from(reason)];
  const writer = new Writer(first.length + second.length + OVERHEAD);
  if (first.length > 0) writer.field(0x0a, first);
  if (second.length > 0) writer.field(0x12, second);
  const bytes = writer.done();
  // A reason that names a value must not make this grow for ever.
  if (refusals.size < 256) refusals.set(key, bytes);
  return bytes;
}

/** `SignBatchResult`: the results in the order and under the ids of the items. */
export function encodeBatchResult(
  items: readonly WireItem[],
  results: readonly WireResult[],
  position: AuditPosition,
): Buffer {
  const bodies = results.map(bodyOf);
  let capacity = OVERHEAD + position.head.length;
  for (const [at, body] of bodies.entries()) capacity += body.length + (items[at]?.id.length ?? 0) + OVERHEAD;
  const writer = new Writer(capacity);
  for (const [at, body] of bodies.entries()) {
    const id = items[at]?.id ?? EMPTY;
    writer.byte(0x0a);
    writer.varint((id.length === 0 ? 0 : 1 + id.length) + 1 + varintLength(body.length) + body.length);
    if (id.length > 0) {
      writer.byte(0x08);
      writer.raw(id);
    }
    writer.field(results[at]?.kind === "signed" ? 0x12 : 0x1a, body);
  }
  writePosition(writer, position, 0x10, 0x1a);
  return writer.done();
}

/** `SignResponse`. */
export function encodeSignResponse(result: WireResult, position: AuditPosition): Buffer {
  const body = bodyOf(result);
  const writer = new Writer(body.length + position.head.length + 2 * OVERHEAD);
  writer.field(result.kind === "signed" ? 0x0a : 0x12, body);
  writePosition(writer, position, 0x18, 0x22);
  return writer.done();
}

function bodyOf(result: WireResult): Uint8Array {
  return result.kind === "signed" ? result.signature : refusalBytes(result.rule, result.reason);
}

function writePosition(writer: Writer, { seq, head }: AuditPosition, seqTag: number, headTag: number): void {
  if (seq > 0n) {
    writer.byte(seqTag);
    writer.varint(Number(seq));
  }
  if (head.length > 0) writer.field(headTag, head);
}
