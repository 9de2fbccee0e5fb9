import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { GetRecordHashRequestSchema, GetRecordHashResponseSchema } from "../../proto/gen/signer/v1/signer_pb.js";
import type { AuditLog } from "../audit/log.ts";
import type { SignPipeline } from "../engine/pipeline.ts";
import { decodeSignRequest, encodeSignResponse, type WireItem } from "../wire/batch.ts";
import { type CallHandler, SIGNER_STATUS, type StreamCall } from "./call.ts";
import { type ItemGate, openItemGate } from "./gate.ts";
import type { Health } from "./health.ts";
import { handleStream, type OpenStream } from "./stream.ts";

export interface MethodParts {
  readonly pipeline: SignPipeline;
  readonly health: Health;
  /** The encoded GetIdentityResponse: it never changes. */
  readonly identity: Buffer;
  /** What the log has of one record. */
  readonly hashOf: AuditLog["hashOf"];
}

/** What a method does with its call, and whether its one message has to come at once. */
interface Method {
  readonly unary: boolean;
  readonly open: (call: StreamCall) => CallHandler;
}

/** The methods of one client, by path. @param onStream told of each stream of batches that it opens */
export function methodsOf(
  client: string,
  { pipeline, health, identity, hashOf }: MethodParts,
  onStream: (stream: OpenStream) => void,
): ReadonlyMap<string, Method> {
  const gate = openItemGate();
  const sign = openSign(client, pipeline, gate);
  const signStream = (call: StreamCall): CallHandler => {
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
function unary(act: (request: Buffer, call: StreamCall) => void, leave?: (call: StreamCall) => void): Method {
  const open = (call: StreamCall): CallHandler => {
    let isThere = false;
    return {
      onMessage(message) {
        if (isThere) return call.end(SIGNER_STATUS.unimplemented, "one message is allowed");
        isThere = true;
        act(message, call);
      },
      onEnd() {
        if (!isThere) call.end(SIGNER_STATUS.unimplemented, "one message is needed");
      },
      onClose: () => leave?.(call),
    };
  };
  return { unary: true, open };
}

function answer(call: StreamCall, message: Uint8Array): void {
  call.send(message);
  call.end();
}

async function tellHash(request: Buffer, call: StreamCall, hashOf: AuditLog["hashOf"]): Promise<void> {
  try {
    const { auditSeq } = fromBinary(GetRecordHashRequestSchema, request);
    const { head, first, last } = await hashOf(auditSeq);
    const found = { auditHead: head ?? new Uint8Array(), firstSeq: BigInt(first), lastSeq: last };
    answer(call, toBinary(GetRecordHashResponseSchema, create(GetRecordHashResponseSchema, found)));
  } catch {
    // A request that is none, or a disk that does not read: the client asks again when it comes back.
    call.end(SIGNER_STATUS.unavailable, "the record cannot be read");
  }
}

/** Unary calls of one turn of the event loop share a flush, as the items of a batch do. */
function openSign(client: string, pipeline: SignPipeline, gate: ItemGate): (request: Buffer, call: StreamCall) => void {
  let gathered: { readonly item: WireItem; readonly bytes: number; readonly call: StreamCall }[] = [];
  const flush = async (): Promise<void> => {
    const calls = gathered;
    gathered = [];
    const items = calls.map(({ item }) => item);
    const { results, position } = await pipeline.submit(client, items);
    for (const [at, { call, bytes }] of calls.entries()) {
      gate.leave(1, bytes);
      const result = results[at];
      if (result !== undefined) answer(call, encodeSignResponse(result, position));
    }
  };
  return (request, call) => {
    const item = decodeSignRequest(request);
    if (item === undefined) return call.end(SIGNER_STATUS.invalidArgument, "not a SignRequest");
    if (gate.full()) return call.end(SIGNER_STATUS.resourceExhausted, "too much in flight");
    gate.enter(1, request.length);
    gathered.push({ item, bytes: request.length, call });
    if (gathered.length === 1) setImmediate(() => void flush());
  };
}
