import { createServer, type Server, type TLSSocket } from "node:tls";
import { fail, ok, type Result } from "../../core/result.ts";
import { errnoOfSocket } from "../../core/sockets.ts";

export interface TlsOptions {
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly certificate: string;
  readonly privateKey: Buffer;
  readonly authority: string;
}

export interface TlsError {
  readonly code: "tls_material" | "tls_listen";
  readonly reason: string;
}

/** Why a connection got no further, for the log and the counter. */
export type TlsRefusal = "handshake" | "not_pinned";

/**
 * TLS 1.3 with a client certificate of the private authority, and of those only the pinned ones: a certificate that the
 * authority signed by mistake, or after its key was stolen, opens nothing. Plain HTTP/2 ends in the handshake.
 *
 * @param accept gets the SHA-256 fingerprint of the certificate in lower-case hex; false turns the connection away
 */
export async function listenTls(
  options: TlsOptions,
  accept: (socket: TLSSocket, fingerprint: string) => boolean,
  onRefused: (why: TlsRefusal, detail: string) => void,
): Promise<Result<Server, TlsError>> {
  let server: Server;
  try {
    server = createServer({
      cert: options.certificate,
      key: options.privateKey,
      ca: options.authority,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: "TLSv1.3",
      ALPNProtocols: ["h2"],
      noDelay: true,
      handshakeTimeout: 10_000,
      // A resumed session would carry yesterday's certificate past today's pins.
      sessionTimeout: 1,
    });
  } catch (error) {
    return fail({ code: "tls_material", reason: errnoOfSocket(error) });
  }
  server.on("secureConnection", (socket) => {
    const fingerprint = socket.getPeerX509Certificate()?.fingerprint256 ?? "";
    socket.on("error", () => socket.destroy());
    if (socket.alpnProtocol === "h2" && accept(socket, plainFingerprint(fingerprint))) return;
    onRefused("not_pinned", plainFingerprint(fingerprint));
    socket.destroy();
  });
  server.on("tlsClientError", (error, socket) => {
    onRefused("handshake", errnoOfSocket(error));
    socket.destroy();
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(options.port, options.host, () => resolve());
    });
    return ok(server);
  } catch (error) {
    return fail({ code: "tls_listen", reason: `${options.host}:${options.port}: ${errnoOfSocket(error)}` });
  }
}

/** Node writes `AB:CD:…`, others without colons or in small letters: one form inside. */
function plainFingerprint(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}
