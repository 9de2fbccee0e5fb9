import type { Result } from "../../core/result.ts";
import { untimely, validityOf } from "../../core/tlspair.ts";
import { type LspStartError, readStartText, refuse } from "../files.ts";
import { CONNECTIONS_MAX, DESCRIPTORS_LOOK_MS, LSP_STOP_GRACE_MS, SAY_AGAIN_MS } from "../limits.ts";
import type { NodeCache } from "../node/info.ts";
import { openServer, type RequestReport, type Server } from "../server/server.ts";
import type { TlsFiles } from "../server/tls.ts";
import { openService } from "../service/service.ts";
import type { ResponseSigner } from "../sign/signer.ts";
import type { Store } from "../store/store.ts";
import { connectionsWithin, descriptorsMax, watchDescriptors } from "./descriptors.ts";
import { describeError, type Log, openOccasions } from "./log.ts";
import type { LspMetrics } from "./metrics.ts";
import { hostPort } from "./place.ts";
import { serviceSettings } from "./settings.ts";
import { type Closer, monotonic, type StartStage } from "./stage.ts";
import { onChange } from "./tlsfiles.ts";

/** What the service stands on. */
export interface Behind {
  readonly store: Store;
  readonly signer: ResponseSigner;
  readonly cache: NodeCache;
}

/** The service, and the public listener in front of it. */
export async function openPublicListener(
  { config, metrics, readiness, log, closers }: StartStage,
  { store, signer, cache }: Behind,
): Promise<Result<Server, LspStartError>> {
  const { tls, listen } = config;
  const service = openService({
    store,
    signer,
    node: cache,
    settings: serviceSettings(config),
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
  if (!server.ok) {
    const { code, reason } = server.error;
    return refuse(code, code === "server_listen" ? `${hostPort(listen.host, listen.port)}: ${reason}` : reason);
  }
  closers.push(watchDescriptors(DESCRIPTORS_LOOK_MS, onNoFiles));
  closers.push(() => server.value.close(LSP_STOP_GRACE_MS));
  if (files !== undefined) closers.push(reloadOnChange(server.value, files, metrics, log));
  return server;
}

/** @param method undefined: the path is none of ours, and is not repeated */
function tellRequest(log: Log, { id, address, status, ms, error }: RequestReport, method = "other"): void {
  // What a stranger can cause is no error of ours: a line for each would be his to write.
  if (error !== undefined) log.error({ id, method, error: describeError(error) }, "failed");
  else if (log.isLevelEnabled("debug")) log.debug({ id, method, address, status, ms }, "request");
}

/** The certificate is read again when its files change, and at SIGHUP, for connections to come. */
function reloadOnChange(server: Server, files: TlsFiles, metrics: LspMetrics, log: Log): Closer {
  const reload = async (): Promise<void> => {
    const done = await server.reloadTls();
    if (!done.ok)
      return log.error({ code: done.error.code, reason: done.error.reason }, "certificate not read, the old one stays");
    log.info("certificate read again");
    const text = readStartText(files.certificate);
    const validity = text.ok ? validityOf(text.value) : undefined;
    if (validity === undefined) return;
    metrics.certificate("listener", validity);
    const late = untimely(validity, Date.now());
    if (late !== undefined) log.error({ code: late, path: files.certificate }, "no client will take the certificate");
  };
  return onChange([files.certificate, files.privateKey], () => void reload());
}
