import type { Result } from "../ceremony/result.ts";
import { connectionsWithin, descriptorsMax, watchDescriptors } from "./descriptors.ts";
import { refuse, type StartError } from "./files.ts";
import { CONNECTIONS_MAX, DESCRIPTORS_LOOK_MS, SAY_AGAIN_MS, STOP_GRACE_MS, TLS_POLL_MS } from "./limits.ts";
import { describeError, type Log, openOccasions } from "./log.ts";
import type { NodeCache } from "./node/info.ts";
import { openServer, type RequestReport, type Server } from "./server/server.ts";
import { openService } from "./service/service.ts";
import type { ResponseSigner } from "./sign/signer.ts";
import { type Closer, monotonic, type Stage } from "./stage.ts";
import type { Store } from "./store/store.ts";
import { watchFiles } from "./tlsfiles.ts";

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
  const descriptors = descriptorsMax();
  const connections = connectionsWithin(descriptors);
  if (connections < CONNECTIONS_MAX) log.warn({ code: "files_few", descriptors, connections }, "fewer connections");
  const isNew = openOccasions(SAY_AGAIN_MS, monotonic);
  const onNoFiles = (word: string): void => {
    metrics.turnedAway("accept");
    if (isNew(word)) log.error({ code: "files_none", reason: word }, "connections are lost");
  };
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
    onTurnedAway(why, _address, detail) {
      if (why === "accept") onNoFiles(detail);
      else metrics.turnedAway(why);
    },
    limits: { connections },
  });
  if (!server.ok) return refuse(server.error.code, server.error.reason);
  closers.push(watchDescriptors(DESCRIPTORS_LOOK_MS, onNoFiles));
  closers.push(() => server.value.close(STOP_GRACE_MS));
  closers.push(reloadOnChange(server.value, files === undefined ? [] : [files.certificate, files.privateKey], log));
  return server;
}

/** @param method undefined: the path is none of ours, and is not repeated */
function tellRequest(log: Log, { id, address, status, ms, error }: RequestReport, method = "other"): void {
  // What a stranger can cause is no error of ours: a line for each would be his to write.
  if (error !== undefined) log.error({ id, method, error: describeError(error) }, "failed");
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
