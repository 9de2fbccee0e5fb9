import { create, toBinary } from "@bufbuild/protobuf";
import { Service } from "../../proto/gen/btc_lsp_pb.js";
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Serving,
} from "../../proto/gen/grpc/health/v1/health_pb.js";
import type { Incoming, Outgoing } from "../server/exchange.ts";
import { makeFrame, openFrame } from "../wire/frame.ts";
import { decodeRequest } from "../wire/request.ts";
import { STATUS } from "../wire/status.ts";

/** `Watch` is left away: it is a stream, and gRPC's clients fall back to nothing, which is a healthy server to them. */
export const HEALTH_PATH = `/${Health.typeName}/Check`;

/** "" is the whole process. */
const SERVICES: readonly string[] = ["", Service.typeName];

const UNKNOWN: Outgoing = { kind: "status", status: STATUS.notFound, message: "no such service" };

/** `grpc.health.v1`, for load balancers: not signed, as they would not look. */
export function openHealthMethod(ready: () => boolean): (incoming: Incoming) => Outgoing {
  const serving = answer(Serving.SERVING);
  const notServing = answer(Serving.NOT_SERVING);
  return ({ wire, headers }) => {
    const frame = openFrame(wire, headers["grpc-encoding"]);
    if (!frame.ok) return { kind: "status", ...frame.error };
    const request = decodeRequest(HealthCheckRequestSchema, frame.value.message);
    if (!request.ok) return { kind: "status", ...request.error };
    if (!SERVICES.includes(request.value.service)) return UNKNOWN;
    return ready() ? serving : notServing;
  };
}

function answer(status: Serving): Outgoing {
  const message = toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status }));
  return { kind: "plain", wire: makeFrame(message, false) };
}
