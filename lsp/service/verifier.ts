import { Worker } from "node:worker_threads";
import { VERIFY_BATCHES_MAX, VERIFY_QUEUE_MIN } from "../limits.ts";
import { verifyFrame } from "../wire/signature.ts";
import { isOrdinary, pack, type SignatureClaim } from "./verifybatch.ts";

/** Checks a request's signature: whether `der` is one by `publicKey` over the frame as it came. */
export interface Verifier {
  /** A promise only where the work may leave this thread. Neither throws nor rejects. */
  verify(wire: Uint8Array, der: Uint8Array, publicKey: Uint8Array): boolean | Promise<boolean>;
  /** What waits is still decided. */
  close(): Promise<void>;
}

/** The other thread, as far as it is used. */
export interface VerifyThread {
  post(packed: Uint8Array<ArrayBuffer>): void;
  end(): Promise<void>;
}

export interface ThreadEvents {
  readonly onReady: () => void;
  /** One byte for each claim of the batch that was posted first. */
  readonly onVerdicts: (verdicts: Uint8Array) => void;
  /** It has ended, and answers nothing more. */
  readonly onEnd: () => void;
}

interface Waiting extends SignatureClaim {
  readonly resolve: (holds: boolean) => void;
}

/**
 * Checks the first signature of a turn of the event loop at once, on this thread: alone, a request waits for nobody. Those
 * that come in the same turn are a queue, and go to another thread together, which begins with the first queue.
 *
 * Measured through the whole service without its server (the signer a process of its own, Postgres, two shared cores, 64 in
 * flight, medians of alternating runs of 16,000): all on this thread 5,090 a second, 112 us of its CPU for a request and
 * 118 in all; with the other thread 5,550, 64 here and 139 in all. So it is worth having where this thread is what is
 * short, which the server's TLS and HTTP/2 make it. Half of each queue on each thread was worse than either (84 here, 134
 * in all). At one in flight the other thread is never asked: 1,042 and 982 a second, which is the same.
 */
export function openVerifier(start: (events: ThreadEvents) => VerifyThread = startThread): Verifier {
  return new Turns(start);
}

/** A class: callers, the end of the turn and the thread's events share the queue. */
class Turns implements Verifier {
  readonly #start: (events: ThreadEvents) => VerifyThread;
  #thread: VerifyThread | undefined;
  #state: "none" | "starting" | "ready" | "ended" = "none";
  #isTurn = false;
  readonly #queue: Waiting[] = [];
  readonly #sent: (readonly Waiting[])[] = [];

  constructor(start: (events: ThreadEvents) => VerifyThread) {
    this.#start = start;
  }

  verify(wire: Uint8Array, der: Uint8Array, publicKey: Uint8Array): boolean | Promise<boolean> {
    if (!this.#isTurn) {
      this.#isTurn = true;
      setImmediate(() => this.#endTurn());
      return verifyFrame(wire, der, publicKey);
    }
    if (!isOrdinary({ wire, der, publicKey })) return verifyFrame(wire, der, publicKey);
    return new Promise((resolve) => void this.#queue.push({ wire, der, publicKey, resolve }));
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    this.#ended();
    decide(this.#queue.splice(0));
    await thread?.end();
  }

  #endTurn(): void {
    this.#isTurn = false;
    if (this.#queue.length === 0) return;
    const queue = this.#queue.splice(0);
    if (queue.length >= VERIFY_QUEUE_MIN && this.#state === "none") this.#begin();
    // A thread that is behind gets help.
    const isHere = queue.length < VERIFY_QUEUE_MIN || this.#sent.length >= VERIFY_BATCHES_MAX;
    if (isHere || this.#thread === undefined || this.#state !== "ready") {
      decide(queue);
    } else {
      this.#sent.push(queue);
      this.#thread.post(pack(queue));
    }
  }

  #begin(): void {
    this.#state = "starting";
    this.#thread = this.#start({
      onReady: () => {
        if (this.#state === "starting") this.#state = "ready";
      },
      onVerdicts: (verdicts) => {
        const batch = this.#sent.shift() ?? [];
        for (const [at, { resolve }] of batch.entries()) resolve(verdicts[at] === 1);
      },
      onEnd: () => this.#ended(),
    });
  }

  /** Nobody answers for what was sent any more, and everything is done here from now on. */
  #ended(): void {
    this.#state = "ended";
    this.#thread = undefined;
    for (const batch of this.#sent.splice(0)) decide(batch);
  }
}

function decide(queue: readonly Waiting[]): void {
  for (const { wire, der, publicKey, resolve } of queue) resolve(verifyFrame(wire, der, publicKey));
}

function startThread({ onReady, onVerdicts, onEnd }: ThreadEvents): VerifyThread {
  const worker = new Worker(new URL("./verifyworker.ts", import.meta.url), {
    name: "verifying",
    // Nothing from the environment or the command line belongs there.
    env: {},
    argv: [],
  });
  // It keeps the process alive while something is asked of it, and only then.
  let asked = 0;
  worker.on("message", (message: Uint8Array | "ready") => {
    if (message === "ready") {
      onReady();
      return;
    }
    asked -= 1;
    if (asked === 0) worker.unref();
    onVerdicts(message);
  });
  // An error ends the thread.
  worker.on("error", () => undefined);
  worker.on("exit", onEnd);
  worker.unref();
  return {
    post(packed) {
      asked += 1;
      worker.ref();
      worker.postMessage(packed, [packed.buffer]);
    },
    end: async () => void (await worker.terminate()),
  };
}
