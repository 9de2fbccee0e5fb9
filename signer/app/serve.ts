import type { Server as NetServer, Socket } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import type { Logger } from "pino";
import { ok, type Result } from "../../core/result.ts";
import { listenUnix, type SocketError } from "../../core/sockets.ts";
import { GetIdentityResponseSchema } from "../../proto/gen/signer/v1/signer_pb.js";
import type { AuditLog } from "../audit/log.ts";
import type { ServiceJudge } from "../engine/judge.ts";
import type { Pause } from "../engine/pause.ts";
import { openSignPipeline } from "../engine/pipeline.ts";
import type { KeySigning } from "../engine/signing.ts";
import { STOP_GRACE_MS } from "../limits.ts";
import { type AdminAnswer, type AdminCommand, listenAdmin } from "../transport/admin.ts";
import { openHealth } from "../transport/health.ts";
import { type ClientServer, openClientServer } from "../transport/server.ts";
import { listenTls, type TlsError, type TlsOptions } from "../transport/tls.ts";
import type { SignerConfig } from "./config.ts";
import { listenMetrics, type SignerMetrics } from "./metrics.ts";

/** The log as the service uses it: tests put a broken one in its place. */
export type ServiceLog = Pick<
  AuditLog,
  "append" | "note" | "nextAddress" | "setBack" | "head" | "hashOf" | "key" | "disk" | "refusal" | "close"
>;

export interface SignerParts {
  readonly config: Pick<
    SignerConfig,
    "network" | "mode" | "clients" | "admin-socket" | "metrics-port" | "metrics-socket"
  >;
  /** 33 bytes, hex. */
  readonly nodeId: string;
  readonly version: string;
  readonly signing: KeySigning;
  readonly judge: ServiceJudge;
  readonly audit: ServiceLog;
  readonly pause: Pause;
  readonly metrics: SignerMetrics;
  readonly log: Logger;
  readonly clock: () => number;
  /** The signing thread has ended, or the log has failed: only a restart helps. May be told again and again. */
  readonly onBroken: () => void;
  /** Undefined where no client comes over TCP. */
  readonly tls: TlsOptions | undefined;
}

export type ServeError = SocketError | TlsError | { readonly code: "metrics_listen"; readonly reason: string };

export interface Service {
  /** Of the TLS listener, where there is one. */
  readonly port: number | undefined;
  /** No new calls; finishes what is in flight, flushes the log, wipes the key. */
  close(): Promise<void>;
}

/** How often refusals that were only counted get their record, and the disk is looked at. */
const HOUSEKEEPING_MS = 1_000;

/** Opens everything that the signer listens on. Nothing is left open when it fails. */
export async function serveSigner(parts: SignerParts): Promise<Result<Service, ServeError>> {
  const { config, nodeId, judge, signing, audit, pause, metrics, log } = parts;
  const pipeline = openSignPipeline({
    judge,
    signing,
    audit,
    meters: metrics,
    onUnavailable: (code, error) => {
      log.error({ code, cause: error instanceof Error ? error.message : "unknown" }, "refusing everything");
      if (code === "signing_unavailable") parts.onBroken();
      health.update();
    },
  });
  const health = openHealth(() => pause.since() === undefined && pipeline.healthy() && audit.refusal() === undefined);
  metrics.watch({
    inFlight: () => pipeline.inFlight(),
    diskFreeBytes: () => audit.disk().freeBytes,
    diskSecondsLeft: () => audit.disk().secondsLeft,
    auditSeq: () => Number(audit.head().seq),
    serving: health.serving,
  });
  const identity = Buffer.from(
    toBinary(
      GetIdentityResponseSchema,
      create(GetIdentityResponseSchema, {
        nodeId: Buffer.from(nodeId, "hex"),
        network: config.network,
        version: parts.version,
        mode: config.mode,
      }),
    ),
  );
  const clients = config.clients.map(({ name }) =>
    openClientServer(name, { pipeline, health, identity, hashOf: (seq) => audit.hashOf(seq) }),
  );
  const listeners: NetServer[] = [];
  const opened = await openListeners(parts, clients, listeners);
  if (!opened.ok) {
    await closeAll(listeners, clients, 0);
    return opened;
  }
  const admin = await listenAdmin(config["admin-socket"], (command) => obey(command, parts, pipeline.inFlight, health));
  if (!admin.ok) {
    await closeAll(listeners, clients, 0);
    return admin;
  }
  listeners.push(admin.value);
  const housekeeping = setInterval(() => keepHouse(parts, health.update), HOUSEKEEPING_MS);
  return ok({
    port: opened.value,
    async close() {
      clearInterval(housekeeping);
      if (!pause.save()) log.error({ errno: pause.unsaved() }, "the pause is not on disk, and ends with this process");
      health.close();
      await closeAll(listeners, clients, STOP_GRACE_MS);
      await pipeline.idle();
      const rest = judge.summed(true);
      // A log that is broken has said so; what it could not take is lost with it.
      if (rest.length > 0) await audit.append(rest).catch(() => undefined);
      await audit.close();
      await signing.close();
    },
  });
}

