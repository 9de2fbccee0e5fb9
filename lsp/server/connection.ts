import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { REFUSED_STREAMS_MAX, SETTINGS_MAX, STRAY_FRAMES_MAX } from "../limits.ts";
import type { ServerLimits } from "./limits.ts";
import type { RequestHeaders } from "./rules.ts";

/** Node's `performServerHandshake` takes all options of a server, `@types/node` does not know that. */
type SessionOptions = Parameters<typeof performServerHandshake>[1];

export interface ConnectionHost {
  readonly limits: ServerLimits;
  onStream(connection: Connection, stream: ServerHttp2Stream, headers: RequestHeaders): void;
  onClose(connection: Connection): void;
}

/**
 * One HTTP/2 connection over a socket that is connected already. It may be idle, send pings and resets only so much, and
 * has to hang up some time after it was told to.
 */
export class Connection {
  readonly address: string;
  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #limits: ServerLimits;
  #stage: "opening" | "open" | "closing" = "opening";
  /** When the present stage is overdue; once it is open, only with no stream on it. */
  #until: number;
  #streams = 0;
  #pings = 0;

  /** `address`: as `plainAddress` returns it. */
  constructor(socket: Socket, address: string, host: ConnectionHost) {
    this.address = address;
    this.#socket = socket;
    this.#limits = host.limits;
    this.#until = performance.now() + host.limits.handshakeMs;
    const session = performServerHandshake(socket, sessionOptions(host.limits));
    this.#session = session;
    // nghttp2 has ended the session, for a flood as an example. Without a listener an error ends the process.
    session.on("error", () => this.#leave());
    // Our SETTINGS are acknowledged: until then nghttp2 does not hold the client to them.
    session.once("localSettings", () => this.#opened());
    session.on("ping", () => this.#pinged());
    session.on("stream", (stream, headers) => {
      this.#streams += 1;
      host.onStream(this, stream, headers);
    });
    socket.once("close", () => host.onClose(this));
  }

  /** A call got its answer: pings since then count anew. */
  answered(): void {
    this.#pings = 0;
  }

  /** The stream of a call is closed. */
  ended(): void {
    this.#streams -= 1;
    if (this.#streams === 0 && this.#stage === "open") this.#until = performance.now() + this.#limits.idleMs;
  }

  sweep(now: number): void {
    if (now < this.#until) return;
    if (this.#stage === "opening") this.destroy();
    else if (this.#streams > 0) return;
    else if (this.#stage === "open") this.finish();
    else this.destroy();
  }

  /** GOAWAY: no new streams, those that are open may end. */
  finish(): void {
    if (this.#leave()) this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
    this.#socket.destroy();
  }

  /** From here on the client has a while to hang up; false when it has been told before. */
  #leave(): boolean {
    if (this.#stage === "closing") return false;
    this.#stage = "closing";
    this.#until = performance.now() + this.#limits.handshakeMs;
    return true;
  }

  #opened(): void {
    if (this.#stage !== "opening") return;
    this.#stage = "open";
    this.#until = performance.now() + this.#limits.idleMs;
  }

  /** As gRPC's servers do ("A8: client-side keepalive"): GOAWAY with ENHANCE_YOUR_CALM and "too_many_pings". */
  #pinged(): void {
    this.#pings += 1;
    if (this.#pings <= this.#limits.pings || !this.#leave()) return;
    this.#session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from("too_many_pings"));
    this.#session.destroy();
  }
}

function sessionOptions(limits: ServerLimits): SessionOptions {
  const options = {
    settings: {
      enablePush: false,
      maxConcurrentStreams: limits.streams,
      // Node resets with ENHANCE_YOUR_CALM, for gRPC RESOURCE_EXHAUSTED, before it keeps more, but only after the
      // client's acknowledgement: `judgeHeaders` counts as well.
      maxHeaderListSize: limits.headerBytes,
    },
    maxHeaderListPairs: limits.headers,
    maxSessionInvalidFrames: STRAY_FRAMES_MAX,
    maxSessionRejectedStreams: REFUSED_STREAMS_MAX,
    maxSettings: SETTINGS_MAX,
    streamResetBurst: limits.resets,
    streamResetRate: limits.resetsPerSecond,
  };
  return options;
}
