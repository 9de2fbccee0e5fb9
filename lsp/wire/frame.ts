import { constants, gzipSync } from "node:zlib";
import { fail, ok, type Result } from "../../core/result.ts";
import { encodeFrame, FRAME_BYTES_MAX, type FrameError, PAYLOAD_BYTES_MAX, parseFrame } from "../../proto/frame.ts";
import { type GzipError, gunzipOne } from "../../proto/gzip.ts";
import { type RpcError, STATUS } from "./status.ts";

/** What a frame carries. */
export interface OpenedFrame {
  /** Flag 1: the message came as gzip. */
  readonly compressed: boolean;
  /** Serialized protobuf, inflated. Of an uncompressed frame it is a view. */
  readonly message: Uint8Array;
}

const FAULTS = {
  frame_flag: { status: STATUS.invalidArgument, message: "the frame's flag is neither 0 nor 1" },
  frame_length: { status: STATUS.invalidArgument, message: "the body is shorter than one frame" },
  frame_trailing: { status: STATUS.invalidArgument, message: "the body is longer than one frame" },
  frame_size: { status: STATUS.resourceExhausted, message: `the frame has more than ${FRAME_BYTES_MAX} bytes` },
  // The gRPC documents would have INTERNAL here, or UNIMPLEMENTED for an encoding that is not known. The original has
  // INVALID_ARGUMENT for both (docs/contract.md#compression), and its clients read that.
  encoding: { status: STATUS.invalidArgument, message: "the frame is compressed, but grpc-encoding is not gzip" },
  gzip_member: { status: STATUS.invalidArgument, message: "the frame's payload is not gzip" },
  gzip_trailing: { status: STATUS.invalidArgument, message: "the frame's payload is more than one gzip member" },
  gzip_size: {
    status: STATUS.resourceExhausted,
    message: `the frame inflates to more than ${PAYLOAD_BYTES_MAX} bytes`,
  },
} as const satisfies Record<FrameError["code"] | GzipError["code"] | "frame_size" | "encoding", RpcError>;

/**
 * Takes apart the whole body of a unary call: exactly one frame of FRAME_BYTES_MAX at most, its payload of PAYLOAD_BYTES_MAX
 * before and after inflating.
 *
 * @param wire the body as received: flag, length, payload (docs/contract.md#the-frame)
 * @param grpcEncoding the header of that name. It counts at flag 1 only: grpcio sends `gzip` with small frames at flag 0.
 * @returns INVALID_ARGUMENT for what is not one frame of this kind, RESOURCE_EXHAUSTED for what is too large
 */
export function openFrame(wire: Uint8Array, grpcEncoding: string | undefined): Result<OpenedFrame, RpcError> {
  if (wire.length > FRAME_BYTES_MAX) return fail(FAULTS.frame_size);
  const frame = parseFrame(wire);
  if (!frame.ok) return fail(FAULTS[frame.error.code]);
  const { compressed, payload } = frame.value;
  if (!compressed) return ok({ compressed, message: payload });
  if (grpcEncoding !== "gzip") return fail(FAULTS.encoding);
  const content = gunzipOne(payload, PAYLOAD_BYTES_MAX);
  return content.ok ? ok({ compressed, message: content.value }) : fail(FAULTS[content.error.code]);
}

/** RFC 1952 2.3.1: the byte for the system, and the value for Unix. */
const GZIP_OS_AT = 9;
const GZIP_OS_UNIX = 3;

/**
 * One frame around a serialized message.
 *
 * Compressed, it is what zlib's default makes: level 6, no time, system Unix. The original's client compresses the answer
 * again and compares bytes (docs/contract.md#compression), so every parameter is set here.
 *
 * On the caller's thread: 10 to 25 µs for a message of the contract, where zlib's thread pool takes 60 to 100 of CPU.
 */
export function makeFrame(message: Uint8Array, compressed: boolean): Buffer {
  if (!compressed) return encodeFrame(message);
  const payload = gzipSync(message, { level: 6, windowBits: 15, memLevel: 8, strategy: constants.Z_DEFAULT_STRATEGY });
  // The one byte of the header that zlib takes from the system that it was built on.
  payload[GZIP_OS_AT] = GZIP_OS_UNIX;
  return encodeFrame(payload, true);
}
