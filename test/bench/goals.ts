import type { Goal } from "./ratios.ts";

const least = (bound: number): Required<Goal>["wanted"] => ({ at: "least", bound });
const most = (bound: number): Required<Goal>["wanted"] => ({ at: "most", bound });

/** Of `bench:lsp`. Committed: medians of runs on two cores that others share, December 2026. */
export const LSP_GOALS = {
  "lsp/lnd": { what: "64 in flight: lsp-postgres / lsp-signed-by-lnd", wanted: least(1.5), committed: 1.27 },
  "lsp/limit": { what: "64 in flight: lsp-postgres / limit", wanted: least(0.5), committed: 0.45 },
  "lsp a second": { what: "64 in flight: lsp-postgres, a second", wanted: least(3_000), digits: 0 },
  "lsp/echo": { what: "64 in flight: lsp-postgres / echo", committed: 0.17 },
  "pglite/postgres": { what: "64 in flight: lsp-pglite / lsp-postgres", wanted: least(1) },
  "lsp/lnd alone": { what: "1 in flight: lsp-postgres / lsp-signed-by-lnd", wanted: least(1), committed: 1.01 },
  "CPU lsp/limit": { what: "64 in flight, CPU without load: lsp-postgres / limit", wanted: most(2) },
  "CPU pglite/postgres": { what: "64 in flight, CPU without load: lsp-pglite / -postgres", wanted: most(1) },
} as const satisfies Readonly<Record<string, Goal>>;

/** Of `bench:signer`. */
export const SIGNER_GOALS = {
  "stream/js": { what: "64 in flight: stream-socket / lnd-grpc-js", wanted: least(2.5), committed: 2.17 },
  "stream/ghz": { what: "64 in flight: stream-socket / lnd-ghz", wanted: least(1), committed: 1.64 },
  "stream/limit": { what: "64 in flight: stream-socket / limit", wanted: least(0.65), committed: 0.8 },
  "p99 stream/js": { what: "64 in flight: p99, stream-socket / lnd-grpc-js", wanted: most(1), committed: 0.48 },
  "p99 stream/ghz": { what: "64 in flight: p99, stream-socket / lnd-ghz", wanted: most(1.1), committed: 1.15 },
  "stream/js alone": { what: "1 in flight: stream-socket / lnd-grpc-js", wanted: least(1.2), committed: 0.84 },
  "CPU stream/limit": { what: "64 in flight, CPU without load: stream-socket / limit", wanted: most(2) },
} as const satisfies Readonly<Record<string, Goal>>;
