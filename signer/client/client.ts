import type { ClientDuplexStream } from "@grpc/grpc-js";
import { FRAME_BYTES_MAX } from "../../proto/frame.ts";
import { BACKOFF_MS, CLIENT_BATCH_ITEMS, CLIENT_WAITING_MAX, WITNESS_MS } from "../limits.ts";
import { type BatchResult, encodeBatch } from "../wire/clientbatch.ts";
import { openSignerChannel, type SignerChannel, type SignerPlace } from "./channel.ts";
import { openWitness, type WitnessAlarm } from "./witness.ts";

export type SignResult =
  /** DER, over the SHA-256 of the frame. */
  | { readonly kind: "signed"; readonly signature: Uint8Array }
  /** The policy's answer; the same question gets it again. */
  | { readonly kind: "refused"; readonly rule: string; readonly reason: string }
  /** No answer. The frame may have been signed and recorded all the same. */
  | { readonly kind: "unavailable"; readonly code: UnavailableCode };

export type UnavailableCode =
  | "deadline"
  /** The connection went away between question and answer. */
  | "disconnected"
  /** Too many wait already, or the frame is larger than any that is signed. */
  | "busy"
  | "frame_size"
  /** Who answers is another node, or on another network. */
  | "other_signer"
  /** `close` was called. */
  | "closed";

export interface SignerOptions {
  readonly place: SignerPlace;
  /** What must answer: 33 bytes in hex, and the network's name. */
  readonly nodeId: string;
  readonly network: string;
  /** Where the witness of the signer's log is kept; without it, only in memory. */
  readonly witnessFile?: string;
  readonly onAlarm?: (alarm: WitnessAlarm) => void;
  /** Told each time that the witness file could not be written, with the system's word. */
  readonly onWitnessFault?: (errno: string) => void;
  /** Told of each change of connection. */
  readonly onState?: (state: ConnectionState) => void;
  /** Items in one message; measured, and not to be changed but by a benchmark. */
  readonly batchItems?: number;
}

export type ConnectionState = "connecting" | "up" | "down" | "other_signer" | "closed";

export interface SignerClient {
  /**
   * Asks for a signature. Never rejects. All calls of one turn of the event loop cross as one message; `frame` must not
   * change before the turn is over.
   */
  sign(
    frame: Uint8Array,
    method: string,
    direction: "response" | "request",
    options?: { deadlineMs?: number },
  ): Promise<SignResult>;
  state(): ConnectionState;
  /** What waits for an answer now gets `closed`. Saves the witness. */
  close(): Promise<void>;
}

interface Item {
  readonly id: number;
  readonly frame: Uint8Array;
  readonly method: Buffer;
  readonly direction: "response" | "request";
  readonly expires: number;
  readonly resolve: (result: SignResult) => void;
}

const DEADLINE_MS = 2_000;
/** How exactly deadlines are kept: one timer for all items, where one each would cost what a batch saves. */
const SWEEP_MS = 20;
const METHOD_NAMES_MAX = 64;

const unavailable = (code: UnavailableCode): SignResult => ({ kind: "unavailable", code });

/** Opens the client that the LSP uses. It connects at once and goes on trying until `close`. */
export function openSigner(options: SignerOptions): SignerClient {
  return new Signer(options);
}

