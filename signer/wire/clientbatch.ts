import { fieldLength, OVERHEAD, Reader, varintLength, Writer } from "../../proto/varint.ts";
import { type AuditPosition, DIRECTIONS, type Direction, type WireResult } from "./batch.ts";

/** `SignBatch` of the client; ids are its own small numbers. */
export function encodeBatch(
  items: readonly {
    readonly id: number;
    readonly frame: Uint8Array;
    readonly method: Buffer;
    readonly direction: Direction;
  }[],
): Buffer {
  let capacity = 0;
  for (const { frame, method } of items) capacity += frame.length + method.length + 2 * OVERHEAD;
  const writer = new Writer(capacity);
  for (const { id, frame, method, direction } of items) {
    const number = DIRECTIONS.indexOf(direction);
    const inner = fieldLength(frame.length) + fieldLength(method.length) + (number === 0 ? 0 : 2);
    const idLength = 1 + varintLength(id);
    writer.byte(0x0a);
    writer.varint(idLength + 1 + varintLength(inner) + inner);
    writer.byte(0x08);
    writer.varint(id);
    writer.byte(0x12);
    writer.varint(inner);
    if (frame.length > 0) writer.field(0x0a, frame);
    if (method.length > 0) writer.field(0x12, method);
    if (number > 0) {
      writer.byte(0x18);
      writer.byte(number);
    }
  }
  return writer.done();
}

export interface BatchResult {
  readonly results: readonly (WireResult & { readonly id: number })[];
  readonly position: AuditPosition;
}

/** `SignBatchResult` for the client; undefined when the bytes are no such message. */
export function decodeBatchResult(bytes: Buffer): BatchResult | undefined {
  const results: (WireResult & { id: number })[] = [];
  let seq = 0;
  let head: Uint8Array = new Uint8Array();
  const reader = new Reader(bytes, 0, bytes.length);
  while (reader.more) {
    const tag = reader.varint();
    if (tag === 0x0a) {
      const end = reader.fieldEnd();
      const result = readResult(bytes, reader.at, end);
      if (result === undefined) return undefined;
      results.push(result);
      reader.at = end;
    } else if (tag === 0x10) seq = reader.varint();
    else if (tag === 0x1a) head = reader.bytesField();
    else reader.skip(tag);
  }
  return reader.bad ? undefined : { results, position: { seq: BigInt(seq), head } };
}

function readResult(bytes: Buffer, from: number, end: number): (WireResult & { id: number }) | undefined {
  const reader = new Reader(bytes, from, end);
  let id = 0;
  let result: WireResult | undefined;
  while (reader.more) {
    const tag = reader.varint();
    if (tag === 0x08) id = reader.varint();
    else if (tag === 0x12) result = { kind: "signed", signature: Uint8Array.from(reader.bytesField()) };
    else if (tag === 0x1a) result = readRefusal(reader.bytesField());
    else reader.skip(tag);
  }
  return reader.bad || result === undefined ? undefined : { ...result, id };
}

function readRefusal(bytes: Buffer): WireResult | undefined {
  const reader = new Reader(bytes, 0, bytes.length);
  let rule = "";
  let reason = "";
  while (reader.more) {
    const tag = reader.varint();
    if (tag === 0x0a) rule = reader.bytesField().toString("utf8");
    else if (tag === 0x12) reason = reader.bytesField().toString("utf8");
    else reader.skip(tag);
  }
  return reader.bad ? undefined : { kind: "refused", rule, reason };
}
