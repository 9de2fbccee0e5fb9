import { connect } from "node:net";
import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  credentials,
  type ServiceError,
} from "@grpc/grpc-js";
import { bound } from "../../tools/speed.ts";
import { eventually } from "../../tools/wait.ts";

const same = (bytes: Buffer): Buffer => bytes;

/** A plain grpc-js client that shares no code with ours. */
export interface Caller {
  call<Out extends DescMessage>(path: string, request: Uint8Array, schema: Out): Promise<MessageShape<Out>>;
  stream(): ClientDuplexStream<Buffer, Buffer>;
  close(): void;
}

export function openSignerCaller(
  address: string,
  credential: ChannelCredentials = credentials.createInsecure(),
  options: Record<string, string | number> = {},
): Caller {
  const client = new Client(address, credential, { "grpc.use_local_subchannel_pool": 1, ...options });
  return {
    call: (path, request, schema) =>
      new Promise((resolve, reject) => {
        const deadline = Date.now() + bound(10_000);
        client.makeUnaryRequest(path, same, same, Buffer.from(request), { deadline }, (error, bytes) => {
          if (error !== null || bytes === undefined) reject(error ?? new Error("no answer"));
          else resolve(fromBinary(schema, bytes));
        });
      }),
    stream: () => client.makeBidiStreamRequest("/signer.v1.Signer/SignStream", same, same),
    close: () => client.close(),
  };
}

/** The status that a call or a stream ended with. */
export function statusOfStream(call: ClientDuplexStream<Buffer, Buffer>): Promise<ServiceError> {
  return new Promise((resolve) => call.once("error", (error) => resolve(error as ServiceError)));
}

/** Waits until something holds that has no event of its own. */
export function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  return eventually(what, holds);
}

/** One line to the admin socket, and what it answers. */
export function askAdminLine(path: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(path, () => socket.write(line));
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
  });
}
