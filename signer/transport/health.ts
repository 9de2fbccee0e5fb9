import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Serving,
} from "../../proto/gen/grpc/health/v1/health_pb.js";
import { SIGNER_STATUS, type StreamCall } from "./call.ts";

/** The names that `grpc.health.v1` knows: the whole process, and the one service. */
const SERVICES = ["", "signer.v1.Signer"];

/** Whether the signer would sign now, for anybody who watches. */
export interface Health {
  serving(): boolean;
  /** Looks again and tells watchers of a change. */
  update(): void;
  /** Ends every watch. */
  close(): void;
  check(request: Buffer, call: StreamCall): void;
  watch(request: Buffer, call: StreamCall): void;
  /** The call of a watch is gone. */
  leave(call: StreamCall): void;
}

/** `serving` is asked on every check; `update` is called where it may have changed. */
export function openHealth(serving: () => boolean): Health {
  const watchers = new Set<StreamCall>();
  /** Who watches a service that is not here. */
  const strangers = new Set<StreamCall>();
  let last = serving();
  const answer = (): Buffer => encode(serving() ? Serving.SERVING : Serving.NOT_SERVING);
  return {
    serving,
    update() {
      if (serving() === last) return;
      last = serving();
      for (const call of watchers) call.send(answer());
    },
    close() {
      for (const call of [...watchers, ...strangers]) call.end();
    },
    check(request, call) {
      if (!isKnown(request)) return call.end(SIGNER_STATUS.notFound, "no such service");
      call.send(answer());
      call.end();
    },
    watch(request, call) {
      // The protocol: an unknown service is answered and the call stays open, as it may be known later.
      call.send(isKnown(request) ? answer() : encode(Serving.SERVICE_UNKNOWN));
      (isKnown(request) ? watchers : strangers).add(call);
    },
    leave(call) {
      watchers.delete(call);
      strangers.delete(call);
    },
  };
}

function isKnown(request: Buffer): boolean {
  const service = serviceOf(request);
  return service !== undefined && SERVICES.includes(service);
}

function encode(serving: Serving): Buffer {
  return Buffer.from(toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status: serving })));
}

function serviceOf(request: Buffer): string | undefined {
  try {
    return fromBinary(HealthCheckRequestSchema, request).service;
  } catch {
    // Not a request at all is not a service either.
    return undefined;
  }
}
