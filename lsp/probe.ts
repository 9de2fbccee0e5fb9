import { ok, type Result } from "../ceremony/result.ts";
import type { Channel } from "../signer/channel.ts";
import type { ErrorCode } from "./errors.ts";
import { refuse, type StartError } from "./files.ts";
import type { Part, Readiness } from "./readiness.ts";

/** Whose key signs and on which network; configuration, lnd and signer must agree. */
export interface Identity {
  /** 33 bytes, lower-case hex. */
  readonly nodeId: string;
  readonly network: string;
}

/** One look at one part. Never rejects. */
export interface Probe {
  readonly part: Part;
  look(): Promise<Result<undefined, StartError>>;
}

/** Waiting does not mend these: a start ends with them at once. */
const LASTING: ReadonlySet<ErrorCode> = new Set([
  "lnd_other_node",
  "lnd_other_network",
  "lnd_no_wallet",
  "signer_other_node",
  "signer_other_network",
] satisfies ErrorCode[]);

/** What is found of a part, judged against the configuration. The text names both, as neither is a secret. */
export function compare(part: "lnd" | "signer", expected: Identity, found: Identity): Result<undefined, StartError> {
  if (found.network !== expected.network)
    return refuse(`${part}_other_network`, `${found.network}, not ${expected.network}`);
  if (found.nodeId !== expected.nodeId) return refuse(`${part}_other_node`, `${found.nodeId}, not ${expected.nodeId}`);
  return ok(undefined);
}

/** @param channel stays open: a look is one small call on it */
export function signerProbe(channel: Pick<Channel, "identity">, expected: Identity, deadlineMs: number): Probe {
  return {
    part: "signer",
    async look() {
      const found = await channel.identity(deadlineMs);
      return found.ok ? compare("signer", expected, found.value) : refuse("signer_unreachable");
    },
  };
}

/**
 * Looks at all parts until each was well once, or one of them has what waiting does not mend, or the time is over.
 *
 * @returns the trouble of the part that was still unwell
 */
export async function untilWell(
  probes: readonly Probe[],
  { timeoutMs, pauseMs, signal }: { timeoutMs: number; pauseMs: number; signal: AbortSignal },
): Promise<Result<undefined, StartError>> {
  const end = performance.now() + timeoutMs;
  const wait = async ({ look }: Probe): Promise<Result<undefined, StartError>> => {
    for (;;) {
      const found = await look();
      if (found.ok || LASTING.has(found.error.code)) return found;
      if (signal.aborted) return refuse("stopping");
      if (performance.now() + pauseMs > end) return found;
      await pause(pauseMs, signal);
    }
  };
  const results = await Promise.all(probes.map(wait));
  return results.find((result) => !result.ok) ?? ok(undefined);
}

/** Looks at each part again and again and keeps readiness as it is found, until the signal. */
export async function watchParts(
  probes: readonly Probe[],
  readiness: Readiness,
  { everyMs, signal }: { everyMs: number; signal: AbortSignal },
): Promise<void> {
  const watch = async ({ part, look }: Probe): Promise<void> => {
    while (!signal.aborted) {
      const found = await look();
      if (!signal.aborted) readiness.set(part, found.ok ? undefined : found.error.code);
      await pause(everyMs, signal);
    }
  };
  await Promise.all(probes.map(watch));
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
