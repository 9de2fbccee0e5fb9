import { constants, type ServerHttp2Stream } from "node:http2";
import { STATUS, type Status } from "../wire/status.ts";
import { Body } from "./body.ts";
import type { Incoming, Outgoing } from "./exchange.ts";
import type { ServerLimits } from "./limits.ts";
import { writeAnswer } from "./reply.ts";
import { judgeHeaders, judgeTimeout, type Refusal, type RequestHeaders } from "./rules.ts";

/** One request as it is reported: what the client was told, how long it took, and what a handler threw. */
export interface RequestReport {
  readonly id: string;
  readonly path: string;
  readonly address: string;
  readonly status: Status;
  readonly ms: number;
  readonly error?: unknown;
}

/** What all calls of a server share. */
export interface CallHost {
  readonly limits: Pick<ServerLimits, "bodyBytes" | "bodyMs" | "callMs" | "calls" | "headerBytes">;
  /** Calls whose stream is open or whose handler runs. */
  readonly calls: Set<Call>;
  newId(): string;
  handle(incoming: Incoming): Promise<Outgoing>;
  known(path: string): boolean;
  admit(address: string): boolean;
  report(report: RequestReport): void;
}

/** The connection that a call came over. */
export interface CallConnection {
  readonly address: string;
  answered(): void;
  ended(): void;
}

const status = (code: Status, message: string): Outgoing & Refusal => ({ kind: "status", status: code, message });
const TOO_MANY = status(STATUS.resourceExhausted, "too many requests from this address");
const BUSY = status(STATUS.unavailable, "too many requests in flight");
const UNKNOWN = status(STATUS.unimplemented, "no such method");
const TOO_LARGE = status(STATUS.resourceExhausted, "the request is too large");
const LATE = status(STATUS.deadlineExceeded, "the deadline has passed");
const FAILED = status(STATUS.internal, "internal error");

/** What the gRPC of a client makes of an HTTP status ("HTTP to gRPC Status Code Mapping"), for the report. */
const statusOf = (answer: Outgoing | Refusal): Status => {
  if (answer.kind === "http") return answer.status === 400 ? STATUS.internal : STATUS.unknown;
  return answer.kind === "status" ? answer.status : STATUS.ok;
};

/**
 * One stream: its body is read, handed over whole, and answered once. Whatever the client and the handler do, and in which
 * order: the first of answer, deadline and the client's going decides, all later ones find the call over.
 */
export class Call {
  readonly #stream: ServerHttp2Stream;
  readonly #host: CallHost;
  readonly #connection: CallConnection;
  readonly #id: string;
  readonly #path: string;
  readonly #start = performance.now();
  readonly #body: Body;
  #stage: "reading" | "handling" | "answered" | "gone" = "reading";
  #deadline: number;
  /** When the present stage is overdue. */
  #until: number;
  #handlerRuns = false;
  #streamOpen = true;
  #abort: AbortController | undefined;

