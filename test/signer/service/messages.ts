import { create, toBinary } from "@bufbuild/protobuf";
import { Direction, SignRequestSchema } from "../../../proto/gen/signer/v1/signer_pb.js";

/** An encoded SignRequest, by the protobuf runtime and not by our own encoder. */
export function frameRequest(frame: Uint8Array, method: string, direction: Direction = Direction.RESPONSE): Buffer {
  return Buffer.from(toBinary(SignRequestSchema, create(SignRequestSchema, { frame, method, direction })));
}
