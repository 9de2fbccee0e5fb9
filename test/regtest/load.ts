import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { loadGenerator } from "./build.ts";
import { type Lnd, SIGN_MESSAGE } from "./lnd.ts";

export interface GhzFigures {
  readonly count: number;
  readonly perSecond: number;
  readonly p50ms: number;
  readonly p99ms: number;
}

/** Builds the load generator, so that no measurement waits for it. */
export async function prepareGhz(): Promise<void> {
  await loadGenerator();
}

/** lnd's SignMessage as fast as ghz's runner (grpc-go) can call it, on one connection. Rejects if any call fails. */
export async function ghz(lnd: Lnd, request: Uint8Array, inFlight: number, durationMs: number): Promise<GhzFigures> {
  const running = promisify(execFile)(await loadGenerator());
  const load = {
    call: SIGN_MESSAGE.replace("/", "."),
    host: lnd.target,
    rootCert: lnd.certificate,
    protoset: lnd.protos,
    metadata: { macaroon: lnd.macaroon },
    request: Buffer.from(request).toString("base64"),
    inFlight,
    durationMs: Math.round(durationMs),
  };
  running.child.stdin?.end(JSON.stringify(load));
  return JSON.parse((await running).stdout) as GhzFigures;
}
