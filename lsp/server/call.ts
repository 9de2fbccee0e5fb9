import { constants, type ServerHttp2Stream } from "node:http2";
import { SMALL_BYTES_MAX } from "../limits.ts";
import { STATUS, type Status } from "../wire/status.ts";
import { RequestBody } from "./body.ts";
import type { Incoming, Outgoing } from "./exchange.ts";
import type { PlaceGate } from "./gate.ts";
import type { ServerLimits } from "./quotas.ts";
import { writeAnswer } from "./reply.ts";
import { judgeHeaders, judgeTimeout, type RequestHeaders, type WireRefusal } from "./rules.ts";

/** What a client was told: a status of gRPC, or in HTTP that it asked for something else. */
export type Told = Status | "notGrpc";

/** One request as it is reported: what the client was told, how long it took, and what a handler threw. */
export interface RequestReport {
  readonly id: string;
  readonly path: string;
  readonly address: string;
  readonly status: Told;
  readonly ms: number;
  readonly error?: unknown;
}

/** What all calls of a server share. */
export interface CallHost {
  readonly limits: Pick<ServerLimits, "bodyBytes" | "bodyMs" | "callMs" | "headerBytes" | "smallMs">;
  /** Calls whose stream is open or whose handler runs. */
  readonly calls: Set<ServerCall>;
  /** Those of them that were not refused by their headers. */
  readonly places: PlaceGate<ServerCall>;
  newId(): string;
  handle(incoming: Incoming): Promise<Outgoing>;
  known(path: string): boolean;
  admit(address: string): boolean;
  report(report: RequestReport): void;
}

/** The connection that a call came over. */
export interface CallConnection {
  readonly address: string;
  /** What limits count it by. */
  readonly network: string;
  /** One whose bytes are asked for. */
  admitted(): void;
  answered(): void;
  ended(): void;
}

const status = (code: Status, message: string): Outgoing & WireRefusal => ({ kind: "status", status: code, message });
const TOO_MANY = status(STATUS.resourceExhausted, "too many requests from this address");
const BUSY = {
  places: status(STATUS.unavailable, "too many requests in flight"),
  share: status(STATUS.resourceExhausted, "too many requests in flight from this address"),
};
const UNKNOWN = status(STATUS.unimplemented, "no such method");
const TOO_LARGE = status(STATUS.resourceExhausted, "the request is too large");
const LATE = status(STATUS.deadlineExceeded, "the deadline has passed");
const FAILED = status(STATUS.internal, "internal error");

const toldBy = (answer: Outgoing | WireRefusal): Told => {
  if (answer.kind === "http") return "notGrpc";
  return answer.kind === "status" ? answer.status : STATUS.ok;
};

const isSmall = (answer: Outgoing | WireRefusal): boolean =>
  !("wire" in answer) || answer.wire.length <= SMALL_BYTES_MAX;

/**
 * One stream: its body is read, handed over whole, and answered once. Whatever the client and the handler do, and in which
 * order: the first of answer, deadline and the client's going decides, all later ones find the call over.
 */
export class ServerCall {
  readonly #stream: ServerHttp2Stream;
  readonly #host: CallHost;
  readonly #connection: CallConnection;
  readonly #id: string;
  readonly #path: string;
  readonly #start = performance.now();
  readonly #body: RequestBody;
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
    this.#body = new RequestBody(host.limits.bodyBytes);
    this.#deadline = this.#start + host.limits.callMs;
    this.#until = this.#start + host.limits.smallMs;
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
    if (this.#stage === "answered") this.#drop();
    else {
      this.#answer(LATE);
      this.#abort?.abort();
    }
  }

  /** Gives its place to another, if all that it waits for is its client. */
  yields(): boolean {
    if (this.#stage === "handling" || !this.#streamOpen) return false;
    if (this.#stage === "answered") this.#drop();
    else this.#answer(BUSY.places);
    return true;
  }

  /** The answer is there and the client does not take it. */
  #drop(): void {
    this.#stream.close(constants.NGHTTP2_CANCEL);
    this.#stream.destroy();
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
  #judge(headers: RequestHeaders): WireRefusal | undefined {
    const { limits, places, admit, known } = this.#host;
    if (!admit(this.#connection.address)) return TOO_MANY;
    const refusal = judgeHeaders(headers, limits.headerBytes);
    if (refusal !== undefined) return refusal;
    if (!known(this.#path)) return UNKNOWN;
    const timeout = judgeTimeout(headers as Readonly<Record<string, string>>, limits.callMs);
    if (typeof timeout !== "number") return timeout;
    this.#deadline = this.#start + timeout;
    this.#until = Math.min(this.#until, this.#deadline);
    if (timeout === 0) return LATE;
    const full = places.enter(this.#connection.network, this);
    if (full !== undefined) return BUSY[full];
    this.#connection.admitted();
    return undefined;
  }

  #listen(headers: Readonly<Record<string, string>>): void {
    this.#stream.on("data", (piece: Buffer) => this.#read(piece));
    this.#stream.on("end", () => void this.#handle(headers));
  }

  /** Pieces still come after the answer: those that were on the way, and those of a client that does not listen. */
  #read(piece: Buffer): void {
    if (this.#stage !== "reading") return;
    if (!this.#body.add(piece)) this.#answer(TOO_LARGE);
    else if (this.#body.length >= SMALL_BYTES_MAX)
      this.#until = Math.min(this.#start + this.#host.limits.bodyMs, this.#deadline);
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

  #answer(answer: Outgoing | WireRefusal, error?: unknown): void {
    if (this.#stage === "answered" || this.#stage === "gone") return;
    this.#stage = "answered";
    const { bodyMs, smallMs } = this.#host.limits;
    this.#until = performance.now() + (isSmall(answer) ? smallMs : bodyMs);
    try {
      this.#write(answer);
      this.#report(toldBy(answer), error);
    } catch (thrown) {
      this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      this.#report(STATUS.internal, thrown);
    }
  }

  #write(answer: Outgoing | WireRefusal): void {
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

  #report(code: Told, error?: unknown): void {
    const ms = performance.now() - this.#start;
    const report = { id: this.#id, path: this.#path, address: this.#connection.address, status: code, ms };
    this.#host.report(error === undefined ? report : { ...report, error });
  }

  #release(): void {
    if (this.#streamOpen || this.#handlerRuns) return;
    this.#host.calls.delete(this);
    this.#host.places.leave(this.#connection.network, this);
  }
}
