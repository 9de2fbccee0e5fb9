/**
 * The load program of `bench:lsp`, a process of its own: signed unary `GetCfg` over TLS. Reads one `Shot` as JSON a line
 * and answers each with a `Hit`. Its keys are the same for every target, and each has one request in flight.
 *
 * Frames are made and signed before the clock runs. Every answer is looked at after: it must be a success of its own, and
 * one in a hundred has its signature verified here too.
 */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { createInterface } from "node:readline";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import native from "secp256k1/bindings.js";
import { makeFrame } from "../../lsp/wire/frame.ts";
import { decodeBinary, encodeBinary, SIGNATURE_HEADER } from "../../lsp/wire/metadata.ts";
import { verifyFrame } from "../../lsp/wire/signature.ts";
import { RequestSchema, ResponseSchema } from "../../proto/gen/btc_lsp/method/get_cfg_pb.js";

export interface Shot {
  readonly address: string;
  /** PEM of the authority. */
  readonly authority: string;
  readonly path: string;
  /** Who must have signed the answers; undefined: an echo, whose answers are the questions. */
  readonly nodeId?: string;
  readonly inFlight: number;
  readonly ms: number;
  /** More requests than this a second are not expected; so many are made beforehand. */
  readonly perSecondMax: number;
}

export interface Hit {
  /** Within the time. */
  readonly perSecond: number;
  readonly p50ms: number;
  readonly p99ms: number;
  /** All that came, also after the time. */
  readonly answers: number;
}

/** One key with many requests in flight gets some of them refused: they overtake each other (spec/lsp-signer.md 4.4). */
const KEYS = 256;
const HEADER_BYTES = 5;
const VERIFIED_ONE_IN = 100;

interface Customer {
  readonly privateKey: Buffer;
  readonly publicKey: Buffer;
  readonly loaded: Loaded[];
}

interface Loaded {
  readonly frame: Buffer;
  readonly signature: string;
}

interface Answer {
  readonly asked: Loaded;
  readonly body: Buffer;
  readonly status: string;
  readonly signature: string;
}

const customers: readonly Customer[] = Array.from({ length: KEYS }, (_, at) => {
  const privateKey = hash("sha256", `customer ${at} of the bench`, "buffer");
  return { privateKey, publicKey: Buffer.from(native.publicKeyCreate(privateKey, true)), loaded: [] };
});
let nonce = BigInt(Date.now()) * 1000n;
const { HTTP2_HEADER_PATH, HTTP2_HEADER_METHOD, HTTP2_HEADER_CONTENT_TYPE, HTTP2_HEADER_TE } = constants;
const sessions = new Map<string, ClientHttp2Session>();

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await fire(JSON.parse(line) as Shot))}\n`);
}
for (const session of sessions.values()) session.destroy();

async function fire(shot: Shot): Promise<Hit> {
  load(Math.ceil((shot.perSecondMax * shot.ms) / 1000 / KEYS) + 2);
  const session = await sessionTo(shot);
  const answers: Answer[] = [];
  const times: number[] = [];
  const free = [...customers];
  const start = performance.now();
  const end = start + shot.ms;
  const loop = async (): Promise<void> => {
    for (let before = performance.now(); before < end; ) {
      const customer = free.shift() as Customer;
      const asked = customer.loaded.pop();
      assert(asked, "more requests a second than were made; raise perSecondMax");
      answers.push(await call(session, shot.path, asked));
      free.push(customer);
      const now = performance.now();
      if (now <= end) times.push(now - before);
      before = now;
    }
  };
  await Promise.all(Array.from({ length: shot.inFlight }, loop));
  for (const customer of customers) customer.loaded.length = 0;
  for (const [at, answer] of answers.entries()) judge(answer, shot.nodeId, at % VERIFIED_ONE_IN === 0);
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.ceil(times.length * share) - 1] ?? Number.NaN;
  return { perSecond: (times.length * 1000) / shot.ms, p50ms: at(0.5), p99ms: at(0.99), answers: answers.length };
}

/** `count` requests for each key, made backward: they are taken from the end. */
function load(count: number): void {
  const highest = nonce + BigInt(count);
  for (const { privateKey, publicKey, loaded } of customers) {
    const ctx = (value: bigint) => ({ nonce: { val: value }, lnPubKey: { val: publicKey } });
    for (let value = highest; value > nonce; value -= 1n) {
      const frame = makeFrame(toBinary(RequestSchema, create(RequestSchema, { ctx: ctx(value) })), false);
      const { signature } = native.ecdsaSign(hash("sha256", frame, "buffer"), privateKey);
      loaded.push({ frame, signature: encodeBinary(native.signatureExport(signature)) });
    }
  }
  nonce = highest;
}

async function sessionTo({ address, authority }: Shot): Promise<ClientHttp2Session> {
  const known = sessions.get(address);
  if (known !== undefined && !known.destroyed) return known;
  const session = connect(`https://${address}`, { ca: authority, servername: "localhost" });
  await new Promise((resolve, reject) => session.once("connect", resolve).once("error", reject));
  sessions.set(address, session);
  return session;
}

function call(session: ClientHttp2Session, path: string, asked: Loaded): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      [HTTP2_HEADER_METHOD]: "POST",
      [HTTP2_HEADER_PATH]: path,
      [HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
      [HTTP2_HEADER_TE]: "trailers",
      [SIGNATURE_HEADER]: asked.signature,
    });
    const chunks: Buffer[] = [];
    let status = "";
    let signature = "";
    const read = (headers: Record<string, unknown>): void => {
      if (headers["grpc-status"] !== undefined) status = String(headers["grpc-status"]);
      if (headers[SIGNATURE_HEADER] !== undefined) signature = String(headers[SIGNATURE_HEADER]);
    };
    stream.on("response", read);
    stream.on("trailers", read);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("end", () =>
      resolve({ asked, body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks), status, signature }),
    );
    stream.end(asked.frame);
  });
}

function judge({ asked, body, status, signature }: Answer, nodeId: string | undefined, thoroughly: boolean): void {
  assert.equal(status, "0");
  if (nodeId === undefined) {
    assert(body.equals(asked.frame), "an echo is what was said");
    return;
  }
  const { ctx, either } = fromBinary(ResponseSchema, body.subarray(HEADER_BYTES));
  assert.equal(either.case, "success");
  assert(ctx !== undefined && signature !== "");
  if (!thoroughly) return;
  const der = decodeBinary(signature);
  assert(der !== undefined && verifyFrame(body, der, Buffer.from(nodeId, "hex")), "the answer's signature holds");
}
