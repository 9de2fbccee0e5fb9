import { createServer, type Server } from "node:http";
import { ok, type Result } from "../../core/result.ts";
import { LSP_ERRORS } from "../errors.ts";
import { errnoOrCode, type LspStartError, refuse } from "../files.ts";
import { ADMIN_CONNECTIONS_MAX, ADMIN_REQUEST_MS } from "../limits.ts";
import { hostPort } from "./place.ts";
import type { Readiness } from "./readiness.ts";

export interface AdminOptions {
  readonly host: string;
  readonly port: number;
  readonly readiness: Pick<Readiness, "ready" | "troubles">;
  readonly metrics: { readonly contentType: string; metrics(): Promise<string> };
}

export interface Admin {
  /** `host:port` that is listened on. */
  readonly address: string;
  close(): void;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/**
 * The admin listener: plain HTTP, read only. `/livez` answers while the event loop turns, `/readyz` says whether requests
 * are answered and if not why, `/metrics` is for Prometheus. Nothing here can change anything or tells a secret.
 */
export async function openAdmin(options: AdminOptions): Promise<Result<Admin, LspStartError>> {
  const server = createServer(
    { requestTimeout: ADMIN_REQUEST_MS, headersTimeout: ADMIN_REQUEST_MS, maxHeaderSize: 8_192 },
    (request, response) => {
      const isRead = request.method === "GET" || request.method === "HEAD";
      const answering = isRead ? answer(request.url ?? "", options) : Promise.resolve(METHOD_NOT_ALLOWED);
      answering.then(
        ({ status, type, text }) =>
          response
            // Not kept open: it would keep a process that stops.
            .writeHead(status, { "content-type": type, "cache-control": "no-store", connection: "close" })
            .end(request.method === "HEAD" ? "" : text),
        () => response.writeHead(500, { connection: "close" }).end(),
      );
    },
  );
  server.maxConnections = ADMIN_CONNECTIONS_MAX;
  try {
    return ok(await listen(server, options));
  } catch (error) {
    return refuse("admin_listen", `${hostPort(options.host, options.port)}: ${errnoOrCode(error)}`);
  }
}

const PLAIN = "text/plain; charset=utf-8";
const METHOD_NOT_ALLOWED: Answer = { status: 405, type: PLAIN, text: "GET only\n" };

async function answer(path: string, { readiness, metrics }: AdminOptions): Promise<Answer> {
  switch (path) {
    case "/livez":
      return { status: 200, type: PLAIN, text: "ok\n" };
    case "/readyz": {
      const troubles = readiness.troubles().map(({ part, code }) => ({ part, code, meaning: LSP_ERRORS[code] }));
      const text = `${JSON.stringify({ ready: readiness.ready(), troubles })}\n`;
      return { status: readiness.ready() ? 200 : 503, type: "application/json", text };
    }
    case "/metrics":
      return { status: 200, type: metrics.contentType, text: await metrics.metrics() };
    default:
      return { status: 404, type: PLAIN, text: "/livez, /readyz and /metrics\n" };
  }
}

async function listen(server: Server, { host, port }: AdminOptions): Promise<Admin> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
  server.on("error", () => undefined);
  const bound = server.address();
  const boundPort = bound !== null && typeof bound === "object" ? bound.port : port;
  return {
    address: hostPort(host, boundPort),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
