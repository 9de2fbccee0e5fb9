import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Part, Trouble } from "./readiness.ts";

/** Seconds. From a signature check to where a client has given up. */
const REQUEST = [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.25, 0.5, 1, 2, 5];
const VERIFY = [0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.005];

/** What a part of the LSP did, and how long it took. */
export type Work = "verify" | "sign" | "database" | "lnd";

/** What the LSP counts. None of it takes a label from a request: labels are methods and words of ours. */
export interface Metrics {
  readonly registry: Registry;
  /** One request answered. */
  answered(method: string, outcome: string, ms: number): void;
  worked(work: Work, outcome: string, ms: number): void;
  nonceRefused(): void;
  /** What is asked for when somebody looks. */
  watch(gauges: Gauges): void;
}

export interface Gauges {
  readonly troubles: () => readonly Trouble[];
  readonly connections: () => number;
}

const PARTS: readonly Part[] = ["process", "lnd", "signer", "database"];

export function openMetrics(version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: "lsp_" });
  new Gauge({ name: "lsp_info", help: "Its version.", labelNames: ["version"] as const, registers }).set(
    { version },
    1,
  );
  const requests = new Counter({
    name: "lsp_requests_total",
    help: "Requests answered, by method and outcome.",
    labelNames: ["method", "outcome"] as const,
    registers,
  });
  const latency = new Histogram({
    name: "lsp_request_seconds",
    help: "From a request's headers to its answer.",
    labelNames: ["method"] as const,
    buckets: REQUEST,
    registers,
  });
  const work = {
    verify: workHistogram("verify", "Checking a request's signature.", VERIFY, registers),
    sign: workHistogram("sign", "Asking for a response's signature.", REQUEST, registers),
    database: workHistogram("database", "Taking a nonce.", REQUEST, registers),
    lnd: workHistogram("lnd", "A call of lnd.", REQUEST, registers),
  };
  const nonces = new Counter({
    name: "lsp_nonces_refused_total",
    help: "Verified requests whose nonce was not greater than the last one of their key.",
    registers,
  });
  const counted = remember((key: string) => {
    const [method = "", outcome = ""] = key.split(" ");
    return requests.labels({ method, outcome });
  });
  const timed = remember((method: string) => latency.labels({ method }));
  return {
    registry,
    answered(method, outcome, ms) {
      counted(`${method} ${outcome}`).inc();
      timed(method).observe(ms / 1000);
    },
    worked: (kind, outcome, ms) => work[kind](outcome).observe(ms / 1000),
    nonceRefused: () => nonces.inc(),
    watch({ troubles, connections }) {
      const gauge = (name: string, help: string, value: () => number): void =>
        void new Gauge({
          name,
          help,
          registers,
          collect() {
            this.set(value());
          },
        });
      gauge("lsp_connections", "Open connections of the public listener.", connections);
      gauge("lsp_ready", "1 while requests can be answered.", () => (troubles().length === 0 ? 1 : 0));
      new Gauge({
        name: "lsp_part_ready",
        help: "1 while the part is well.",
        labelNames: ["part"] as const,
        registers,
        collect() {
          for (const part of PARTS) this.set({ part }, troubles().some((trouble) => trouble.part === part) ? 0 : 1);
        },
      });
    },
  };
}

function workHistogram(work: Work, help: string, buckets: number[], registers: Registry[]) {
  const histogram = new Histogram({
    name: `lsp_${work}_seconds`,
    help,
    labelNames: ["outcome"] as const,
    buckets,
    registers,
  });
  return remember((outcome: string) => histogram.labels({ outcome }));
}

/** Finding a child by its labels costs a microsecond; the labels are few and of ours. */
function remember<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const child = make(key);
    made.set(key, child);
    return child;
  };
}
