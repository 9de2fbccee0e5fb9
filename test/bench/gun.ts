/**
 * The load program of `bench:lsp`, a process of its own: signed unary `GetCfg` over TLS. Reads one `Shot` as JSON a line
 * and answers each with a `Hit`. Its keys are the same for every target, and each has one request in flight.
 *
 * Frames are made and signed before the clock runs. Every answer is looked at after: it must be a success of its own, and
 * one in a hundred has its signature verified here too.
 */
import assert from "node:assert/strict";
import type { ClientHttp2Session } from "node:http2";
import { createInterface } from "node:readline";
import { decodeBinary } from "../../lsp/wire/metadata.ts";
import { verifyFrame } from "../../lsp/wire/signature.ts";
import { ask, customer, dial, getCfg, isSuccess } from "./customers.ts";
import type { Figures } from "./rounds.ts";
import { openSlots } from "./slots.ts";

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

/** The figures are of what came within the time. */
export interface Hit extends Figures {
  /** All that came, also after the time. */
  readonly answers: number;
}

/** One key with many requests in flight gets some of them refused: they overtake each other (spec/lsp-signer.md 4.4). */
const KEYS = 256;
const VERIFIED_ONE_IN = 100;

/** Columns of a request, and of an answer after them. */
const FRAME = 0;
const SIGNATURE = 1;
const BODY = 0;
const STATUS = 1;
const SIGNED = 2;
const ROW = 3;

const customers = Array.from({ length: KEYS }, (_, at) => customer(at));
const requests = openSlots(2);
const answers = openSlots(4);
let nonce = BigInt(Date.now()) * 1000n;
const sessions = new Map<string, ClientHttp2Session>();

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await fire(JSON.parse(line) as Shot))}\n`);
}
for (const session of sessions.values()) session.destroy();

async function fire(shot: Shot): Promise<Hit> {
  const turns = Math.ceil((shot.perSecondMax * shot.ms) / 1000 / KEYS) + 2;
  load(turns);
  const session = await sessionTo(shot);
  const times = new Float64Array(turns * KEYS);
  let inTime = 0;
  /** Rows of requests that are next, one for each key that has none in flight. */
  const free = customers.map((_, at) => at);
  const start = performance.now();
  const end = start + shot.ms;
  const loop = async (): Promise<void> => {
    for (let before = performance.now(); before < end; ) {
      const row = free.shift() as number;
      assert(row < requests.count(), "more requests a second than were made; raise perSecondMax");
      const question = { frame: requests.bytes(row, FRAME), signature: requests.text(row, SIGNATURE) };
      const { body, status, signature } = await ask(session, shot.path, question);
      answers.add(body, status, signature, String(row));
      free.push(row + KEYS);
      const now = performance.now();
      if (now <= end) times[inTime++] = now - before;
      before = now;
    }
  };
  await Promise.all(Array.from({ length: shot.inFlight }, loop));
  for (let row = 0; row < answers.count(); row += 1) judge(row, shot.nodeId);
  const sorted = times.subarray(0, inTime).sort();
  const at = (share: number): number => sorted[Math.ceil(inTime * share) - 1] ?? Number.NaN;
  return { perSecond: (inTime * 1000) / shot.ms, p50ms: at(0.5), p99ms: at(0.99), answers: answers.count() };
}

/** `turns` requests of each key, in rows that lie the number of keys apart. Forgets what was there. */
function load(turns: number): void {
  requests.clear();
  answers.clear();
  for (let turn = 0; turn < turns; turn += 1) {
    nonce += 1n;
    for (const who of customers) {
      const { frame, signature } = getCfg(who, nonce);
      requests.add(frame, signature);
    }
  }
}

async function sessionTo({ address, authority }: Shot): Promise<ClientHttp2Session> {
  const known = sessions.get(address);
  if (known !== undefined && !known.destroyed) return known;
  const session = await dial(address, authority);
  sessions.set(address, session);
  return session;
}

function judge(row: number, nodeId: string | undefined): void {
  const [body, status, signature] = [answers.bytes(row, BODY), answers.text(row, STATUS), answers.text(row, SIGNED)];
  if (nodeId === undefined) {
    const asked = requests.bytes(Number(answers.text(row, ROW)), FRAME);
    assert(status === "0" && body.equals(asked), "an echo is what was said");
    return;
  }
  assert(isSuccess({ body, status, signature }) && signature !== "", `no signed success: status ${status}`);
  if (row % VERIFIED_ONE_IN !== 0) return;
  const der = decodeBinary(signature);
  assert(der !== undefined && verifyFrame(body, der, Buffer.from(nodeId, "hex")), "the answer's signature holds");
}
