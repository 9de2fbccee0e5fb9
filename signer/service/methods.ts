import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { GetRecordHashRequestSchema, GetRecordHashResponseSchema } from "../../proto/gen/signer/v1/signer_pb.js";
import type { AuditLog } from "../audit/log.ts";
import { type Call, type CallHandler, STATUS } from "./call.ts";
import { type Gate, openGate } from "./gate.ts";
import type { Health } from "./health.ts";
import type { Pipeline } from "./sign.ts";
import { handleStream, type OpenStream } from "./stream.ts";
import { decodeRequest, encodeResponse, type WireItem } from "./wire.ts";

export interface MethodParts {
  readonly pipeline: Pipeline;
  readonly health: Health;
  /** The encoded GetIdentityResponse: it never changes. */
  readonly identity: Buffer;
  /** What the log has of one record. */
  readonly hashOf: AuditLog["hashOf"];
}

/** What a method does with its call, and whether its one message has to come at once. */
interface Method {
  readonly unary: boolean;
  readonly open: (call: Call) => CallHandler;
}

/** The methods of one client, by path. @param onStream told of each stream of batches that it opens */
export function methodsOf(
  client: string,
  { pipeline, health, identity, hashOf }: MethodParts,
  onStream: (stream: OpenStream) => void,
): ReadonlyMap<string, Method> {
  const gate = openGate();
  const sign = openSign(client, pipeline, gate);
  const signStream = (call: Call): CallHandler => {
    const stream = handleStream(call, client, pipeline, gate);
    onStream(stream);
    return stream.handler;
  };
  return new Map<string, Method>([
    ["/signer.v1.Signer/Sign", unary(sign)],
    ["/signer.v1.Signer/SignStream", { unary: false, open: signStream }],
    ["/signer.v1.Signer/GetIdentity", unary((_request, call) => answer(call, identity))],
    ["/signer.v1.Signer/GetRecordHash", unary((request, call) => void tellHash(request, call, hashOf))],
    ["/grpc.health.v1.Health/Check", unary(health.check)],
    ["/grpc.health.v1.Health/Watch", unary(health.watch, health.leave)],
  ]);
}

/** A method with one message: a second one is a fault, and so is none. */
function unary(act: (request: Buffer, call: Call) => void, leave?: (call: Call) => void): Method {
  const open = (call: Call): CallHandler => {
    let isThere = false;
    return {
      onMessage(message) {
        if (isThere) return call.end(STATUS.unimplemented, "one message is allowed");
        isThere = true;
        act(message, call);
      },
      onEnd() {
        if (!isThere) call.end(STATUS.unimplemented, "one message is needed");
      },
      onClose: () => leave?.(call),
    };
  };
  return { unary: true, open };
}

function answer(call: Call, message: Uint8Array): void {
  call.send(message);
  call.end();
}

async function tellHash(request: Buffer, call: Call, hashOf: AuditLog["hashOf"]): Promise<void> {
  try {
    const { auditSeq } = fromBinary(GetRecordHashRequestSchema, request);
    const { head, first, last } = await hashOf(auditSeq);
    const found = { auditHead: head ?? new Uint8Array(), firstSeq: BigInt(first), lastSeq: last };
    answer(call, toBinary(GetRecordHashResponseSchema, create(GetRecordHashResponseSchema, found)));
  } catch {
    // A request that is none, or a disk that does not read: the client asks again when it comes back.
    call.end(STATUS.unavailable, "the record cannot be read");
  }
}

/** Unary calls of one turn of the event loop share a flush, as the items of a batch do. */
function openSign(client: string, pipeline: Pipeline, gate: Gate): (request: Buffer, call: Call) => void {
  let gathered: { readonly item: WireItem; readonly bytes: number; readonly call: Call }[] = [];
  const flush = async (): Promise<void> => {
    const calls = gathered;
    gathered = [];
    const items = calls.map(({ item }) => item);
    const { results, position } = await pipeline.submit(client, items);
    for (const [at, { call, bytes }] of calls.entries()) {
      gate.leave(1, bytes);
      const result = results[at];
      if (result !== undefined) answer(call, encodeResponse(result, position));
    }
  };
  return (request, call) => {
    const item = decodeRequest(request);
    if (item === undefined) return call.end(STATUS.invalidArgument, "not a SignRequest");
    if (gate.full()) return call.end(STATUS.resourceExhausted, "too much in flight");
    gate.enter(1, request.length);
    gathered.push({ item, bytes: request.length, call });
    if (gathered.length === 1) setImmediate(() => void flush());
  };
}
