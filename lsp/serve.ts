import { ok, type Result } from "../ceremony/result.ts";
import { openChannel } from "../signer/channel.ts";
import { openSigner } from "../signer/client.ts";
import { type Admin, openAdmin } from "./admin.ts";
import type { LspConfig } from "./config.ts";
import { readSecret, refuse, type StartError } from "./files.ts";
import { CHECK_MS, SIGNER_IDENTITY_MS, START_PAUSE_MS, STOP_GRACE_MS, TLS_POLL_MS } from "./limits.ts";
import { describeError, type Log } from "./log.ts";
import { type Metrics, openMetrics } from "./metrics.ts";
import { type NodeCache, openNodeCache } from "./node/info.ts";
import { type LndNode, openLnd } from "./node/lnd.ts";
import {
  type Identity,
  identifyLnd,
  identifySigner,
  type Look,
  lookAtLnd,
  lookAtSigner,
  untilGood,
  watchParts,
} from "./probe.ts";
import { openReadiness, type Readiness } from "./readiness.ts";
import { openServer, type RequestReport, type Server } from "./server/server.ts";
import { openService } from "./service/service.ts";
import { openLndSigner } from "./sign/lnd.ts";
import { openProcessSigner } from "./sign/process.ts";
import type { ResponseSigner } from "./sign/signer.ts";
import type { Materials } from "./start.ts";
import { openStore, type Store, type StoreEvent } from "./store/store.ts";
import { watchFiles } from "./tlsfiles.ts";
import { openUnlocker } from "./unlock.ts";
import { version } from "./version.ts";
import { STATUS } from "./wire/status.ts";

export type Closer = () => void | Promise<void>;

export interface ServeParts {
  readonly config: LspConfig;
  readonly materials: Materials;
  readonly log: Log;
  /** Ends the start, or what runs after it. */
  readonly signal: AbortSignal;
  /** Gets what has to be closed, also by a start that fails; the last one first. */
  readonly closers: Closer[];
}

/** All that a start has opened so far. */
interface Stage extends ServeParts {
  readonly expected: Identity;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  /** Of the start, on the scale of `performance.now()`. */
  readonly endMs: number;
}

const monotonic = (): number => performance.now();

/** Opens one part after the other; the public listener comes last, when all agree on who signs and on which network. */
export async function serve(parts: ServeParts): Promise<Result<undefined, StartError>> {
  const { config, log, signal, closers } = parts;
  const metrics = openMetrics(version());
  const readiness = openReadiness((part, code) => {
    if (code === undefined) log.info({ part }, "well");
    else log.warn({ part, code }, "not ready");
  });
  readiness.set("process", "starting");
  const expected = { nodeId: config["node-id"], network: config.network };
  const endMs = monotonic() + config["start-timeout-seconds"] * 1000;
  const stage: Stage = { ...parts, expected, metrics, readiness, endMs };
  const admin = await openAdmin({ ...config.admin, readiness, metrics: metrics.registry });
  if (!admin.ok) return admin;
  closers.push(admin.value.close);
  const { node, cache } = openNode(stage);
  const signing = openSigning(stage, node);
  const agreed = await untilGood([() => identifyLnd(cache, expected), signing.identify], {
    endMs,
    pauseMs: START_PAUSE_MS,
    signal,
  });
  if (!agreed.ok) return agreed;
  const store = await openDatabase(stage);
  if (!store.ok) return store;
  const server = await openListener(stage, { store: store.value, signer: signing.signer, cache });
  if (!server.ok) return server;
  metrics.watch({ troubles: readiness.troubles, connections: server.value.connections });
  closers.push(() => readiness.set("process", "stopping"));
  readiness.set("process", undefined);
  const database: Look = async () => {
    const answer = await store.value.ping();
    return answer.ok ? answer : refuse(answer.error.code, answer.error.detail);
  };
  const probes = [
    { part: "lnd", look: () => lookAtLnd(cache, expected) },
    { part: "signer", look: signing.look },
    { part: "database", look: database },
  ] as const;
  const watching = watchParts(probes, readiness, { everyMs: CHECK_MS, signal });
  closers.push(() => watching);
  announce(stage, admin.value, server.value);
  return ok(undefined);
}

