import { verifyFrame } from "../wire/signature.ts";

/** One signature to check. */
export interface SignatureClaim {
  readonly wire: Uint8Array;
  readonly der: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** Flag, lengths, and the three parts: two bytes for the frame's length, one for the signature's. */
const HEAD = 3;
const KEY = 33;
/** DER of two 32-byte numbers with a zero byte in front of each. */
const DER_MAX = 72;
/** Requests of the contract are below 200 bytes; a larger one is checked where it is. */
const WIRE_MAX = 1024;

/** Whether a claim has the size of one that holds. The others are refused, or are larger than any that is sent. */
export function isOrdinary({ wire, der, publicKey }: SignatureClaim): boolean {
  return wire.length <= WIRE_MAX && der.length <= DER_MAX && publicKey.length === KEY;
}

/** Ordinary claims as one piece of memory: a message to a thread costs by the objects in it, not by the bytes. */
export function pack(claims: readonly SignatureClaim[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const { wire, der } of claims) size += HEAD + wire.length + der.length + KEY;
  const packed = new Uint8Array(size);
  let at = 0;
  for (const { wire, der, publicKey } of claims) {
    packed[at] = wire.length >> 8;
    packed[at + 1] = wire.length & 0xff;
    packed[at + 2] = der.length;
    at += HEAD;
    for (const part of [wire, der, publicKey]) {
      packed.set(part, at);
      at += part.length;
    }
  }
  return packed;
}

/** One byte for each claim: 1 where it holds. */
export function verifyAll(packed: Uint8Array): Uint8Array<ArrayBuffer> {
  const verdicts: number[] = [];
  for (let at = 0; at < packed.length; ) {
    const der = at + HEAD + (((packed[at] ?? 0) << 8) | (packed[at + 1] ?? 0));
    const key = der + (packed[at + 2] ?? 0);
    const holds = verifyFrame(
      packed.subarray(at + HEAD, der),
      packed.subarray(der, key),
      packed.subarray(key, key + KEY),
    );
    verdicts.push(holds ? 1 : 0);
    at = key + KEY;
  }
  return Uint8Array.from(verdicts);
}
