/** Longer than any field that a bench keeps; its length is in the first byte. A signature in base64 has 96. */
const FIELD_BYTES = 256;
const LENGTH_BYTES = 1;

/** Rows of short byte fields in one piece of memory; test/gun/slots.go lays them out the same. */
export interface RowsOfBytes {
  readonly count: () => number;
  /** A view, not a copy. */
  bytes(row: number, field: number): Buffer;
  text(row: number, field: number): string;
}

/** Rows that are written here. As they lie they go to the load program, which has nothing to take apart before its clock runs. */
export interface Slots extends RowsOfBytes {
  /** @throws RangeError for a field that is too long */
  add(...fields: (Uint8Array | string)[]): void;
  /** All rows; a view, until the next is added. */
  memory(): Buffer;
  clear(): void;
}

/** @param fields how many each row has */
export function rowBytes(fields: number): number {
  return fields * FIELD_BYTES;
}

/** Rows that somebody else has written. */
export function readRows(memory: Buffer, fields: number): RowsOfBytes {
  const bytes = (row: number, field: number): Buffer => fieldOf(memory, row * rowBytes(fields) + field * FIELD_BYTES);
  return {
    count: () => memory.length / rowBytes(fields),
    bytes,
    text: (row, field) => bytes(row, field).toString("latin1"),
  };
}

export function openSlots(fields: number): Slots {
  let memory = Buffer.alloc(rowBytes(fields) * 1_024);
  let rows = 0;
  const at = (row: number, field: number): number => row * rowBytes(fields) + field * FIELD_BYTES;
  const bytes = (row: number, field: number): Buffer => fieldOf(memory, at(row, field));
  return {
    count: () => rows,
    add(...values) {
      if (memory.length < at(rows + 1, 0)) memory = Buffer.concat([memory], memory.length * 2);
      for (const [field, value] of values.entries()) {
        if (value.length > FIELD_BYTES - LENGTH_BYTES) throw new RangeError("a field is too long");
        const start = at(rows, field);
        memory[start] = value.length;
        if (typeof value === "string") memory.write(value, start + LENGTH_BYTES, "latin1");
        else memory.set(value, start + LENGTH_BYTES);
      }
      rows += 1;
    },
    bytes,
    text: (row, field) => bytes(row, field).toString("latin1"),
    memory: () => memory.subarray(0, at(rows, 0)),
    clear() {
      rows = 0;
    },
  };
}

function fieldOf(memory: Buffer, at: number): Buffer {
  return memory.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + (memory[at] as number));
}
