import { createServer, type Server } from "node:http";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { fail, ok, type Result } from "../../core/result.ts";
import { errnoOfSocket, listenUnix, type SocketError } from "../../core/sockets.ts";
import type { Meters } from "../engine/meters.ts";

/** What is asked for when somebody looks. */
export interface SignerGauges {
  readonly inFlight: () => number;
  readonly diskFreeBytes: () => number;
  readonly diskSecondsLeft: () => number;
  readonly auditSeq: () => number;
  readonly serving: () => boolean;
}

export interface SignerMetrics extends Meters {
  readonly registry: Registry;
  watch(gauges: SignerGauges): void;
  /** Days until the server's certificate is over; only where there is one. */
  certificate(daysLeft: () => number): void;
}

/** Seconds. From under one flush of a good disk to where a client has given up. */
const LATENCY = [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.25, 1];
const FLUSH = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25];

export function openSignerMetrics(): SignerMetrics {
  const registry = new Registry();
  const registers = [registry];
  const signatures = new Counter({
    name: "signer_signatures_total",
    help: "Signatures that left, by client.",
    labelNames: ["client"] as const,
    registers,
  });
  const refusals = new Counter({
    name: "signer_refusals_total",
    help: "Refusals, by client and rule.",
    labelNames: ["client", "rule"] as const,
    registers,
  });
  const latency = new Histogram({
    name: "signer_batch_seconds",
    help: "From a batch read to its answer ready, flush included.",
    buckets: LATENCY,
    registers,
  });
  const flush = new Histogram({
    name: "signer_audit_flush_seconds",
    help: "From records handed to the log until they are on disk.",
    buckets: FLUSH,
    registers,
  });
  const records = new Counter({ name: "signer_audit_records_total", help: "Decisions on disk.", registers });
  const turnedAway = new Counter({
    name: "signer_connections_refused_total",
    help: "Connections that got no further, by reason.",
    labelNames: ["reason"] as const,
    registers,
  });
  let signedTotal = 0;
  let refusedTotal = 0;
  return {
    registry,
    answered(client, results, ms) {
      latency.observe(ms / 1000);
      let signed = 0;
      for (const result of results) {
        if (result.kind === "signed") signed += 1;
        else refusals.inc({ client, rule: result.rule });
      }
      if (signed > 0) signatures.inc({ client }, signed);
      signedTotal += signed;
      refusedTotal += results.length - signed;
    },
    flushed(ms, count) {
      flush.observe(ms / 1000);
      records.inc(count);
    },
    turnedAway: (reason) => turnedAway.inc({ reason }),
    totals: () => ({ signed: signedTotal, refused: refusedTotal }),
    watch: (gauges) => addGauges(registers, gauges),
    certificate: (daysLeft) =>
      addGauge(registers, "signer_tls_days_left", "Until the TLS certificate is over.", daysLeft),
  };
}

function addGauge(registers: Registry[], name: string, help: string, value: () => number): void {
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(value());
    },
  });
}

function addGauges(registers: Registry[], gauges: SignerGauges): void {
  const gauge = (name: string, help: string, value: () => number): void => addGauge(registers, name, help, value);
  gauge("signer_items_in_flight", "Items between reading and answer.", gauges.inFlight);
  gauge("signer_disk_free_bytes", "Room on the log's disk.", gauges.diskFreeBytes);
  gauge("signer_disk_seconds_left", "Until the log's reserve is reached at the present rate.", gauges.diskSecondsLeft);
  gauge("signer_audit_seq", "Last record of the log.", gauges.auditSeq);
  gauge("signer_serving", "1 while it would sign.", () => (gauges.serving() ? 1 : 0));
}

/** Where metrics are read: a loopback port, or a unix socket of the signer's own group. Nowhere else. */
export type MetricsPlace = { readonly port: number } | { readonly socket: string };

export async function listenMetrics(
  registry: Registry,
  place: MetricsPlace,
): Promise<Result<Server, SocketError | { readonly code: "metrics_listen"; readonly reason: string }>> {
  const http = createServer((request, response) => {
    if (request.method !== "GET" || request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      // Not kept open: it would keep a process that stops.
      (text) => response.writeHead(200, { "content-type": registry.contentType, connection: "close" }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  if ("socket" in place) {
    const listening = await listenUnix({ path: place.socket, mode: 0o660, group: undefined }, (socket) =>
      http.emit("connection", socket),
    );
    if (!listening.ok) return listening;
    http.on("close", () => listening.value.close());
    return ok(http);
  }
  try {
    await new Promise<void>((resolve, reject) => {
      http.once("error", reject);
      http.listen(place.port, "127.0.0.1", () => resolve());
    });
    return ok(http);
  } catch (error) {
    return fail({ code: "metrics_listen", reason: `127.0.0.1:${place.port}: ${errnoOfSocket(error)}` });
  }
}
