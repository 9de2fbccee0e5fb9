import { ok, type Result } from "../../core/result.ts";
import type { SignerChannel } from "../../signer/client/channel.ts";
import type { LspErrorCode } from "../errors.ts";
import { type LspStartError, refuse } from "../files.ts";
import { FIRST_BLOCK_MS } from "../limits.ts";
import type { NodeCache } from "../node/info.ts";
import type { LndNode } from "../node/lnd.ts";
import type { LndError } from "../node/trouble.ts";
import type { ResponseSigner } from "../sign/signer.ts";
import type { Store } from "../store/store.ts";
import { verifyFrame } from "../wire/signature.ts";
import type { Readiness, ReadinessPart } from "./readiness.ts";

/** Whose key signs and on which network; configuration, lnd and signer must agree. */
export interface NodeIdentity {
  /** 33 bytes, lower-case hex. */
  readonly nodeId: string;
  readonly network: string;
}

/** One look at one part. Never rejects. */
export type Look = () => Promise<Result<undefined, LspStartError>>;

export interface Probe {
  readonly part: ReadinessPart;
  readonly look: Look;
}

/** Errors that may go away: start-up retries these and fails at once on all others. */
const PASSING: ReadonlySet<LspErrorCode> = new Set([
  "lnd_locked",
  "lnd_not_synced",
  "lnd_unavailable",
  "lnd_failed",
  "signer_unreachable",
  "store_unavailable",
  "store_busy",
] satisfies LspErrorCode[]);

/** A message that cannot be a gRPC frame (its first byte is neither 0 nor 1), so lnd's signature over it is harmless. */
const NO_FRAME = Buffer.from([2, 0, 0, 0, 0]);

export function isNode(found: NodeIdentity | undefined, expected: NodeIdentity): boolean {
  return found?.nodeId === expected.nodeId && found.network === expected.network;
}

/** What is found of a part, judged against the configuration. The text names both, as neither is a secret. */
export function compareIdentity(
  part: "lnd" | "signer",
  expected: NodeIdentity,
  found: NodeIdentity,
): Result<undefined, LspStartError> {
  if (found.network !== expected.network)
    return refuse(`${part}_other_network`, `${found.network}, not ${expected.network}`);
  if (found.nodeId !== expected.nodeId) return refuse(`${part}_other_node`, `${found.nodeId}, not ${expected.nodeId}`);
  return ok(undefined);
}

/** The first event of lnd's block stream: a block, or why none come; undefined until then. */
export interface BlockNews {
  heard(): "block" | LndError | undefined;
  /** Resolves at the first event, or after `ms`. */
  wait(ms: number): Promise<void>;
}

/** Who lnd is, and that the macaroon lets it tell of blocks: what is not allowed now will not be later. */
export async function identifyLndWithBlocks(
  cache: Pick<NodeCache, "refresh">,
  expected: NodeIdentity,
  blocks: BlockNews,
): Promise<Result<undefined, LspStartError>> {
  const found = await identifyLnd(cache, expected);
  if (!found.ok) return found;
  await blocks.wait(FIRST_BLOCK_MS);
  const heard = blocks.heard();
  if (typeof heard === "object" && heard.code === "lnd_denied")
    return refuse(heard.code, `RegisterBlockEpochNtfn: ${heard.detail}; \`lsp macaroon\` has the line`);
  return ok(undefined);
}

/** Who lnd is. */
async function identifyLnd(
  cache: Pick<NodeCache, "refresh">,
  expected: NodeIdentity,
): Promise<Result<undefined, LspStartError>> {
  const found = await cache.refresh();
  return found.ok ? compareIdentity("lnd", expected, found.value) : refuse(found.error.code, found.error.detail);
}

/** Who lnd is, and whether it can be counted on. */
export async function lookAtLnd(
  cache: Pick<NodeCache, "refresh" | "trouble">,
  expected: NodeIdentity,
): Promise<Result<undefined, LspStartError>> {
  const found = await identifyLnd(cache, expected);
  const trouble = cache.trouble();
  return found.ok && trouble !== undefined ? refuse(trouble.code, trouble.detail) : found;
}

/** Whether lnd signs as it should where it is the signer: its macaroon may not allow it, its key may be another one. */
export async function lookAtLndKey(
  node: Pick<LndNode, "signMessage">,
  { nodeId }: NodeIdentity,
): Promise<Result<undefined, LspStartError>> {
  const signed = await node.signMessage(NO_FRAME);
  if (!signed.ok) return refuse(signed.error.code, signed.error.detail);
  const isOurs = verifyFrame(NO_FRAME, signed.value, Buffer.from(nodeId, "hex"));
  return isOurs ? ok(undefined) : refuse("lnd_other_node", `it does not sign as ${nodeId}`);
}

/** Who the signer is. */
export async function identifySigner(
  channel: Pick<SignerChannel, "identity">,
  expected: NodeIdentity,
  deadlineMs: number,
): Promise<Result<undefined, LspStartError>> {
  const found = await channel.identity(deadlineMs);
  return found.ok ? compareIdentity("signer", expected, found.value) : refuse("signer_unreachable", found.error.detail);
}

/** Who the signer is, whether it would sign, and whether our own stream to it is there. */
export async function lookAtSigner(
  channel: Pick<SignerChannel, "identity" | "serving">,
  signer: Pick<ResponseSigner, "healthy">,
  expected: NodeIdentity,
  deadlineMs: number,
): Promise<Result<undefined, LspStartError>> {
  const found = await identifySigner(channel, expected, deadlineMs);
  if (!found.ok) return found;
  if (!(await channel.serving(deadlineMs))) return refuse("signer_not_serving");
  return signer.healthy() ? ok(undefined) : refuse("signer_not_serving", "no stream, or its last answer was none");
}

/** Whether the database answers, and has reserved what every answer needs. A nonce is used up for it: there are plenty. */
export async function lookAtStore(
  store: Pick<Store, "ping"> & { readonly replyNonces: Pick<Store["replyNonces"], "next"> },
): Promise<Result<undefined, LspStartError>> {
  const answer = await store.ping();
  if (!answer.ok) return refuse(answer.error.code, answer.error.detail);
  return store.replyNonces.next() === undefined ? refuse("store_nonces") : ok(undefined);
}

/**
 * Looks again and again until each part was found well once, or one has what waiting does not mend, or the time is over.
 * Readiness shows meanwhile what is waited for.
 *
 * @param endMs on the scale of `performance.now()`
 * @returns what was found last in the part that ended it
 */
export async function untilWell(
  probes: readonly Probe[],
  readiness: Pick<Readiness, "set">,
  { endMs, pauseMs, signal }: { endMs: number; pauseMs: number; signal: AbortSignal },
): Promise<Result<undefined, LspStartError>> {
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  let why: Result<undefined, LspStartError> = ok(undefined);
  const wait = async ({ part, look }: Probe): Promise<void> => {
    while (!either.aborted) {
      const found = await look();
      if (found.ok) return readiness.set(part, undefined);
      readiness.set(part, found.error.code, found.error.about);
      if (!PASSING.has(found.error.code) || performance.now() + pauseMs > endMs) {
        if (why.ok) why = found;
        ended.abort();
      }
      await pause(pauseMs, either);
    }
  };
  await Promise.all(probes.map(wait));
  return signal.aborted ? refuse("stopping") : why;
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
      if (signal.aborted) return;
      if (found.ok) readiness.set(part, undefined);
      else readiness.set(part, found.error.code, found.error.about);
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