/** A class: a dozen callbacks of the connection share this state. */
class Signer implements SignerClient {
  readonly #options: SignerOptions;
  readonly #witness;
  readonly #sweep: NodeJS.Timeout;
  readonly #save: NodeJS.Timeout;
  readonly #methods = new Map<string, Buffer>();
  readonly #sent = new Map<number, Item>();
  #queue: Item[] = [];
  #nextId = 1;
  #scheduled = false;
  #blocked = false;
  #state: ConnectionState = "connecting";
  #channel: SignerChannel | undefined;
  #call: ClientDuplexStream<Buffer, BatchResult | undefined> | undefined;
  #backoff: number = BACKOFF_MS.first;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: SignerOptions) {
    this.#options = options;
    this.#witness = openWitness(options.witnessFile, options.nodeId);
    this.#sweep = setInterval(() => this.#expire(), SWEEP_MS);
    this.#save = setInterval(() => this.#saveWitness(), WITNESS_MS);
    void this.#connect();
  }

  sign(
    frame: Uint8Array,
    method: string,
    direction: "response" | "request",
    { deadlineMs = DEADLINE_MS }: { deadlineMs?: number } = {},
  ): Promise<SignResult> {
    if (this.#state === "closed") return Promise.resolve(unavailable("closed"));
    if (this.#state === "other_signer") return Promise.resolve(unavailable("other_signer"));
    if (frame.length > FRAME_BYTES_MAX) return Promise.resolve(unavailable("frame_size"));
    if (this.#queue.length + this.#sent.size >= CLIENT_WAITING_MAX) return Promise.resolve(unavailable("busy"));
    return new Promise((resolve) => {
      const expires = performance.now() + deadlineMs;
      this.#queue.push({ id: this.#nextId++, frame, method: this.#methodBytes(method), direction, expires, resolve });
      this.#schedule();
    });
  }

  state(): ConnectionState {
    return this.#state;
  }

  async close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#setState("closed");
    clearInterval(this.#sweep);
    clearInterval(this.#save);
    clearTimeout(this.#retry);
    this.#hangUp();
    this.#giveUp([...this.#sent.values(), ...this.#queue], "closed");
    this.#queue = [];
    await this.#witness.save();
  }

  #schedule(): void {
    if (this.#scheduled || this.#blocked || this.#call === undefined) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  /** Everything that waits, in messages of a bounded number of items and bytes. */
  #send(): void {
    const call = this.#call;
    const size = this.#options.batchItems ?? CLIENT_BATCH_ITEMS;
    let at = 0;
    while (call !== undefined && !this.#blocked && at < this.#queue.length) {
      const batch: Item[] = [];
      for (let bytes = 0; at < this.#queue.length && batch.length < size && bytes < FRAME_BYTES_MAX; at += 1) {
        const item = this.#queue[at] as Item;
        batch.push(item);
        bytes += item.frame.length;
        this.#sent.set(item.id, item);
      }
      this.#blocked = !call.write(encodeBatch(batch));
    }
    this.#queue = at === this.#queue.length ? [] : this.#queue.slice(at);
  }

  #receive(result: BatchResult | undefined): void {
    if (result === undefined) {
      this.#lost();
      return;
    }
    const alarm = this.#witness.see(result.position);
    if (alarm !== undefined) this.#alarm(alarm);
    for (const { id, ...answer } of result.results) {
      const item = this.#sent.get(id);
      this.#sent.delete(id);
      item?.resolve(answer);
    }
  }

  async #connect(): Promise<void> {
    this.#setState("connecting");
    const channel = openSignerChannel(this.#options.place);
    this.#channel = channel;
    const identity = await channel.identity(BACKOFF_MS.last);
    if (this.#channel !== channel) return;
    if (!identity.ok) return this.#lost();
    const { nodeId, network } = identity.value;
    if (nodeId !== this.#options.nodeId || network !== this.#options.network) return this.#lost("other_signer");
    if (!(await this.#checkLog(channel))) return;
    const call = channel.stream();
    this.#call = call;
    call.on("data", (result: BatchResult | undefined) => this.#receive(result));
    call.on("drain", () => {
      this.#blocked = false;
      this.#schedule();
    });
    const ended = (): void => {
      if (this.#call === call) this.#lost();
    };
    call.on("error", ended);
    call.on("end", ended);
    this.#backoff = BACKOFF_MS.first;
    this.#setState("up");
    this.#schedule();
  }

  /** Before anything is asked of it: whether its log still has what was seen last. False where the connection is gone. */
  async #checkLog(channel: SignerChannel): Promise<boolean> {
    const seen = this.#witness.last();
    if (seen === undefined) return true;
    const found = await channel.recordHash(seen.seq, BACKOFF_MS.last);
    if (this.#channel !== channel) return false;
    if (found === undefined) {
      this.#lost();
      return false;
    }
    const alarm = this.#witness.check(found) ?? this.#witness.alarm();
    if (alarm !== undefined) this.#alarm(alarm);
    return true;
  }

  #alarm(alarm: WitnessAlarm): void {
    this.#options.onAlarm?.(alarm);
    // The evidence is not to wait for the next turn of the clock.
    this.#saveWitness();
  }

  #saveWitness(): void {
    this.#witness
      .save()
      .catch((error: unknown) =>
        this.#options.onWitnessFault?.(error instanceof Error && "code" in error ? String(error.code) : "unknown"),
      );
  }

  /** What was sent has no answer and is not sent again: it may be signed already. What was not, waits for its deadline. */
  #lost(state: "down" | "other_signer" = "down"): void {
    if (this.#state === "closed") return;
    this.#hangUp();
    this.#giveUp([...this.#sent.values()], "disconnected");
    if (state === "other_signer") this.#giveUp(this.#queue.splice(0), "other_signer");
    this.#setState(state);
    // Half of it by chance: many clients must not come back in step.
    const wait = this.#backoff * (0.5 + (performance.now() % 1) / 2);
    this.#backoff = Math.min(2 * this.#backoff, BACKOFF_MS.last);
    this.#retry = setTimeout(() => void this.#connect(), wait);
  }

  #hangUp(): void {
    const call = this.#call;
    this.#call = undefined;
    this.#blocked = false;
    // A cancelled call reports so as an error, which nobody waits for any more.
    call?.removeAllListeners();
    call?.on("error", () => undefined);
    call?.cancel();
    this.#channel?.close();
    this.#channel = undefined;
  }

  #giveUp(items: readonly Item[], code: UnavailableCode): void {
    for (const item of items) {
      this.#sent.delete(item.id);
      item.resolve(unavailable(code));
    }
  }

  #expire(): void {
    const now = performance.now();
    const late = [...this.#sent.values()].filter(({ expires }) => expires <= now);
    const waiting = this.#queue.filter(({ expires }) => expires <= now);
    if (waiting.length > 0) this.#queue = this.#queue.filter(({ expires }) => expires > now);
    this.#giveUp([...late, ...waiting], "deadline");
  }

  #setState(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState?.(state);
  }

  #methodBytes(method: string): Buffer {
    const known = this.#methods.get(method);
    if (known !== undefined) return known;
    const bytes = Buffer.from(method);
    if (this.#methods.size < METHOD_NAMES_MAX) this.#methods.set(method, bytes);
    return bytes;
  }
}
