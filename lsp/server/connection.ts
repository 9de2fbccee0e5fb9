import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { networkOf } from "../../core/hosts.ts";
import { FRAME_BYTES_MAX } from "../../proto/frame.ts";
import { METADATA_BYTES_MAX, REFUSED_STREAMS_MAX, SETTINGS_MAX } from "../limits.ts";
import type { ServerLimits } from "./quotas.ts";
import type { RequestHeaders } from "./rules.ts";

/** Node's `performServerHandshake` takes all options of a server, `@types/node` does not know that. */
type SessionOptions = Parameters<typeof performServerHandshake>[1];

/** Of one call: its metadata, its body, and a window (RFC 9113 6.9.2) that is on its way when a body is refused. */
const CALL_BYTES_MAX = METADATA_BYTES_MAX + FRAME_BYTES_MAX + 65_535;

export interface ConnectionHost {
  readonly limits: ServerLimits;
  onStream(connection: Connection, stream: ServerHttp2Stream, headers: RequestHeaders): void;
  onClose(connection: Connection): void;
  /** It sent what is no honest client's, and is ended. */
  onFlood(connection: Connection): void;
}

/**
 * One HTTP/2 connection over a socket that is connected already. It may be idle, and send pings, resets and what belongs to
 * no call, only so much, and has to hang up some time after it was told to.
 */
export class Connection {
  readonly address: string;
  readonly network: string;
  readonly #host: ConnectionHost;
  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #limits: ServerLimits;
  #stage: "opening" | "open" | "closing" = "opening";
  /** When the present stage is overdue; once it is open, only with no stream on it. */
  #until: number;
  #streams = 0;
  #pings = 0;
  /** Bytes that may still come and belong to no call. */
  #spare: number;
  /** All that had come when that was reckoned, and when that was. */
  #read = 0;
  #reckonedAt = performance.now();

  /** `address`: as `plainAddress` returns it. */
  constructor(socket: Socket, address: string, host: ConnectionHost) {
    this.address = address;
    this.network = networkOf(address);
    this.#host = host;
    this.#spare = host.limits.strayBytes;
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

  /** A call whose body is asked for: it may bring what the largest would, of which it needs less. */
  admitted(): void {
    this.#spare += CALL_BYTES_MAX;
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
    this.#reckon(now);
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

  /**
   * Neither Node nor nghttp2 counts all kinds of frames that do nothing, and Node counts those that it does over the life of
   * a connection. Their bytes are what they have in common, and what comes of all else is known.
   */
  #reckon(now: number): void {
    const { strayBytes, strayBytesPerSecond } = this.#limits;
    const read = this.#socket.bytesRead;
    this.#spare += ((now - this.#reckonedAt) * strayBytesPerSecond) / 1000 - (read - this.#read);
    this.#spare = Math.min(strayBytes + this.#streams * CALL_BYTES_MAX, this.#spare);
    this.#read = read;
    this.#reckonedAt = now;
    if (this.#spare < 0) this.#calm("too_many_frames");
  }

  /** As gRPC's servers do ("A8: client-side keepalive"). */
  #pinged(): void {
    this.#pings += 1;
    if (this.#pings > this.#limits.pings) this.#calm("too_many_pings");
  }

  /** GOAWAY, and the end. Both GOAWAYs that leave have the code: a client may go by the last one. */
  #calm(why: string): void {
    const stage = this.#stage;
    this.#leave();
    if (this.#session.destroyed) return;
    if (stage !== "closing") this.#host.onFlood(this);
    this.#session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from(why));
    this.#session.destroy(new Error(why), constants.NGHTTP2_ENHANCE_YOUR_CALM);
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
    // Over the life of a connection, empty DATA frames of honest clients among them. `strayBytes` bounds them by time.
    maxSessionInvalidFrames: 2 ** 32 - 1,
    maxSessionRejectedStreams: REFUSED_STREAMS_MAX,
    maxSettings: SETTINGS_MAX,
    streamResetBurst: limits.resets,
    streamResetRate: limits.resetsPerSecond,
  };
  return options;
}