  constructor(stream: ServerHttp2Stream, headers: RequestHeaders, connection: CallConnection, host: CallHost) {
    this.#stream = stream;
    this.#host = host;
    this.#connection = connection;
    this.#id = host.newId();
    this.#path = String(headers[":path"] ?? "");
    this.#body = new Body(host.limits.bodyBytes);
    this.#deadline = this.#start + host.limits.callMs;
    this.#until = this.#start + host.limits.bodyMs;
    host.calls.add(this);
    // An error of a stream is followed by its close, which says all that is needed. Without a listener it ends the process.
    stream.on("error", () => undefined);
    stream.on("close", () => this.#closed());
    this.#begin(headers);
  }

  /** Ends what is overdue. */
  sweep(now: number): void {
    if (!this.#streamOpen) return;
    if (this.#stage === "answered") this.#stopClient();
    if (now < this.#until) return;
    if (this.#stage === "answered") {
      // The answer is there and the client does not take it.
      this.#stream.close(constants.NGHTTP2_CANCEL);
      this.#stream.destroy();
      return;
    }
    this.#answer(LATE);
    this.#abort?.abort();
  }

  /** `admit` and `known` are not ours: an exception of theirs must not leave an event, where it would end the process. */
  #begin(headers: RequestHeaders): void {
    try {
      const refusal = this.#judge(headers);
      if (refusal === undefined) this.#listen(headers as Readonly<Record<string, string>>);
      else this.#answer(refusal);
    } catch (error) {
      this.#answer(FAILED, error);
    }
  }

  /** Everything that is decided before a byte of the body is looked at. */
  #judge(headers: RequestHeaders): Refusal | undefined {
    const { limits, calls, admit, known } = this.#host;
    if (!admit(this.#connection.address)) return TOO_MANY;
    const refusal = judgeHeaders(headers, limits.headerBytes);
    if (refusal !== undefined) return refusal;
    if (!known(this.#path)) return UNKNOWN;
    if (calls.size > limits.calls) return BUSY;
    const timeout = judgeTimeout(headers as Readonly<Record<string, string>>, limits.callMs);
    if (typeof timeout !== "number") return timeout;
    this.#deadline = this.#start + timeout;
    this.#until = Math.min(this.#until, this.#deadline);
    return timeout === 0 ? LATE : undefined;
  }

  #listen(headers: Readonly<Record<string, string>>): void {
    this.#stream.on("data", (piece: Buffer) => this.#read(piece));
    this.#stream.on("end", () => void this.#handle(headers));
  }

  /** Pieces still come after the answer: those that were on the way, and those of a client that does not listen. */
  #read(piece: Buffer): void {
    if (this.#stage === "reading" && !this.#body.add(piece)) this.#answer(TOO_LARGE);
  }

  async #handle(headers: Readonly<Record<string, string>>): Promise<void> {
    // A stream that is reset has an `end` too: what came of its body is not the body.
    if (this.#stage !== "reading" || this.#stream.aborted) return;
    this.#stage = "handling";
    this.#until = this.#deadline;
    this.#handlerRuns = true;
    try {
      this.#answer(await this.#host.handle(this.#incoming(headers)));
    } catch (error) {
      this.#answer(FAILED, error);
    }
    this.#handlerRuns = false;
    this.#release();
  }

  #incoming(headers: Readonly<Record<string, string>>): Incoming {
    const signal = (): AbortSignal => this.#signal();
    return {
      id: this.#id,
      path: this.#path,
      headers,
      wire: this.#body.take(),
      address: this.#connection.address,
      deadline: this.#deadline,
      get signal() {
        return signal();
      },
    };
  }

  #signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#stage !== "handling") this.#abort.abort();
    return this.#abort.signal;
  }

  #answer(answer: Outgoing | Refusal, error?: unknown): void {
    if (this.#stage === "answered" || this.#stage === "gone") return;
    this.#stage = "answered";
    this.#until = performance.now() + this.#host.limits.bodyMs;
    try {
      this.#write(answer);
      this.#report(statusOf(answer), error);
    } catch (thrown) {
      this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      this.#report(STATUS.internal, thrown);
    }
  }

  #write(answer: Outgoing | Refusal): void {
    if (this.#stream.destroyed || this.#stream.closed) return;
    writeAnswer(this.#stream, answer);
    this.#connection.answered();
    if (answer.kind === "reply" || answer.kind === "plain") return;
    this.#stream.pause();
    setImmediate(() => this.#stopClient());
  }

  /**
   * RFC 9113 8.1: after a complete response, RST_STREAM with NO_ERROR asks a client that still sends to stop, and is no
   * failure. Not before the response has left: nghttp2 drops headers that wait on a stream with a reset in its queue. Where
   * they still wait, the next sweep asks again. `destroy`, since `close` waits for the end of a body that nobody reads.
   */
  #stopClient(): void {
    if (this.#stream.closed || this.#stream.state.localClose === 1) this.#stream.destroy();
  }

  #closed(): void {
    if (!this.#streamOpen) return;
    this.#streamOpen = false;
    this.#connection.ended();
    if (this.#stage !== "answered") {
      this.#stage = "gone";
      this.#abort?.abort();
      this.#report(STATUS.cancelled);
    }
    this.#release();
  }

  #report(code: Status, error?: unknown): void {
    const ms = performance.now() - this.#start;
    const report = { id: this.#id, path: this.#path, address: this.#connection.address, status: code, ms };
    this.#host.report(error === undefined ? report : { ...report, error });
  }

  #release(): void {
    if (!this.#streamOpen && !this.#handlerRuns) this.#host.calls.delete(this);
  }
}
