import { fail, type Result } from "../../core/result.ts";
import { NODE_INFO_MS } from "../limits.ts";
import type { LndNode, NodeInfo } from "./lnd.ts";
import { type LndError, lndError } from "./trouble.ts";

/** What lnd says of itself, for those who cannot wait for it: asked ahead, again and again. */
export interface NodeCache {
  /** The last good answer, however old; undefined before the first. */
  latest(): NodeInfo | undefined;
  /** Milliseconds since the question that `latest` answers; undefined before the first answer. */
  age(): number | undefined;
  /** Why lnd cannot be counted on now; undefined: it answered not long ago, and it follows the chain. */
  trouble(): LndError | undefined;
  /** Asks now; those who ask at the same time share one question. Never rejects. */
  refresh(): Promise<Result<NodeInfo, LndError>>;
  close(): void;
}

export interface NodeCacheOptions {
  readonly node: Pick<LndNode, "info">;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  /** Called when lnd says that its wallet is locked, and waited for; lnd is asked once more after it. Never rejects. */
  readonly onLocked?: () => Promise<void>;
  /** Told when `trouble` changes its code. */
  readonly onTrouble?: (trouble: LndError | undefined) => void;
  /** Told after each question how long it took, in milliseconds. */
  readonly onAnswer?: (answer: Result<NodeInfo, LndError>, ms: number) => void;
}

/** Asks at once, and then every few seconds until it is closed. */
export function openNodeCache({ node, monotonic, onLocked, onTrouble, onAnswer }: NodeCacheOptions): NodeCache {
  let latest: { readonly info: NodeInfo; readonly at: number } | undefined;
  let failure: LndError | undefined = lndError("unavailable", "not asked yet");
  let told: LndError["code"] | "well" | undefined;
  let asking: Promise<Result<NodeInfo, LndError>> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const cache: NodeCache = {
    latest: () => latest?.info,
    age: () => (latest === undefined ? undefined : monotonic() - latest.at),
    trouble() {
      const fresh = latest !== undefined && monotonic() - latest.at <= NODE_INFO_MS.staleAfter;
      // An answer that did not come does not yet take back the one before it; an answer that says no does.
      if (failure !== undefined && !(fresh && failure.code === "lnd_unavailable")) return failure;
      if (!fresh) return lndError("unavailable", "not asked for long");
      return latest?.info.syncedToChain ? undefined : lndError("not_synced", "lnd does not follow the chain yet");
    },
    refresh() {
      if (closed) return Promise.resolve(fail(lndError("unavailable", "closed")));
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
  void round();
  return cache;

  async function round(): Promise<void> {
    await cache.refresh();
    if (closed) return;
    timer = setTimeout(() => void round(), cache.trouble() === undefined ? NODE_INFO_MS.every : NODE_INFO_MS.again);
  }

  async function ask(): Promise<Result<NodeInfo, LndError>> {
    const answer = await askOnce();
    if (answer.ok || answer.error.code !== "lnd_locked" || onLocked === undefined) return note(answer);
    await onLocked();
    return note(await askOnce());
  }

  async function askOnce(): Promise<Result<NodeInfo, LndError>> {
    const at = monotonic();
    const answer = await node.info();
    onAnswer?.(answer, monotonic() - at);
    if (answer.ok) latest = { info: answer.value, at };
    return answer;
  }

  function note(answer: Result<NodeInfo, LndError>): Result<NodeInfo, LndError> {
    failure = answer.ok ? undefined : answer.error;
    const trouble = cache.trouble();
    if (!closed && told !== (trouble?.code ?? "well")) {
      told = trouble?.code ?? "well";
      onTrouble?.(trouble);
    }
    return answer;
  }
}
