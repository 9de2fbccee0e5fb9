import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { checkServerIdentity, createSecureContext } from "node:tls";
import {
  type CallOptions,
  Channel,
  ChannelCredentials,
  type Client,
  type ClientReadableStream,
  credentials,
  Metadata,
  makeGenericClientConstructor,
  type ServiceClientConstructor,
  type ServiceDefinition,
  type ServiceError,
} from "@grpc/grpc-js";
import { authenticatedLndGrpc, unauthenticatedLndGrpc } from "lightning";
import { LND_BACKOFF_MS, LND_KEEPALIVE_MS } from "../limits.ts";

export type Done<A> = (error: ServiceError | null, answer: A | undefined) => void;

type Unary<Q, A> = (request: Q, options: CallOptions, done: Done<A>) => unknown;

/**
 * The calls of lnd that the LSP makes, in the package's form: names and fields as in lnd's .proto files, bytes as Buffer,
 * enums as their names.
 */
export interface LndApi {
  readonly default: { getInfo: Unary<object, GetInfoResponse> };
  readonly signer: { signMessage: Unary<SignMessageRequest, SignMessageResponse> };
  readonly chain: { registerBlockEpochNtfn(after: BlockEpoch | object): ClientReadableStream<BlockEpoch> };
  readonly status: { getState: Unary<object, GetStateResponse> };
  readonly unlocker: { unlockWallet: Unary<{ readonly wallet_password: Uint8Array }, object> };
  close(): void;
}

export interface GetInfoResponse {
  readonly identity_pubkey: string;
  readonly alias: string;
  readonly chains: readonly { readonly chain: string; readonly network: string }[];
  readonly version: string;
  readonly synced_to_chain: boolean;
  readonly block_height: number;
  readonly uris: readonly string[];
}

interface SignMessageRequest {
  readonly msg: Uint8Array;
  readonly key_loc: { readonly key_family: number; readonly key_index: number };
}

export interface SignMessageResponse {
  /** DER. */
  readonly signature: Buffer;
}

export interface GetStateResponse {
  readonly state: string;
}

export interface BlockEpoch {
  /** In the byte order of the protocol: the reverse of what people read. */
  readonly hash: Buffer;
  readonly height: number;
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
 * The package has lnd's .proto files and their types; the connection is ours, because its own cannot be told anything: it
 * sends no keep-alive, so that a host that vanished is noticed after minutes, and after a long stop of lnd it waits up to
 * two minutes until it tries again. The objects have the form of the package's own, so its methods take them too.
 */
export function openApi(place: LndPlace): LndApi {
  const keepAlive = place.keepAliveMs ?? LND_KEEPALIVE_MS;
  const channel = new Channel(place.target, credentialsOf(place), {
    "grpc.initial_reconnect_backoff_ms": LND_BACKOFF_MS.first,
    "grpc.max_reconnect_backoff_ms": LND_BACKOFF_MS.last,
    "grpc.keepalive_time_ms": keepAlive.every,
    "grpc.keepalive_timeout_ms": keepAlive.answer,
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
  const service = ([name, definition]: [string, ServiceDefinition]): [string, Client] => {
    const Service = makeGenericClientConstructor(definition, name);
    // Of the credentials given here nothing is used: the channel has its own.
    return [name, new Service(place.target, credentials.createInsecure(), { channelOverride: channel })];
  };
  // What methods a service has and what they take is in the .proto files, where TypeScript does not look.
  const services = Object.fromEntries(Object.entries(definitions()).map(service)) as unknown as Omit<LndApi, "close">;
  return { ...services, close: () => channel.close() };
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

let read: Record<string, ServiceDefinition> | undefined;

/** By the names that the package gives the services. Reading the .proto files takes half a second, once. */
function definitions(): Record<string, ServiceDefinition> {
  if (read !== undefined) return read;
  // Without a certificate: given one, the package sets an environment variable that says which ciphers gRPC may use.
  const clients: Record<string, Client> = { ...authenticatedLndGrpc({}).lnd, ...unauthenticatedLndGrpc({}).lnd };
  read = {};
  for (const [name, client] of Object.entries(clients)) {
    client.close();
    read[name] = (client.constructor as ServiceClientConstructor).service;
  }
  return read;
}
