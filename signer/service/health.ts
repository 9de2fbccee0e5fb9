import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type ServerUnaryCall, type ServerWritableStream, type sendUnaryData, status } from "@grpc/grpc-js";
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Serving,
} from "../../proto/gen/grpc/health/v1/health_pb.js";

/** The names that `grpc.health.v1` knows: the whole process, and the one service. */
const SERVICES = ["", "signer.v1.Signer"];

/** Whether the signer would sign now, for anybody who watches. */
export interface Health {
  serving(): boolean;
  /** Looks again and tells watchers of a change. */
  update(): void;
  /** Ends every watch. */
  close(): void;
  check(call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void;
  watch(call: ServerWritableStream<Buffer, Buffer>): void;
}

/** `serving` is asked on every check; `update` is called where it may have changed. */
export function openHealth(serving: () => boolean): Health {
  const watchers = new Set<ServerWritableStream<Buffer, Buffer>>();
  /** Who watches a service that is not here. */
  const strangers = new Set<ServerWritableStream<Buffer, Buffer>>();
  let last = serving();
  const answer = (): Buffer => encode(serving() ? Serving.SERVING : Serving.NOT_SERVING);
  return {
    serving,
    update() {
      if (serving() === last) return;
      last = serving();
      for (const call of watchers) call.write(answer());
    },
    close() {
      for (const call of [...watchers, ...strangers]) call.end();
    },
    check(call, callback) {
      const service = serviceOf(call.request);
      if (service === undefined || !SERVICES.includes(service))
        callback({ code: status.NOT_FOUND, details: "no such service" });
      else callback(null, answer());
    },
    watch(call) {
      const service = serviceOf(call.request);
      // The protocol: an unknown service is answered and the call stays open, as it may be known later.
      if (service === undefined || !SERVICES.includes(service)) {
        call.write(encode(Serving.SERVICE_UNKNOWN));
        strangers.add(call);
      } else {
        call.write(answer());
        watchers.add(call);
      }
      for (const event of ["cancelled", "close"]) {
        call.on(event, () => {
          watchers.delete(call);
          strangers.delete(call);
        });
      }
    },
  };
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
