import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { fail, ok, type Result } from "../../core/result.ts";
import type { LspPlace } from "./address.ts";
import { type ClientError, fault } from "./fault.ts";

/**
 * A connection to the LSP, with HTTP/2 agreed on in the handshake. Two steps, so that each failure has its own code: the
 * errors of OpenSSL are too many for a list.
 */
export async function dialLsp(place: LspPlace, signal: AbortSignal): Promise<Result<Socket, ClientError>> {
  const tcp = connectTcp({ host: place.host, port: place.port, noDelay: true });
  const why = await settled(tcp, "connect", signal);
  if (why !== undefined) return fail(fault("client_unreachable", why));
  const { tls } = place;
  if (tls === undefined) return ok(tcp);
  const secured = connectTls({
    socket: tcp,
    ALPNProtocols: ["h2"],
    minVersion: "TLSv1.2",
    // Set explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED in the environment cannot turn it off.
    rejectUnauthorized: true,
    // What the certificate has to name. An address may not be sent as SNI (RFC 6066 3), and is compared all the same.
    host: tls.serverName ?? place.host,
    ...(isIP(tls.serverName ?? place.host) === 0 ? { servername: tls.serverName ?? place.host } : {}),
    ...(tls.certificate === undefined ? {} : { ca: tls.certificate }),
  });
  const distrust = await settled(secured, "secureConnect", signal);
  if (distrust !== undefined) return fail(fault("client_tls", distrust));
  if (secured.alpnProtocol === "h2") return ok(secured);
  secured.destroy();
  return fail(fault("client_tls", "it does not offer HTTP/2"));
}

/** Waits for the event. What went wrong in the system's own word, and the socket is gone; undefined if nothing did. */
function settled(socket: Socket, event: "connect" | "secureConnect", signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const end = (why: string | undefined): void => {
      signal.removeEventListener("abort", onAbort);
      socket.off(event, onDone).off("close", onClose);
      // A socket without a listener for errors ends the process with the next one.
      socket.on("error", () => undefined);
      if (why !== undefined) socket.destroy();
      resolve(why);
    };
    const onAbort = (): void => end("no answer in time");
    const onDone = (): void => end(undefined);
    const onClose = (): void => end("closed");
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once(event, onDone).once("close", onClose);
    socket.once("error", (error) => end("code" in error ? String(error.code) : error.name));
    if (signal.aborted) onAbort();
  });
}