/** Opens the clients' sockets, TLS and metrics into `listeners`. Resolves to the TLS port. */
async function openListeners(
  { config, metrics, log, tls }: SignerParts,
  clients: readonly ClientServer[],
  listeners: NetServer[],
): Promise<Result<number | undefined, ServeError>> {
  const give = (server: ClientServer, socket: Socket): boolean => {
    socket.on("error", () => socket.destroy());
    const taken = server.accept(socket);
    if (!taken) {
      metrics.turnedAway("connections");
      socket.destroy();
    }
    return taken;
  };
  const pins = new Map<string, ClientServer>();
  for (const [at, { name, socket: path, group, fingerprints }] of config.clients.entries()) {
    const server = clients[at] as ClientServer;
    for (const fingerprint of fingerprints) pins.set(fingerprint, server);
    if (path === undefined) continue;
    const listening = await listenUnix({ path, mode: 0o660, group }, (socket) => void give(server, socket));
    if (!listening.ok) return listening;
    listeners.push(listening.value);
    log.info({ client: name, path }, "socket open");
  }
  const place = metricsPlace(config);
  if (place !== undefined) {
    const listening = await listenMetrics(metrics.registry, place);
    if (!listening.ok) return listening;
    listeners.push(listening.value);
  }
  if (tls === undefined) return ok(undefined);
  const listening = await listenTls(
    tls,
    (socket, fingerprint) => {
      const server = pins.get(fingerprint);
      return server === undefined ? false : give(server, socket) || true;
    },
    (reason, detail) => {
      metrics.turnedAway(reason);
      log.warn({ reason, detail }, "connection refused");
    },
  );
  if (!listening.ok) return listening;
  listeners.push(listening.value);
  const address = listening.value.address();
  const port = typeof address === "object" && address !== null ? address.port : undefined;
  log.info({ host: tls.host, port }, "TLS open");
  return ok(port);
}

function metricsPlace(config: SignerParts["config"]): { port: number } | { socket: string } | undefined {
  const { "metrics-port": port, "metrics-socket": socket } = config;
  if (port !== undefined) return { port };
  return socket === undefined ? undefined : { socket };
}

async function obey(
  command: AdminCommand,
  { config, nodeId, version, audit, pause, judge, metrics, log, clock }: SignerParts,
  inFlight: () => number,
  health: { serving(): boolean; update(): void },
): Promise<AdminAnswer> {
  let setBack: string | null = null;
  if (command === "pause") {
    pause.pause(new Date(clock()).toISOString());
    log.warn({ unsaved: pause.unsaved() }, "paused");
    await audit.note("paused by the admin socket").catch(() => undefined);
  }
  if (typeof command === "object") {
    const floor = judge.addressFloor();
    if (floor === undefined) return { ok: false, error: "admin_no_accounts" };
    // `addresses-from` would put it back at the next start.
    if (command.nextAddress < floor) return { ok: false, error: "admin_address_floor", floor };
    const refusal = audit.refusal();
    if (refusal !== undefined) return { ok: false, error: "admin_failed", refusal };
    const recorded = audit.nextAddress(command.nextAddress);
    // In the same turn: what is judged from here on has its record behind this one.
    judge.setNextAddress(command.nextAddress);
    await recorded;
    log.warn({ next: command.nextAddress }, "the next address is set");
  }
  if (command === "nonces-reset") {
    const refusal = audit.refusal();
    if (refusal !== undefined) return { ok: false, error: "admin_failed", refusal };
    const now = clock();
    const ahead = judge.ahead(now);
    setBack = ahead.join(",");
    if (ahead.length > 0) {
      const recorded = audit.setBack(now);
      // In the same turn, as above.
      judge.setBack(now);
      await recorded;
      log.warn({ clients: ahead, to: new Date(now).toISOString() }, "nonces set back");
    }
  }
  if (command === "resume") {
    // On record first: a signer that cannot say that it signs again does not.
    await audit.note("resumed by the admin socket");
    pause.resume();
    judge.resume();
    log.warn("resumed");
  }
  health.update();
  const { seq, head } = audit.head();
  const { freeBytes, secondsLeft, level } = audit.disk();
  const { signed, refused } = metrics.totals();
  return {
    ok: true,
    node_id: nodeId,
    network: config.network,
    mode: config.mode,
    version,
    serving: health.serving(),
    paused_since: pause.since() ?? null,
    paused_clients: pause.clients().join(","),
    pause_unsaved: pause.unsaved() ?? null,
    signed,
    refused,
    in_flight: inFlight(),
    audit_seq: Number(seq),
    audit_head: head.toString("hex"),
    audit_refusal: audit.refusal() ?? null,
    audit_key: audit.key() ?? null,
    address_highest: judge.addressFloor() === undefined ? null : judge.highestAddress(),
    nonces_set_back: setBack,
    disk: level,
    disk_free_bytes: freeBytes,
    disk_seconds_left: Number.isFinite(secondsLeft) ? Math.floor(secondsLeft) : null,
  };
}

const diskLevels = new WeakMap<Logger, string>();

function keepHouse({ judge, audit, pause, log, onBroken }: SignerParts, updateHealth: () => void): void {
  const unsaved = pause.unsaved();
  if (unsaved !== undefined && pause.save()) log.warn("the pause is on disk now");
  const due = judge.summed();
  if (due.length > 0) audit.append(due).catch(() => undefined);
  const { level, freeBytes, secondsLeft } = audit.disk();
  if (diskLevels.get(log) !== level && level !== "ok")
    log.warn({ level, freeBytes, secondsLeft }, "the log's disk fills");
  diskLevels.set(log, level);
  // Nobody knows what is on the disk after a failed write: only a start reads it, and the unit makes one.
  if (audit.refusal() === "audit_failed") onBroken();
  updateHealth();
}

async function closeAll(
  listeners: readonly NetServer[],
  clients: readonly ClientServer[],
  graceMs: number,
): Promise<void> {
  for (const listener of listeners) listener.close();
  await Promise.all(clients.map((server) => server.close(graceMs)));
}
