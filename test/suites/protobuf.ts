/** Protocol Buffers' wire format, as much of it as the messages of grpc.testing need. */
export interface Message {
  /** The last one with this number; 0 where there is none. */
  number(field: number): bigint;
  bytes(field: number): Buffer[];
}

export function readMessage(message: Uint8Array): Message {
  const fields: { readonly field: number; readonly value: bigint | Buffer }[] = [];
  let at = 0;
  const varint = (): bigint => {
    let [value, shift, byte] = [0n, 0n, 128];
    for (; byte >= 128; shift += 7n) {
      byte = message[at++] ?? 0;
      value |= BigInt(byte & 127) << shift;
    }
    return value;
  };
  while (at < message.length) {
    const tag = Number(varint());
    const field = tag >>> 3;
    if ((tag & 7) === 0) fields.push({ field, value: varint() });
    else if ((tag & 7) === 2) {
      const length = Number(varint());
      fields.push({ field, value: Buffer.from(message.subarray(at, at + length)) });
      at += length;
    } else throw new Error(`field ${field} is of wire type ${tag & 7}`);
  }
  return {
    number: (wanted) =>
      fields.reduce((last, { field, value }) => (field === wanted && typeof value === "bigint" ? value : last), 0n),
    bytes: (wanted) =>
      fields.flatMap(({ field, value }) => (field === wanted && typeof value !== "bigint" ? [value] : [])),
  };
}

/** One field that is a message, bytes or a string. */
export function lengthDelimited(field: number, value: Uint8Array): Buffer {
  const head = [(field << 3) | 2];
  let rest = value.length;
  for (; rest >= 128; rest >>>= 7) head.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...head, rest]), value]);
}
