import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { fail, ok, type Result } from "../../core/result.ts";
import { readPair } from "../../core/tlspair.ts";
import { errnoOrCode } from "../files.ts";
import type { ServerError } from "./errors.ts";
import { remoteAddressOf } from "./listen.ts";

/** Paths of PEM files. */
export interface TlsFiles {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface Tls {
  /** Begins TLS on a connection. */
  accept(socket: Socket): void;
  /** Reads the files again. Connections that are open stay as they are; a failure leaves the old certificate in use. */
  reload(): Promise<Result<undefined, ServerError>>;
}

export interface TlsHost {
  readonly handshakeMs: number;
  onSecure(socket: TLSSocket): void;
  /** `reason`: OpenSSL's word, or `alpn`. */
  onFailed(address: string, reason: string): void;
}

interface Material {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** RFC 9113 9.2.2 forbids all others of TLS 1.2; those of 1.3 are in use beside them. */
const CIPHERS = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

/** TLS 1.2 or 1.3 with HTTP/2 and nothing else. */
export async function openTls(files: TlsFiles, host: TlsHost): Promise<Result<Tls, ServerError>> {
  const material = await readMaterial(files);
  if (!material.ok) return material;
  const server = createServer({
    ...material.value,
    minVersion: "TLSv1.2",
    ciphers: CIPHERS,
    ALPNProtocols: ["h2"],
    handshakeTimeout: host.handshakeMs,
  });
  server.on("secureConnection", (socket) => {
    socket.on("error", () => socket.destroy());
    if (socket.alpnProtocol === "h2") return host.onSecure(socket);
    host.onFailed(remoteAddressOf(socket), "alpn");
    socket.destroy();
  });
  server.on("tlsClientError", (error, socket) => {
    host.onFailed(remoteAddressOf(socket), errnoOrCode(error));
    socket.destroy();
  });
  return ok({
    // Node documents it: "This event can also be explicitly emitted by users to inject connections into the TLS server."
    accept: (socket) => void server.emit("connection", socket),
    async reload() {
      const next = await readMaterial(files);
      if (!next.ok) return next;
      server.setSecureContext({ ...next.value, minVersion: "TLSv1.2", ciphers: CIPHERS });
      return ok(undefined);
    },
  });
}

/** Reads both files and finds whether they are a pair. */
async function readMaterial({ certificate, privateKey }: TlsFiles): Promise<Result<Material, ServerError>> {
  try {
    const [cert, key] = await Promise.all([readFile(certificate), readFile(privateKey)]);
    const pair = readPair(cert.toString("latin1"), key);
    return pair.ok ? ok({ cert, key }) : fail({ code: "server_tls", reason: `${privateKey}: ${pair.error}` });
  } catch (error) {
    return fail({ code: "server_tls", reason: errnoOrCode(error) });
  }
}