function openNode({ config, materials, metrics, log, closers }: Stage): { node: LndNode; cache: NodeCache } {
  const node = openLnd(materials.lnd);
  const file = config.lnd["password-file"];
  const unlock =
    file === undefined
      ? undefined
      : openUnlocker({
          node,
          password: () => readSecret(file),
          monotonic,
          onTry: (code) => (code === undefined ? log.info("lnd unlocked") : log.error({ code }, "lnd not unlocked")),
        });
  const cache = openNodeCache({
    node,
    monotonic,
    ...(unlock === undefined ? {} : { onLocked: unlock }),
    onAnswer: metrics.lndAnswered,
    onTrouble: (trouble) => trouble !== undefined && log.warn({ code: trouble.code, detail: trouble.detail }, "lnd"),
  });
  closers.push(() => {
    cache.close();
    node.close();
  });
  return { node, cache };
}

interface Signing {
  readonly signer: ResponseSigner;
  readonly identify: Look;
  readonly look: Look;
}

/** The signer process, or lnd in its place: then lnd's identity is the signer's, and is looked at already. */
function openSigning({ config, materials, expected, metrics, log, closers }: Stage, node: LndNode): Signing {
  const events = { monotonic, onOutcome: metrics.signed };
  const place = materials.signer;
  if (place === undefined || config.signer === "lnd") {
    const signer = openLndSigner(node, events);
    const look: Look = async () => (signer.healthy() ? ok(undefined) : refuse("signer_not_serving"));
    return { signer, identify: look, look };
  }
  const { witness } = config.signer;
  const client = openSigner({
    place,
    ...expected,
    ...(witness === undefined ? {} : { witnessFile: witness }),
    onAlarm: ({ kind }) => log.error({ code: "signer_log", kind }, "the signer's log is not the one that it was"),
    onState: (state) => log.info({ state }, "signer"),
  });
  const signer = openProcessSigner(client, events);
  const channel = openChannel(place);
  closers.push(() => {
    channel.close();
    return signer.close();
  });
  return {
    signer,
    identify: () => identifySigner(channel, expected, SIGNER_IDENTITY_MS),
    look: () => lookAtSigner(channel, expected, SIGNER_IDENTITY_MS),
  };
}

async function openDatabase({
  config,
  materials,
  log,
  signal,
  closers,
  endMs,
}: Stage): Promise<Result<Store, StartError>> {
  const { databaseUrl: url } = materials;
  const { folder } = config.database;
  let store: Store | undefined;
  const open: Look = async () => {
    const opened = await openStore({
      ...(url === undefined ? {} : { url }),
      ...(folder === undefined ? {} : { folder }),
      network: config.network,
      clock: Date.now,
      onEvent: (event) => tellStoreEvent(log, event),
    });
    if (!opened.ok) return refuse(opened.error.code, opened.error.detail);
    store = opened.value;
    return ok(undefined);
  };
  const opened = await untilGood([open], { endMs, pauseMs: START_PAUSE_MS, signal });
  if (store !== undefined) closers.push(store.close);
  if (!opened.ok) return opened;
  return store === undefined ? refuse("failed") : ok(store);
}

function tellStoreEvent(log: Log, event: StoreEvent): void {
  if (event.kind === "migrated") log.info({ migration: event.name }, "migrated");
  if (event.kind === "trouble") log.warn({ code: event.error.code, detail: event.error.detail }, "database");
}

interface Behind {
  readonly store: Store;
  readonly signer: ResponseSigner;
  readonly cache: NodeCache;
}

async function openListener(
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

/** The certificate is read again when its files change, and at SIGHUP (which would end a process that does not listen). */
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

function announce({ config, expected, log }: Stage, admin: Admin, server: Server): void {
  const host = config.listen.host.includes(":") ? `[${config.listen.host}]` : config.listen.host;
  log.info({ ...expected, listen: `${host}:${server.port}`, admin: admin.address }, "serving");
  if (config.plaintext) log.warn("plaintext");
  if (config.signer === "lnd") log.warn("lnd signs: no policy, and no log of what was signed");
  process.stdout.write(`node id ${expected.nodeId}\nlistening on ${host}:${server.port}\nadmin on ${admin.address}\n`);
}
