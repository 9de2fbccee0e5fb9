import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { checkServerIdentity, createSecureContext } from "node:tls";
import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import {
  Channel,
  ChannelCredentials,
  Client,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { LND_BACKOFF_MS, LND_BYTES_MAX, LND_KEEPALIVE_MS } from "../limits.ts";

export type Done<A> = (error: ServiceError | null, answer: A | undefined) => void;

/** Calls of one lnd, by the methods of `proto/lnd`. */
export interface LndApi {
  /** `deadline` in milliseconds since 1970. */
  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    deadline: number,
    done: Done<MessageShape<O>>,
  ): void;
  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
  ): ClientReadableStream<MessageShape<O>>;
  close(): void;
}

export interface LndPlace {
  /** `host:port`. */
  readonly target: string;
  /** PEM text: the one certificate, or authority, that is trusted. */
  readonly certificate: string;
  /** Hex. */
  readonly macaroon: string;
  /** `LND_KEEPALIVE_MS`; only tests are in more of a hurry. */
  readonly keepAliveMs?: { readonly every: number; readonly answer: number };
}

/**
 * All services of lnd over one connection, which is made with the first call and made again when it is lost. Throws if
 * the certificate is none.
 *
 * The messages are generated from our own excerpt of lnd's .proto files, and nothing but gRPC and protobuf is loaded: the
 * process that has lnd's macaroon runs no code that its calls do not need. npm `lightning` brought 32 packages for them,
 * sends no keep-alive, so that a host that vanished is noticed after minutes, and after a long stop of lnd waits up to two
 * minutes until it tries again.
 */
export function openApi(place: LndPlace): LndApi {
  const keepAlive = place.keepAliveMs ?? LND_KEEPALIVE_MS;
  const channel = new Channel(place.target, credentialsOf(place), {
    "grpc.initial_reconnect_backoff_ms": LND_BACKOFF_MS.first,
    "grpc.max_reconnect_backoff_ms": LND_BACKOFF_MS.last,
    "grpc.keepalive_time_ms": keepAlive.every,
    "grpc.keepalive_timeout_ms": keepAlive.answer,
    "grpc.max_receive_message_length": LND_BYTES_MAX,
    // Node refuses an address as a TLS server name; what the certificate must name is checked below.
    ...(isIP(hostOf(place.target)) === 0 ? {} : { "grpc.ssl_target_name_override": "localhost" }),
    // A proxy of the environment is not for the way to our own node.
    "grpc.enable_http_proxy": 0,
    // A call that may have had its effect is not made twice behind our back.
    "grpc.enable_retries": 0,
    "grpc.service_config_disable_resolution": 1,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_channelz": 0,
  });
  // Of the credentials given here nothing is used: the channel has its own.
  const client = new Client(place.target, credentials.createInsecure(), { channelOverride: channel });
  return {
    unary({ parent, name, input, output }, request, deadline, done) {
      const path = `/${parent.typeName}/${name}`;
      client.makeUnaryRequest(path, encoderOf(input), decoderOf(output), create(input, request), { deadline }, done);
    },
    stream({ parent, name, input, output }, request) {
      const path = `/${parent.typeName}/${name}`;
      return client.makeServerStreamRequest(path, encoderOf(input), decoderOf(output), create(input, request));
    },
    close: () => channel.close(),
  };
}

function encoderOf<M extends DescMessage>(desc: M): (message: MessageShape<M>) => Buffer {
  return (message) => {
    const bytes = toBinary(desc, message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  };
}

function decoderOf<M extends DescMessage>(desc: M): (bytes: Buffer) => MessageShape<M> {
  // lnd adds fields from version to version, and most of what it has is not in the excerpt.
  return (bytes) => fromBinary(desc, bytes, { readUnknownFields: false });
}

/** The macaroon is bound to the TLS connection: gRPC sends it on no other. */
function credentialsOf({ target, certificate, macaroon }: LndPlace): ChannelCredentials {
  // Node takes any text for a list of authorities; this throws for what is no certificate.
  new X509Certificate(certificate);
  const context = createSecureContext({ ca: certificate, minVersion: "TLSv1.2" });
  const host = hostOf(target);
  const metadata = new Metadata();
  metadata.set("macaroon", macaroon);
  return credentials.combineChannelCredentials(
    ChannelCredentials.createFromSecureContext(context, {
      checkServerIdentity: (_, peer) => checkServerIdentity(host, peer),
    }),
    credentials.createFromMetadataGenerator((_, done) => done(null, metadata)),
  );
}

function hostOf(target: string): string {
  return target.slice(0, target.lastIndexOf(":")).replace(/^\[(.*)\]$/, "$1");
}
