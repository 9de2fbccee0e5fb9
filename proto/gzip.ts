import { crc32, inflateRawSync } from "node:zlib";
import { fail, ok, type Result } from "../core/result.ts";

export interface GzipError {
  readonly code: /** Not one whole member: its header, its data, its sum or its length are wrong. */
    | "gzip_member"
    /** A second member, or anything else after the first. */
    | "gzip_trailing"
    /** More than the limit comes out of it. */
    | "gzip_size";
}

/** RFC 1952 2.3: ten bytes without optional fields, then deflate, then CRC-32 and length, eight bytes. */
const HEADER = 10;
const TRAILER = 8;
const MAGIC = [0x1f, 0x8b, /* deflate */ 8, /* no flags */ 0] as const;

/**
 * The content of exactly one gzip member, `max` bytes of it at most. Not `gunzipSync`: that one takes several members,
 * skips what comes after them, and does not say so. Optional header fields (names, comments) are refused: no gRPC library
 * writes them, and bytes that are signed should be bytes that are read.
 */
export function gunzipOne(bytes: Uint8Array, max: number): Result<Buffer, GzipError> {
  if (bytes.length < HEADER + TRAILER || MAGIC.some((byte, at) => bytes[at] !== byte)) {
    return fail({ code: "gzip_member" });
  }
  const inflated = inflateBounded(bytes.subarray(HEADER), max);
  if (!inflated.ok) return inflated;
  const { content, consumed } = inflated.value;
  const end = HEADER + consumed + TRAILER;
  if (end > bytes.length) return fail({ code: "gzip_member" });
  const trailer = Buffer.from(bytes.buffer, bytes.byteOffset + end - TRAILER, TRAILER);
  if (trailer.readUInt32LE(0) !== crc32(content) || trailer.readUInt32LE(4) !== content.length) {
    return fail({ code: "gzip_member" });
  }
  return end < bytes.length ? fail({ code: "gzip_trailing" }) : ok(content);
}

/** `consumed`: how many bytes the deflate stream itself has, whatever follows it. */
function inflateBounded(
  bytes: Uint8Array,
  max: number,
): Result<{ readonly content: Buffer; readonly consumed: number }, GzipError> {
  try {
    const { buffer, engine } = inflateRawSync(bytes, { maxOutputLength: max, info: true }) as unknown as Inflated;
    return ok({ content: buffer, consumed: engine.bytesWritten });
  } catch (error) {
    const tooLarge = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    return fail({ code: tooLarge ? "gzip_size" : "gzip_member" });
  }
}

/** What zlib's functions return with `info`; their types do not say it. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}
