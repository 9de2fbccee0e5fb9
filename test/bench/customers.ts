import { hash } from "node:crypto";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import native from "secp256k1/bindings.js";
import { makeFrame } from "../../lsp/wire/frame.ts";
import { encodeBinary, SIGNATURE_HEADER } from "../../lsp/wire/metadata.ts";
import { RequestSchema, ResponseSchema } from "../../proto/gen/btc_lsp/method/get_cfg_pb.js";

/** Somebody who asks an LSP, with a key of the test's own. */
export interface BenchCustomer {
  readonly privateKey: Buffer;
  /** 33 bytes. */
  readonly publicKey: Buffer;
}

/** A `GetCfg` request as it goes out: made and signed before any clock runs. */
export interface SignedCall {
  readonly frame: Buffer;
  /** The value of `sig-bin`. */
  readonly signature: string;
}

export interface BenchAnswer {
  /** The whole frame. */
  readonly body: Buffer;
  /** `grpc-status`; empty if there was none. */
  readonly status: string;
  /** The value of `sig-bin`; empty if there was none. */
  readonly signature: string;
}

const HEADER_BYTES = 5;

export function customer(at: number): BenchCustomer {
  const privateKey = hash("sha256", `customer ${at} of the tests`, "buffer");
  return { privateKey, publicKey: Buffer.from(native.publicKeyCreate(privateKey, true)) };
}

export function signedGetCfg({ privateKey, publicKey }: BenchCustomer, nonce: bigint): SignedCall {
  const ctx = { nonce: { val: nonce }, lnPubKey: { val: publicKey } };
  const frame = makeFrame(toBinary(RequestSchema, create(RequestSchema, { ctx })), false);
  const { signature } = native.ecdsaSign(hash("sha256", frame, "buffer"), privateKey);
  return { frame, signature: encodeBinary(native.signatureExport(signature)) };
}

/** @param authority PEM of whom the server's certificate is */
export async function dialServer(address: string, authority: string): Promise<ClientHttp2Session> {
  const session = connect(`https://${address}`, { ca: authority, servername: "localhost" });
  await new Promise((resolve, reject) => session.once("connect", resolve).once("error", reject));
  session.on("error", () => undefined);
  return session;
}

const { HTTP2_HEADER_PATH, HTTP2_HEADER_METHOD, HTTP2_HEADER_CONTENT_TYPE, HTTP2_HEADER_TE } = constants;

/** Rejects if the stream ends without an answer. */
export function askOnce(
  session: ClientHttp2Session,
  path: string,
  { frame, signature }: SignedCall,
): Promise<BenchAnswer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      [HTTP2_HEADER_METHOD]: "POST",
      [HTTP2_HEADER_PATH]: path,
      [HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
      [HTTP2_HEADER_TE]: "trailers",
      [SIGNATURE_HEADER]: signature,
    });
    const chunks: Buffer[] = [];
    const found = { status: "", signature: "" };
    const read = (headers: Record<string, unknown>): void => {
      if (headers["grpc-status"] !== undefined) found.status = String(headers["grpc-status"]);
      if (headers[SIGNATURE_HEADER] !== undefined) found.signature = String(headers[SIGNATURE_HEADER]);
    };
    stream.on("response", read);
    stream.on("trailers", read);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("close", () => reject(new Error("the stream ended without an answer")));
    stream.on("end", () => {
      if (found.status === "") reject(new Error("the stream ended without a status"));
      else resolve({ ...found, body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks) });
    });
    stream.end(frame);
  });
}

export function isSuccess({ status, body }: BenchAnswer): boolean {
  if (status !== "0") return false;
  const { ctx, either } = fromBinary(ResponseSchema, body.subarray(HEADER_BYTES));
  return ctx !== undefined && either.case === "success";
}
