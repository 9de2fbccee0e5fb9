import { fail, ok, type Result } from "../core/result.ts";

/** Flag and length, before the payload. */
export const FRAME_HEADER = 5;

/** A whole frame, flag and length included, of a request or an answer. Messages of the contract are below 1 KiB. */
export const FRAME_BYTES_MAX = 65_536;

/** Its payload, as it is and inflated: compression is no way around the limit. */
export const PAYLOAD_BYTES_MAX: number = FRAME_BYTES_MAX - FRAME_HEADER;

/** A gRPC length-prefixed message, taken apart. `payload` is a view into the frame. */
export interface Frame {
  readonly compressed: boolean;
  readonly payload: Uint8Array;
}

export interface FrameError {
  readonly code: /** The first byte is neither 0 nor 1. */
    | "frame_flag"
    /** Fewer bytes than the header, or than the header says. */
    | "frame_length"
    /** More bytes than the header says: a second frame, or anything else. */
    | "frame_trailing";
}

/**
 * Takes apart exactly one frame: a flag byte, the payload's length as a big-endian uint32, the payload, and nothing after
 * it ("PROTOCOL-HTTP2", Length-Prefixed-Message).
 */
export function parseFrame(bytes: Uint8Array): Result<Frame, FrameError> {
  const flag = bytes[0];
  if (bytes.length < FRAME_HEADER) return fail({ code: "frame_length" });
  if (flag !== 0 && flag !== 1) return fail({ code: "frame_flag" });
  const length = declaredLength(bytes);
  if (length > bytes.length - FRAME_HEADER) return fail({ code: "frame_length" });
  if (length < bytes.length - FRAME_HEADER) return fail({ code: "frame_trailing" });
  return ok({ compressed: flag === 1, payload: bytes.subarray(FRAME_HEADER) });
}

/** One frame around a payload, which the caller has compressed if it says so. */
export function encodeFrame(payload: Uint8Array, compressed = false): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER + payload.length);
  frame.writeUInt8(compressed ? 1 : 0, 0);
  frame.writeUInt32BE(payload.length, 1);
  frame.set(payload, FRAME_HEADER);
  return frame;
}

function declaredLength(bytes: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, FRAME_HEADER).readUInt32BE(1);
}
