import type { Result } from "../ceremony/result.ts";
import { refuse, type StartError } from "./files.ts";
import { STOP_GRACE_MS, TLS_POLL_MS } from "./limits.ts";
import { describeError, type Log } from "./log.ts";
import type { NodeCache } from "./node/info.ts";
import { openServer, type RequestReport, type Server } from "./server/server.ts";
import { openService } from "./service/service.ts";
import type { ResponseSigner } from "./sign/signer.ts";
import { type Closer, monotonic, type Stage } from "./stage.ts";
import type { Store } from "./store/store.ts";
import { watchFiles } from "./tlsfiles.ts";
import { STATUS } from "./wire/status.ts";

/** What the service stands on. */
export interface Behind {
  readonly store: Store;
  readonly signer: ResponseSigner;
  readonly cache: NodeCache;
}

/** The service, and the public listener in front of it. */
export async function openListener(
  { config, expected, metrics, readiness, log, closers }: Stage,
  { store, signer, cache }: Behind,
): Promise<Result<Server, StartError>> {
  const { limits, tls, listen } = config;
  const service = openService({
    store,
    signer,
    node: cache,
    settings: {
      nodeId: expected.nodeId,
      network: config.network,
      advertise: config.advertise,
      minChanCapMsat: config["min-chan-cap-msat"],
      perAddress: { perSecond: limits["address-per-second"], burst: limits["address-burst"] },
      perKey: { perSecond: limits["key-per-second"], burst: limits["key-burst"] },
    },
    monotonic,
    meters: metrics,
    ready: readiness.ready,
  });
  closers.push(service.close);
  const files = tls === undefined ? undefined : { certificate: tls.certificate, privateKey: tls["private-key"] };
  const server = await openServer({
    listen,
    tls: files,
    handle: service.handle,
    known: service.known,
    admit: service.admit,
    onRequest(report) {
      const method = service.known(report.path) ? report.path.slice(report.path.lastIndexOf("/") + 1) : undefined;
      metrics.requested(report, method);
      tellRequest(log, report, method);
    },
    onTurnedAway: metrics.turnedAway,
  });
  if (!server.ok) return refuse(server.error.code, server.error.reason);
  closers.push(() => server.value.close(STOP_GRACE_MS));
  closers.push(reloadOnChange(server.value, files === undefined ? [] : [files.certificate, files.privateKey], log));
  return server;
}

/** @param method undefined: the path is none of ours, and is not repeated */
function tellRequest(log: Log, { id, address, status, ms, error }: RequestReport, method = "other"): void {
  if (error !== undefined || status === STATUS.internal)
    log.error({ id, method, error: describeError(error) }, "failed");
  else if (log.isLevelEnabled("debug")) log.debug({ id, method, address, status, ms }, "request");
}

/** The certificate is read again when its files change, and at SIGHUP, for connections to come. */
function reloadOnChange(server: Server, paths: readonly string[], log: Log): Closer {
  const reload = async (): Promise<void> => {
    const done = await server.reloadTls();
    if (done.ok) log.info("certificate read again");
    else log.error({ code: done.error.code, reason: done.error.reason }, "certificate not read, the old one stays");
  };
  const watched = watchFiles(paths, TLS_POLL_MS, () => void reload());
  const onHangUp = (): void => void reload();
  process.on("SIGHUP", onHangUp);
  return () => {
    process.off("SIGHUP", onHangUp);
    watched.close();
  };
}
