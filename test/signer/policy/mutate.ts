/** A generator that a seed repeats: xorshift32. */
export type Random = (below: number) => number;

export function randomFrom(seed: number): Random {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** What bytes of the wire are often made of: tags, lengths, ends of varints. */
const TELLING = [0x00, 0x01, 0x02, 0x03, 0x08, 0x0a, 0x0b, 0x10, 0x12, 0x18, 0x1a, 0x20, 0x22, 0x7f, 0x80, 0xff];

/** One to three small changes. */
export function mutate(bytes: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  let changed = bytes;
  for (let left = 1 + random(3); left > 0; left--) changed = step(changed, others, random);
  return changed;
}

function step(bytes: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  const at = random(bytes.length + 1);
  const length = random(Math.min(12, bytes.length - at) + 1);
  const head = bytes.subarray(0, at);
  const slice = bytes.subarray(at, at + length);
  const tail = bytes.subarray(at + length);
  const other = others[random(others.length)] ?? bytes;
  const from = random(other.length + 1);
  switch (random(9)) {
    case 0:
      return flipped(bytes, at, 1 << random(8));
    case 1:
      return replaced(bytes, at, TELLING[random(TELLING.length)] ?? 0);
    case 2:
      return Buffer.concat([head, tail]);
    case 3:
      return Buffer.concat([head, slice, slice, tail]);
    case 4:
      return Buffer.concat([head, Buffer.from([TELLING[random(TELLING.length)] ?? 0]), slice, tail]);
    case 5:
      return Buffer.concat([head, other.subarray(from, from + random(12)), slice, tail]);
    case 6:
      return lengthened(bytes, at);
    case 7:
      return withLengths(bytes, at, slice, random);
    default:
      return Buffer.concat([tail, head]);
  }
}

function flipped(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  return replaced(bytes, at, (bytes[at] ?? 0) ^ bit);
}

function replaced(bytes: Uint8Array, at: number, value: number): Uint8Array {
  return at < bytes.length ? Uint8Array.from(bytes).with(at, value) : bytes;
}

/** The same varint, one byte longer. */
function lengthened(bytes: Uint8Array, at: number): Uint8Array {
  const byte = bytes[at] ?? 0;
  return Buffer.concat([bytes.subarray(0, at), Buffer.from([byte | 0x80, 0]), bytes.subarray(at + 1)]);
}

/** Something put into a message at the end, with the lengths around it mended: what a flat change never reaches. */
function withLengths(bytes: Uint8Array, at: number, slice: Uint8Array, random: Random): Uint8Array {
  const inner = Buffer.concat([slice, Buffer.from([TELLING[random(TELLING.length)] ?? 0, random(3)])]);
  const wrapped = Buffer.concat([Buffer.from([(bytes[at] ?? 0x1a) | 2, inner.length]), inner]);
  return Buffer.concat([bytes.subarray(0, at), wrapped]);
}
