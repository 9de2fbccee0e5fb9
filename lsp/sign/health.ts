import { SIGN_RETRY_MS } from "../limits.ts";
import type { ResponseSigner, SignerEvents, SignOutcome } from "./signer.ts";

/** A transport to a signer: `sign`, and whether it is connected. */
export interface SigningWay {
  sign(frame: Uint8Array, method: string): Promise<SignOutcome>;
  connected(): boolean;
  close(): Promise<void>;
}

/**
 * A signer that knows whether it is well by its last answer. A connection alone says little: a signer that is paused, whose
 * disk is full or that hangs is connected. After trouble one question in SIGN_RETRY_MS goes through, and its answer decides;
 * everybody else is told at once instead of waiting for a deadline each.
 */
export function withHealth(way: SigningWay, { monotonic, onOutcome }: SignerEvents): ResponseSigner {
  let troubleAt: number | undefined;
  const isWell = (): boolean => troubleAt === undefined || monotonic() - troubleAt >= SIGN_RETRY_MS;
  return {
    async sign(frame, method) {
      const began = monotonic();
      // This is the one that goes through: for those who come after it, the trouble begins anew until it has its answer.
      if (troubleAt !== undefined && isWell()) troubleAt = began;
      const outcome = await way.sign(frame, method);
      const ended = monotonic();
      troubleAt = isTrouble(outcome) ? ended : undefined;
      onOutcome?.(outcome, ended - began);
      return outcome;
    },
    healthy: () => way.connected() && isWell(),
    close: () => way.close(),
  };
}

/** A budget refuses whatever is asked, every other rule this one frame. */
function isTrouble(outcome: SignOutcome): boolean {
  return outcome.kind === "unavailable" || (outcome.kind === "refused" && outcome.rule.startsWith("budget."));
}
