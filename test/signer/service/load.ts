import { createHash } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import native from "secp256k1/bindings.js";
import { SignResponseSchema } from "../../../proto/gen/signer/v1/signer_pb.js";
import type { SignerClient } from "../../../signer/client/client.ts";
import { goodFrame, KEY_HEX, METHOD } from "./frames.ts";
import { frameRequest } from "./messages.ts";

/** One round of load. */
export interface Load {
  readonly inFlight: number;
  readonly perSecond: number;
  readonly p50ms: number;
  readonly p99ms: number;
}

/** Keeps `inFlight` questions open for `ms`. `ask` must throw for anything but a signature. */
export async function runLoad(ask: () => Promise<void>, inFlight: number, ms: number): Promise<Load> {
  const times: number[] = [];
  const start = performance.now();
  const end = start + ms;
  const loop = async (): Promise<void> => {
    for (let at = performance.now(); at < end; ) {
      await ask();
      const now = performance.now();
      times.push(now - at);
      at = now;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  const seconds = (performance.now() - start) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { inFlight, perSecond: times.length / seconds, p50ms: at(0.5), p99ms: at(0.99) };
}

/** Asks through our client: SignStream. */
export function streamAsk(client: SignerClient): () => Promise<void> {
  return async () => {
    const result = await client.sign(goodFrame(), METHOD, "response");
    if (result.kind !== "signed") throw new Error(JSON.stringify(result));
  };
}

/** Asks by the unary call of a plain grpc-js client. */
export function unaryAsk(socket: string): { ask: () => Promise<void>; close: () => void } {
  const client = new Client(`unix:${socket}`, credentials.createInsecure());
  const same = (bytes: Buffer): Buffer => bytes;
  const ask = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const request = frameRequest(goodFrame(), METHOD);
      client.makeUnaryRequest("/signer.v1.Signer/Sign", same, same, request, (error, bytes) => {
        if (error !== null || bytes === undefined) return reject(error ?? new Error("no answer"));
        const { result } = fromBinary(SignResponseSchema, bytes);
        return result.case === "signature" ? resolve() : reject(new Error(JSON.stringify(result)));
      });
    });
  return { ask, close: () => client.close() };
}

/** Bare libsecp256k1 in one thread, SHA-256 of the frame and DER included: the limit of everything else. */
export function bareLimit(ms: number): number {
  const key = Buffer.from(KEY_HEX, "hex");
  const frame = goodFrame();
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < ms) {
    for (let at = 0; at < 100; at += 1) {
      frame.writeUInt32BE(count++, 20);
      native.signatureExport(native.ecdsaSign(createHash("sha256").update(frame).digest(), key).signature);
    }
  }
  return count / ((performance.now() - start) / 1000);
}
