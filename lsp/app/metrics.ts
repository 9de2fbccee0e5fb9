import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Result } from "../../core/result.ts";
import { daysLeft, type PairValidity } from "../../core/tlspair.ts";
import type { LndError } from "../node/trouble.ts";
import type { RequestReport, TurnedAway } from "../server/server.ts";
import type { ServiceMeters } from "../service/parts.ts";
import type { SignOutcome } from "../sign/signer.ts";
import { STATUS } from "../wire/status.ts";
import type { CertificateUse } from "./materials.ts";
import { PARTS, type Trouble } from "./readiness.ts";
import { openCounter, openHistogram } from "./tally.ts";

/** Seconds. From one round to a good disk to where a client has given up. */
const WAIT = [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.25, 0.5, 1, 2, 5];
/** Seconds of libsecp256k1 in one thread, and of its queue. */
const VERIFY = [0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.005, 0.02];

const STATUS_NAMES = new Map<number, string>(Object.entries(STATUS).map(([name, code]) => [code, name]));

/** What the LSP counts. No label comes from a request: they are methods of the contract and words of ours. */
export interface LspMetrics extends ServiceMeters {
  readonly contentType: string;
  /** All of them, as Prometheus reads them. */
  metrics(): Promise<string>;
  /** @param method undefined: the path is none that is served */
  requested(report: Pick<RequestReport, "status" | "ms">, method: string | undefined): void;
  turnedAway(why: TurnedAway): void;
  signed(outcome: SignOutcome, ms: number): void;
  /** The signer's log is not the one that it was. */
  alarmed(kind: string): void;
  lndAnswered(answer: Result<unknown, LndError>, ms: number): void;
  blockSeen(height: number): void;
  watch(gauges: LspGauges): void;
  /** A certificate that is in use from now on. */
  certificate(use: CertificateUse, validity: PairValidity): void;
}

/** What is asked for when somebody looks. */
export interface LspGauges {
  readonly troubles: () => readonly Trouble[];
  /** Open on the public listener. */
  readonly connections: () => number;
}

export function openLspMetrics(version: string): LspMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "lsp_" });
  const height = new Gauge({ name: "lsp_block_height", help: "Last block that lnd told of.", registers: [registry] });
  const about = { name: "lsp_info", help: "1, with the version.", labelNames: ["version"], registers: [registry] };
  new Gauge(about).set({ version }, 1);
  const own = openTallies();
  const certificates = new Map<CertificateUse, PairValidity>();
  new Gauge({
    name: "lsp_tls_days_left",
    help: "Until a certificate is over.",
    labelNames: ["certificate"],
    registers: [registry],
    collect() {
      for (const [certificate, validity] of certificates) this.set({ certificate }, daysLeft(validity, Date.now()));
    },
  });
  return {
    contentType: registry.contentType,
    async metrics() {
      const texts = Object.values(own).map((tally) => tally.text());
      return [...texts, await registry.metrics()].join("\n\n");
    },
    answered(method, outcome, ms) {
      own.answers.of(method, outcome).inc();
      own.inside.of(method).observe(ms / 1000);
    },
    worked: (work, outcome, ms) => own[work].of(outcome).observe(ms / 1000),
    nonceRefused: () => own.stale.of().inc(),
    requested({ status, ms }, method = "other") {
      own.requests.of(method, typeof status === "string" ? status : (STATUS_NAMES.get(status) ?? "unknown")).inc();
      own.whole.of(method).observe(ms / 1000);
    },
    turnedAway: (why) => own.away.of(why).inc(),
    signed: ({ kind }, ms) => own.sign.of(kind).observe(ms / 1000),
    alarmed: (kind) => own.alarms.of(kind).inc(),
    lndAnswered: (answer, ms) => own.lnd.of(answer.ok ? "answered" : answer.error.code).observe(ms / 1000),
    blockSeen: (block) => height.set(block),
    watch: (gauges) => addGauges(registry, gauges),
    certificate: (use, validity) => void certificates.set(use, validity),
  };
}

function openTallies() {
  const dated = "Verified requests whose nonce was not above their key's last one.";
  return {
    requests: openCounter("lsp_requests_total", "Requests by gRPC status.", "method", "status"),
    whole: openHistogram("lsp_request_seconds", "From a request's headers to its answer sent.", WAIT, "method"),
    answers: openCounter("lsp_answers_total", "Requests by what ended them: a check, or success.", "method", "outcome"),
    inside: openHistogram("lsp_answer_seconds", "From a whole request to its answer made.", WAIT, "method"),
    verify: openHistogram("lsp_verify_seconds", "Checking a request's signature.", VERIFY, "outcome"),
    database: openHistogram("lsp_database_seconds", "From a nonce to the database's word on it.", WAIT, "outcome"),
    sign: openHistogram("lsp_sign_seconds", "From a response to its signature.", WAIT, "outcome"),
    alarms: openCounter("lsp_signer_log_alarms_total", "The signer's log went back or was rewritten.", "kind"),
    lnd: openHistogram("lsp_lnd_seconds", "GetInfo of lnd.", WAIT, "outcome"),
    stale: openCounter("lsp_nonces_refused_total", dated),
    away: openCounter("lsp_connections_refused_total", "Connections that got no further, or were ended.", "reason"),
  };
}

function addGauges(registry: Registry, { troubles, connections }: LspGauges): void {
  const registers = [registry];
  new Gauge({
    name: "lsp_connections",
    help: "Open connections of the public listener.",
    registers,
    collect() {
      this.set(connections());
    },
  });
  new Gauge({
    name: "lsp_ready",
    help: "1 while requests can be answered.",
    registers,
    collect() {
      this.set(troubles().length === 0 ? 1 : 0);
    },
  });
  new Gauge({
    name: "lsp_part_ready",
    help: "1 while the part is well.",
    labelNames: ["part"],
    registers,
    collect() {
      for (const part of PARTS) this.set({ part }, troubles().some((trouble) => trouble.part === part) ? 0 : 1);
    },
  });
}
