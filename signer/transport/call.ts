import { constants, type ServerHttp2Stream } from "node:http2";
import { FRAME_HEADER } from "../../proto/frame.ts";
import { STREAM_MESSAGE_BYTES_MAX } from "../limits.ts";

/** gRPC's status codes, as far as this server ends a call with them. */
export const SIGNER_STATUS = {
  ok: 0,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  unavailable: 14,
} as const;
export type SignerStatus = (typeof SIGNER_STATUS)[keyof typeof SIGNER_STATUS];

/** What one client holds of this process with messages that it has not finished, over all its calls. */
export interface Unfinished {
  /** More or, below zero, fewer bytes. False: that is more than one client may hold. */
  hold(bytes: number): boolean;
}

/** What a method does with its call. A message is one gRPC message without its header. */
export interface CallHandler {
  onMessage(message: Buffer): void;
  /** The client has said all. */
  onEnd(): void;
  /** What was sent has left: there is room again. */
  onDrain?(): void;
  /** Nothing can be sent any more, whoever ended it. Once. */
  onClose?(): void;
}

/**
 * One gRPC call on an HTTP/2 stream: its messages out of DATA frames, its answers, its end. grpc-js hands over whole
 * messages alone, and what it holds of those that never end is nobody's share: 1,024 of them took 1.2 GiB.
 */
export class StreamCall {
  readonly #stream: ServerHttp2Stream;
  readonly #unfinished: Unfinished;
  #handler: CallHandler | undefined;
  /** Of the message that is not whole yet. */
  #chunks: Buffer[] = [];
  #held = 0;
  /** When it began; undefined between two messages. */
  #since: number | undefined;
  #over = false;

  constructor(stream: ServerHttp2Stream, unfinished: Unfinished) {
    this.#stream = stream;
    this.#unfinished = unfinished;
    // A reset by the client; `close` follows.
    stream.on("error", () => undefined);
    stream.once("close", () => this.#closed());
  }

  /** @param awaited a message has to come now, and not whenever the client has something to say */
  begin(handler: CallHandler, awaited: boolean): void {
    this.#handler = handler;
    if (awaited) this.#since = performance.now();
    this.#stream.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#stream.on("end", () => {
      if (!this.#over) handler.onEnd();
    });
    this.#stream.on("drain", () => handler.onDrain?.());
  }

  /** Ends a call whose message began before `overdue` and is not whole; resets one that was ended then, and talks on. */
  sweep(overdue: number): void {
    if (this.#since === undefined || this.#since >= overdue) return;
    if (this.#over) this.#stream.close(constants.NGHTTP2_NO_ERROR);
    else this.end(SIGNER_STATUS.deadlineExceeded, "a message was not finished in time");
  }

  /** Reads no more. What is not whole by then is not late: it is this side that does not take the rest. */
  pause(): void {
    this.#stream.pause();
    this.#since = undefined;
  }

  resume(): void {
    if (this.#over || !this.#stream.isPaused()) return;
    if (this.#held > 0) this.#since = performance.now();
    this.#stream.resume();
  }

  /** Sends one message. False: it waits, and so should who sends. */
  send(message: Uint8Array): boolean {
    if (this.#over) return true;
    if (!this.#stream.headersSent) this.#stream.respond(HEADERS, { waitForTrailers: true });
    const frame = Buffer.allocUnsafe(FRAME_HEADER + message.length);
    frame[0] = 0;
    frame.writeUInt32BE(message.length, 1);
    frame.set(message, FRAME_HEADER);
    return this.#stream.write(frame);
  }

  /** Ends the call. What was sent before arrives before. */
  end(status: SignerStatus = SIGNER_STATUS.ok, details = ""): void {
    if (this.#over) return;
    this.#over = true;
    this.#release();
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    const trailers = { "grpc-status": String(status), ...(details === "" ? {} : { "grpc-message": details }) };
    // What it says from here on is read and dropped; one that does not stop is told to (RFC 9113 8.1).
    this.#since = performance.now();
    if (stream.headersSent) {
      stream.once("wantTrailers", () => stream.sendTrailers(trailers));
      stream.end();
    } else stream.respond({ ...HEADERS, ...trailers }, { endStream: true });
    stream.resume();
  }

  #take(chunk: Buffer): void {
    if (this.#over) return;
    let rest = chunk;
    if (this.#held > 0) {
      this.#chunks.push(chunk);
      if (this.#held + chunk.length < this.#needed()) {
        this.#hold(chunk.length);
        return;
      }
      rest = Buffer.concat(this.#chunks);
      this.#release();
    }
    let at = 0;
    while (!this.#over && rest.length - at >= FRAME_HEADER) {
      const length = rest.readUInt32BE(at + 1);
      if (rest[at] !== 0) this.end(SIGNER_STATUS.unimplemented, "messages are not compressed here");
      else if (length > STREAM_MESSAGE_BYTES_MAX) this.end(SIGNER_STATUS.resourceExhausted, "the message is too large");
      const end = at + FRAME_HEADER + length;
      if (this.#over || end > rest.length) break;
      this.#since = undefined;
      this.#handler?.onMessage(rest.subarray(at + FRAME_HEADER, end));
      at = end;
    }
    if (this.#over || at === rest.length) return;
    this.#chunks.push(rest.subarray(at));
    this.#since ??= performance.now();
    this.#hold(rest.length - at);
  }

  /** Bytes of the message that is under way, header included, as far as that is known. */
  #needed(): number {
    const [first] = this.#chunks;
    if (first === undefined || first.length < FRAME_HEADER) return FRAME_HEADER;
    return FRAME_HEADER + first.readUInt32BE(1);
  }

  #hold(bytes: number): void {
    this.#held += bytes;
    if (!this.#unfinished.hold(bytes))
      this.end(SIGNER_STATUS.resourceExhausted, "this client has too much of unfinished messages");
  }

  #release(): void {
    if (this.#held > 0) this.#unfinished.hold(-this.#held);
    this.#held = 0;
    this.#chunks = [];
    this.#since = undefined;
  }

  #closed(): void {
    this.#over = true;
    this.#release();
    this.#handler?.onClose?.();
  }
}

const HEADERS = {
  ":status": 200,
  "content-type": "application/grpc+proto",
  "grpc-accept-encoding": "identity",
} as const;
