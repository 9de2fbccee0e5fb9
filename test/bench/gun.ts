import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { decodeBinary } from "../../lsp/wire/metadata.ts";
import { verifyFrame } from "../../lsp/wire/signature.ts";
import { gunProgram } from "../regtest/build.ts";
import { customer, isSuccess, signedGetCfg } from "./customers.ts";
import type { Figures } from "./rounds.ts";
import { openSlots, type RowsOfBytes, readRows, rowBytes } from "./slots.ts";

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

export interface Gun {
  /** Of the load program. */
  readonly pid: number;
  /**
   * Keeps exactly so many calls open for so long. One shot at a time.
   *
   * @throws Error if a call gets no answer, and AssertionError for an answer that is not what it must be
   */
  fire(shot: Shot): Promise<Figures>;
  close(): void;
}

/** One key with many requests in flight gets some of them refused: they overtake each other. */
const KEYS = 256;
const VERIFIED_ONE_IN = 100;
const COUNT_BYTES = 4;
const NS_PER_MS = 1_000_000;

/** Columns of a request (its frame and its signature) and of an answer, as test/gun/volley.go has them. */
const FRAME = 0;
const REQUEST_FIELDS = 2;
/** The request's row, the latency, and the end since the clock began, in nanoseconds; as text. */
const CALL = 0;
const BODY = 1;
const STATUS = 2;
const SIGNED = 3;
const ANSWER_FIELDS = 4;

type Program = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * The load of `bench:lsp`: signed unary `GetCfg` over TLS, of the same keys for every target, each with one request in
 * flight. What runs while the clock does is a program of its own (test/gun): Node would take a sixth of the machine.
 *
 * Frames are made and signed here before the clock runs. Every answer is looked at after: it must be a success of its own,
 * and one in a hundred has its signature verified too.
 */
export async function openGun(): Promise<Gun> {
  const customers = Array.from({ length: KEYS }, (_, at) => customer(at));
  const requests = openSlots(REQUEST_FIELDS);
  let nonce = BigInt(Date.now()) * 1000n;
  /** `turns` requests of each key, in rows that lie the number of keys apart. Forgets what was there. */
  const load = (turns: number): void => {
    requests.clear();
    for (let turn = 0; turn < turns; turn += 1) {
      nonce += 1n;
      for (const who of customers) {
        const { frame, signature } = signedGetCfg(who, nonce);
        requests.add(frame, signature);
      }
    }
  };
  const program = spawn(await gunProgram(), [], { stdio: ["pipe", "pipe", "pipe"] });
  const gone = ended(program);
  const read = openReader(program.stdout);
  return {
    pid: program.pid ?? 0,
    async fire({ nodeId, perSecondMax, ...shot }) {
      load(Math.ceil((perSecondMax * shot.ms) / 1000 / KEYS) + 2);
      program.stdin.write(`${JSON.stringify({ ...shot, keys: KEYS, rows: requests.count() })}\n`);
      program.stdin.write(requests.memory());
      const count = (await Promise.race([read(COUNT_BYTES), gone])).readUInt32LE();
      const memory = await Promise.race([read(count * rowBytes(ANSWER_FIELDS)), gone]);
      const answers = readRows(memory, ANSWER_FIELDS);
      for (let row = 0; row < count; row += 1) judge(requests, answers, row, nodeId);
      return { ...figures(answers, shot.ms), answers: count };
    },
    close: () => program.kill("SIGKILL"),
  };
}

/** Rejects when the program is gone, with what it said. */
function ended(program: Program): Promise<never> {
  let said = "";
  program.stderr.on("data", (chunk) => {
    said += chunk;
  });
  // Its end says more than a pipe that nobody reads.
  program.stdin.on("error", () => undefined);
  const gone = once(program, "close").then(() => {
    throw new Error(`the load program ended: ${said.trim()}`);
  });
  gone.catch(() => undefined);
  return gone;
}

/** Gives the next so many bytes of a stream; one question at a time. Never settles if the stream ends before. */
function openReader(from: Readable): (bytes: number) => Promise<Buffer> {
  let [held, heldBytes]: [Buffer[], number] = [[], 0];
  let [wanted, give]: [number, (bytes: Buffer) => void] = [Number.POSITIVE_INFINITY, () => undefined];
  const look = (): void => {
    if (heldBytes < wanted) return;
    const all = Buffer.concat(held);
    const taken = all.subarray(0, wanted);
    [held, heldBytes] = [[all.subarray(wanted)], heldBytes - wanted];
    wanted = Number.POSITIVE_INFINITY;
    give(taken);
  };
  from.on("data", (chunk: Buffer) => {
    held.push(chunk);
    heldBytes += chunk.length;
    look();
  });
  return (bytes) =>
    new Promise((resolve) => {
      [wanted, give] = [bytes, resolve];
      look();
    });
}

function judge(requests: RowsOfBytes, answers: RowsOfBytes, row: number, nodeId: string | undefined): void {
  const [body, status, signature] = [answers.bytes(row, BODY), answers.text(row, STATUS), answers.text(row, SIGNED)];
  if (nodeId === undefined) {
    const asked = requests.bytes(callOf(answers, row).row, FRAME);
    assert(status === "0" && body.equals(asked), `an echo is what was said: status ${status}`);
    return;
  }
  assert(isSuccess({ body, status, signature }) && signature !== "", `no signed success: status ${status}`);
  if (row % VERIFIED_ONE_IN !== 0) return;
  const der = decodeBinary(signature);
  assert(der !== undefined && verifyFrame(body, der, Buffer.from(nodeId, "hex")), "the answer's signature holds");
}

function figures(answers: RowsOfBytes, ms: number): Omit<Figures, "answers"> {
  const times = Float64Array.from({ length: answers.count() }, (_, row) => {
    const { latencyMs, endMs } = callOf(answers, row);
    return endMs <= ms ? latencyMs : Number.POSITIVE_INFINITY;
  }).sort();
  const late = times.indexOf(Number.POSITIVE_INFINITY);
  const inTime = late < 0 ? times.length : late;
  const at = (share: number): number => times[Math.ceil(inTime * share) - 1] ?? Number.NaN;
  return { perSecond: (inTime * 1000) / ms, p50ms: at(0.5), p99ms: at(0.99) };
}

function callOf(answers: RowsOfBytes, at: number): { row: number; latencyMs: number; endMs: number } {
  const [row = Number.NaN, latency = Number.NaN, end = Number.NaN] = answers.text(at, CALL).split(" ").map(Number);
  return { row, latencyMs: latency / NS_PER_MS, endMs: end / NS_PER_MS };
}
