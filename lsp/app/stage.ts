import type { LspConfig } from "./config.ts";
import type { Log } from "./log.ts";
import type { Materials } from "./materials.ts";
import type { LspMetrics } from "./metrics.ts";
import type { NodeIdentity } from "./probe.ts";
import type { Readiness } from "./readiness.ts";

export type Closer = () => void | Promise<void>;

export interface LspParts {
  readonly config: LspConfig;
  readonly materials: Materials;
  readonly log: Log;
  /** Ends the start, or what runs after it. */
  readonly signal: AbortSignal;
  /** Clean-up functions, run in reverse order, also when start-up fails. */
  readonly closers: Closer[];
}

/** All that a start has opened so far. */
export interface StartStage extends LspParts {
  readonly expected: NodeIdentity;
  readonly metrics: LspMetrics;
  readonly readiness: Readiness;
  /** Of the start, on the scale of `performance.now()`. */
  readonly endMs: number;
}

/** Milliseconds that never go back; every deadline is on this scale. */
export const monotonic = (): number => performance.now();
