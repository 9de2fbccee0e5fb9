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
import { type Answer, ask, customer, dial, getCfg, isSuccess, type Signed } from "./customers.ts";
import type { Figures } from "./rounds.ts";

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

interface Asked extends Answer {
  readonly question: Signed;
}

const customers = Array.from({ length: KEYS }, (_, at) => ({ who: customer(at), loaded: [] as Signed[] }));
let nonce = BigInt(Date.now()) * 1000n;
const sessions = new Map<string, ClientHttp2Session>();

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await fire(JSON.parse(line) as Shot))}\n`);
}
for (const session of sessions.values()) session.destroy();

async function fire(shot: Shot): Promise<Hit> {
  load(Math.ceil((shot.perSecondMax * shot.ms) / 1000 / KEYS) + 2);
  const session = await sessionTo(shot);
  const answers: Asked[] = [];
  const times: number[] = [];
  const free = [...customers];
  const start = performance.now();
  const end = start + shot.ms;
  const loop = async (): Promise<void> => {
    for (let before = performance.now(); before < end; ) {
      const one = free.shift() as (typeof customers)[number];
      const question = one.loaded.pop();
      assert(question, "more requests a second than were made; raise perSecondMax");
      answers.push({ ...(await ask(session, shot.path, question)), question });
      free.push(one);
      const now = performance.now();
      if (now <= end) times.push(now - before);
      before = now;
    }
  };
  await Promise.all(Array.from({ length: shot.inFlight }, loop));
  for (const { loaded } of customers) loaded.length = 0;
  for (const [at, answer] of answers.entries()) judge(answer, shot.nodeId, at % VERIFIED_ONE_IN === 0);
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.ceil(times.length * share) - 1] ?? Number.NaN;
  return { perSecond: (times.length * 1000) / shot.ms, p50ms: at(0.5), p99ms: at(0.99), answers: answers.length };
}

/** `count` requests for each key, made backward: they are taken from the end. */
function load(count: number): void {
  const highest = nonce + BigInt(count);
  for (const { who, loaded } of customers)
    for (let value = highest; value > nonce; value -= 1n) loaded.push(getCfg(who, value));
  nonce = highest;
}

async function sessionTo({ address, authority }: Shot): Promise<ClientHttp2Session> {
  const known = sessions.get(address);
  if (known !== undefined && !known.destroyed) return known;
  const session = await dial(address, authority);
  sessions.set(address, session);
  return session;
}

function judge(asked: Asked, nodeId: string | undefined, thoroughly: boolean): void {
  const { question, body, status, signature } = asked;
  if (nodeId === undefined) {
    assert(status === "0" && body.equals(question.frame), "an echo is what was said");
    return;
  }
  assert(isSuccess(asked) && signature !== "", `no signed success: status ${status}`);
  if (!thoroughly) return;
  const der = decodeBinary(signature);
  assert(der !== undefined && verifyFrame(body, der, Buffer.from(nodeId, "hex")), "the answer's signature holds");
}
