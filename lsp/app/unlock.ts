import type { Result } from "../../core/result.ts";
import type { Secret } from "../../core/secret.ts";
import type { LspStartError } from "../files.ts";
import { UNLOCK_PAUSE_MS } from "../limits.ts";
import type { LndNode } from "../node/lnd.ts";

export interface UnlockOptions {
  readonly node: Pick<LndNode, "unlock">;
  /** Read for each try, so that a file that was mended counts at once, and the password is in memory only meanwhile. */
  readonly password: () => Result<Secret, LspStartError>;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number;
  /** The code of what went wrong; undefined: unlocked. */
  readonly onTry: (code: string | undefined) => void;
}

/** Unlocks lnd's wallet when it is asked to, and not more often than every `UNLOCK_PAUSE_MS` while that fails. */
export function openUnlocker({ node, password, monotonic, onTry }: UnlockOptions): () => Promise<void> {
  let notBefore = Number.NEGATIVE_INFINITY;
  return async () => {
    if (monotonic() < notBefore) return;
    notBefore = monotonic() + UNLOCK_PAUSE_MS;
    const read = password();
    if (!read.ok) return onTry(read.error.code);
    const unlocked = await node.unlock(read.value);
    read.value.wipe();
    if (unlocked.ok) notBefore = Number.NEGATIVE_INFINITY;
    onTry(unlocked.ok ? undefined : unlocked.error.code);
  };
}
