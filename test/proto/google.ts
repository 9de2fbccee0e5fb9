import { BinaryReader, BinaryWriter, type Reader, type Writer } from "google-protobuf";
import { type ContractField, ENUMS, MESSAGES } from "./contract.ts";

// A second decoder that shares nothing with the first: Google's reader and writer, on the table of the contract instead
// of descriptors. A message counts as accepted when Google's reader takes it and Google's writer gives the same bytes.

type Value = Decoded | string | number | boolean | Uint8Array;
type Decoded = Map<number, Value[]>;

/** Whether Google's protobuf takes these bytes as this message, and writes the same bytes for it. */
export function googleAccepts(type: string, bytes: Uint8Array): boolean {
  const decoded = googleDecode(type, bytes, "refused");
  return decoded !== undefined && Buffer.compare(googleEncode(type, decoded), bytes) === 0;
}

/**
 * What Google's protobuf makes of these bytes, written again: fields that the table does not have are gone, enum numbers
 * that it does not have stay. Undefined if the bytes are not taken.
 */
export function googleRewrites(type: string, bytes: Uint8Array): Uint8Array | undefined {
  const decoded = googleDecode(type, bytes, "ignored");
  return decoded === undefined ? undefined : googleEncode(type, decoded);
}

/** What becomes of fields and enum numbers that the table does not have. */
type Unknowns = "refused" | "ignored";

function googleDecode(type: string, bytes: Uint8Array, unknowns: Unknowns): Decoded | undefined {
  const message: Decoded = new Map();
  try {
    // A copy: the reader keeps the buffer below a view.
    readInto(type, unknowns)(message, new BinaryReader(Uint8Array.from(bytes)));
    return message;
  } catch {
    return undefined;
  }
}

function googleEncode(type: string, message: Decoded): Uint8Array {
  const writer = new BinaryWriter();
  writeFrom(type)(message, writer);
  return writer.getResultBuffer();
}

class Unknown extends Error {}

function readInto(type: string, unknowns: Unknowns): (message: Decoded, reader: Reader) => void {
  return (message, reader) => {
    while (reader.nextField()) {
      if (reader.isEndGroup()) throw new Unknown("a group");
      const field = fieldsOf(type).find(({ number }) => number === reader.getFieldNumber());
      if (field === undefined) {
        if (unknowns === "refused") throw new Unknown(`field ${reader.getFieldNumber()} of ${type}`);
        reader.skipField();
        continue;
      }
      readField(message, field, reader, unknowns);
      dropOthers(message, field, type);
    }
  };
}

/** The last member of a oneof wins, the last value of a field too: what a decoder does, and re-encoding shows. */
function dropOthers(message: Decoded, { number, oneof }: ContractField, type: string): void {
  if (oneof === undefined) return;
  for (const other of fieldsOf(type)) {
    if (other.oneof === oneof && other.number !== number) message.delete(other.number);
  }
}

function readField(
  message: Decoded,
  { number, type, repeated }: ContractField,
  reader: Reader,
  unknowns: Unknowns,
): void {
  const kept = repeated === true ? (message.get(number) ?? []) : [];
  if (type in ENUMS) {
    const values: number[] = [];
    if (repeated === true) reader.readPackableEnumInto(values);
    else values.push(reader.readEnum());
    const known = Object.values(ENUMS[type] ?? {});
    if (unknowns === "refused" && values.some((value) => !known.includes(value))) {
      throw new Unknown(`a value of ${type}`);
    }
    message.set(number, [...kept, ...values]);
  } else {
    message.set(number, [...kept, readValue(type, reader, unknowns)]);
  }
}

function readValue(type: string, reader: Reader, unknowns: Unknowns): Value {
  if (type === "uint64") return reader.readUint64String();
  if (type === "uint32") return reader.readUint32();
  if (type === "bool") return reader.readBool();
  if (type === "string") return reader.readStringRequireUtf8();
  if (type === "bytes") return reader.readBytes();
  const nested: Decoded = new Map();
  reader.readMessage(nested, readInto(type, unknowns));
  return nested;
}

function writeFrom(type: string): (message: Decoded, writer: Writer) => void {
  return (message, writer) => {
    for (const field of fieldsOf(type).toSorted((a, b) => a.number - b.number)) {
      const values = message.get(field.number) ?? [];
      if (field.repeated === true && field.type in ENUMS) {
        if (values.length > 0) writer.writePackedEnum(field.number, values as number[]);
      } else {
        for (const value of values) writeValue(field, value, writer);
      }
    }
  };
}

function writeValue({ number, type, oneof }: ContractField, value: Value, writer: Writer): void {
  if (value instanceof Map) {
    writer.writeMessage(number, value, writeFrom(type));
    return;
  }
  // proto3: what has no presence is written only if it is not its default.
  const isDefault = value instanceof Uint8Array ? value.length === 0 : [0, "0", "", false].includes(value);
  if (isDefault && oneof === undefined) return;
  if (type === "uint64") writer.writeUint64String(number, String(value));
  else if (type === "uint32") writer.writeUint32(number, Number(value));
  else if (type === "bool") writer.writeBool(number, value === true);
  else if (type === "string") writer.writeString(number, String(value));
  else if (value instanceof Uint8Array) writer.writeBytes(number, value);
  else writer.writeEnum(number, Number(value));
}

function fieldsOf(type: string): readonly ContractField[] {
  const fields = MESSAGES[type];
  if (fields === undefined) throw new Error(`no message ${type} in the contract`);
  return fields;
}
