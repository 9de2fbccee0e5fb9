import { readFileSync } from "node:fs";
import {
  createFileRegistry,
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { bound } from "../tools/speed.ts";

const DEADLINE_MS = 30_000;

/** Calls of any service of lnd in protobuf's JSON form: bytes are base64, 64-bit numbers strings, names as in the file. */
export interface Rpc {
  /** `method` is `package.Service/Method`; of a stream of answers it is the last one. Rejects with grpc-js's error. */
  call<T>(method: string, request?: JsonValue): Promise<T>;
  /** The bytes of a request, for a client that sends the same ones many times. */
  encode(method: string, request: JsonValue): Buffer;
  /** From now on every call carries it. Hex, as the `macaroon` header has it. */
  authorize(macaroon: string): void;
  close(): void;
}

/** `protos` is a FileDescriptorSet, `certificate` the PEM file of the one certificate to be trusted. */
export function openRpc(target: string, certificate: string, protos: string): Rpc {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(protos)));
  const client = new Client(target, credentials.createSsl(readFileSync(certificate)), {
    // Node warns about a TLS server name that is an address; lnd's certificate names both.
    "grpc.ssl_target_name_override": "localhost",
    // After a restart of lnd: grpc-js alone would wait for up to two minutes before it tries again.
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 500,
  });
  const metadata = new Metadata();
  return {
    call<T>(method: string, request: JsonValue = {}) {
      const { input, output, methodKind } = describe(method);
      const path = `/${method}`;
      const write = (message: JsonValue): Buffer => Buffer.from(toBinary(input, fromJson(input, message)));
      const read = (bytes: Buffer): T => {
        const message = fromBinary(output, bytes);
        return toJson(output, message, { useProtoFieldName: true, alwaysEmitImplicit: true }) as T;
      };
      const options = { deadline: Date.now() + bound(DEADLINE_MS) };
      return new Promise<T>((resolve, reject) => {
        if (methodKind === "server_streaming") {
          let last: T | undefined;
          const stream = client.makeServerStreamRequest(path, write, read, request, metadata, options);
          stream.on("data", (message: T) => {
            last = message;
          });
          stream.once("error", reject);
          stream.once("end", () => last !== undefined && resolve(last));
        } else {
          client.makeUnaryRequest(path, write, read, request, metadata, options, (error, answer) =>
            error === null && answer !== undefined ? resolve(answer) : reject(error),
          );
        }
      });
    },
    encode(method, request) {
      const { input } = describe(method);
      return Buffer.from(toBinary(input, fromJson(input, request)));
    },
    authorize: (macaroon) => metadata.set("macaroon", macaroon),
    close: () => client.close(),
  };

  function describe(method: string): DescMethod {
    const [service = "", name = ""] = method.split("/");
    const found = registry.getService(service)?.methods.find((one) => one.name === name);
    if (found === undefined) throw new RangeError(`lnd has no ${method}`);
    return found;
  }
}
