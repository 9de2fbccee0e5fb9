import { resolve } from "node:path";
import { createSecureContext } from "node:tls";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ChannelCredentials, Client, type ClientDuplexStream, credentials } from "@grpc/grpc-js";
import { fail, ok, type Result } from "../../core/result.ts";
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Serving,
} from "../../proto/gen/grpc/health/v1/health_pb.js";
import {
  GetIdentityRequestSchema,
  GetIdentityResponseSchema,
  GetRecordHashRequestSchema,
  GetRecordHashResponseSchema,
} from "../../proto/gen/signer/v1/signer_pb.js";
import { STREAM_MESSAGE_BYTES_MAX } from "../limits.ts";
import { type BatchResult, decodeBatchResult } from "../wire/clientbatch.ts";
import type { RecordFound } from "./witness.ts";

/** Where the signer is. */
export type SignerPlace =
  | { readonly socket: string }
  | {
      readonly host: string;
      readonly port: number;
      /** PEM: the private authority, and this client's certificate and key. */
      readonly authority: string;
      readonly certificate: string;
      readonly privateKey: string;
      /** The name in the server's certificate; "signer", which `signer certs` always puts there. */
      readonly serverName?: string;
    };

export interface SignerIdentity {
  readonly nodeId: string;
  readonly network: string;
  readonly version: string;
  readonly mode: string;
}

/** One connection and its stream. A new one is made for every attempt, so that back-off is in one hand. */
export interface SignerChannel {
  /** `detail` is gRPC's word for why, with the system's: `connect ENOENT /run/…`. */
  identity(
    deadlineMs: number,
  ): Promise<Result<SignerIdentity, { readonly code: "unreachable"; readonly detail: string }>>;
  /** Whether it says of itself that it would sign now (`grpc.health.v1`): false while it is paused, for one. */
  serving(deadlineMs: number): Promise<boolean>;
  /** What its log says of one record; undefined where it does not answer. */
  recordHash(seq: bigint, deadlineMs: number): Promise<RecordFound | undefined>;
  /** The stream of batches. Answers that are none end it. */
  stream(): ClientDuplexStream<Buffer, BatchResult | undefined>;
  close(): void;
}

const same = (bytes: Buffer): Buffer => bytes;

export function openSignerChannel(place: SignerPlace): SignerChannel {
  const [address, credential, options] = addressOf(place);
  const client = new Client(address, credential, {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.max_receive_message_length": STREAM_MESSAGE_BYTES_MAX,
    "grpc.enable_channelz": 0,
    "grpc.enable_retries": 0,
    "grpc.service_config_disable_resolution": 1,
    ...options,
  });
  const request = Buffer.from(toBinary(GetIdentityRequestSchema, { $typeName: "signer.v1.GetIdentityRequest" }));
  const check = Buffer.from(
    toBinary(HealthCheckRequestSchema, { $typeName: "grpc.health.v1.HealthCheckRequest", service: "signer.v1.Signer" }),
  );
  const ask = <T>(path: string, bytes: Buffer, read: (answer: Buffer) => T, deadlineMs: number) =>
    new Promise<Result<T, string>>((resolve) => {
      try {
        client.makeUnaryRequest(path, same, read, bytes, { deadline: Date.now() + deadlineMs }, (error, value) =>
          resolve(value === undefined ? fail(error?.details ?? "no answer") : ok(value)),
        );
      } catch (error) {
        // grpc-js throws for a channel that was closed a moment ago.
        resolve(fail(String(error)));
      }
    });
  return {
    async identity(deadlineMs) {
      const read = (bytes: Buffer) => fromBinary(GetIdentityResponseSchema, bytes);
      const found = await ask("/signer.v1.Signer/GetIdentity", request, read, deadlineMs);
      if (!found.ok) return fail({ code: "unreachable", detail: found.error });
      const { network, version, mode } = found.value;
      return ok({ nodeId: Buffer.from(found.value.nodeId).toString("hex"), network, version, mode });
    },
    async serving(deadlineMs) {
      const read = (bytes: Buffer) => fromBinary(HealthCheckResponseSchema, bytes);
      const found = await ask("/grpc.health.v1.Health/Check", check, read, deadlineMs);
      return found.ok && found.value.status === Serving.SERVING;
    },
    async recordHash(seq, deadlineMs) {
      const bytes = toBinary(GetRecordHashRequestSchema, create(GetRecordHashRequestSchema, { auditSeq: seq }));
      const read = (answer: Buffer) => fromBinary(GetRecordHashResponseSchema, answer);
      const found = await ask("/signer.v1.Signer/GetRecordHash", Buffer.from(bytes), read, deadlineMs);
      if (!found.ok) return undefined;
      const { auditHead, firstSeq, lastSeq } = found.value;
      return { head: auditHead.length === 0 ? undefined : auditHead, first: firstSeq, last: lastSeq };
    },
    stream: () => client.makeBidiStreamRequest("/signer.v1.Signer/SignStream", same, decodeBatchResult),
    close: () => client.close(),
  };
}

function addressOf(place: SignerPlace): [string, ChannelCredentials, Record<string, string>] {
  if ("socket" in place) return [`unix:${resolve(place.socket)}`, credentials.createInsecure(), {}];
  const { host, port, authority, certificate, privateKey, serverName = "signer" } = place;
  const context = createSecureContext({ ca: authority, cert: certificate, key: privateKey, minVersion: "TLSv1.3" });
  const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return [
    address,
    ChannelCredentials.createFromSecureContext(context),
    { "grpc.ssl_target_name_override": serverName, "grpc.default_authority": serverName },
  ];
}
