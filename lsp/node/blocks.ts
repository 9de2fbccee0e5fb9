import type { ClientReadableStream, ServiceError } from "@grpc/grpc-js";
import { LND_BACKOFF_MS } from "../limits.ts";
import type { BlockEpoch } from "./api.ts";
import { type LndError, lndError, troubleOf } from "./trouble.ts";

export interface Block {
  readonly height: number;
  /** As people read it: the reverse of the protocol's bytes. */
  readonly hash: string;
}

export interface BlockWatcher {
  /**
   * The tip at once, then each block that joins the chain, in order. After a reorganisation the height goes back to the
   * first block that is new. What was mined while lnd was away comes too, unless lnd no longer knows where we were: only
   * then does the height jump.
   */
  readonly onBlock: (block: Block) => void;
  /** Why no blocks come at present; undefined: they come. Told at each change. */
  readonly onTrouble?: (trouble: LndError | undefined) => void;
}

export interface BlockWatch {
  close(): void;
}

/** Starts a subscription for what follows a block, or, for `{}`, from the tip on; undefined: no lnd to ask any more. */
type Subscribe = (after: BlockEpoch | object) => ClientReadableStream<BlockEpoch> | undefined;

/** lnd ends a subscription when it stops, and nobody renews it but us. */
export function watchBlocks(subscribe: Subscribe, { onBlock, onTrouble }: BlockWatcher): BlockWatch {
  let [before, last]: [BlockEpoch | undefined, BlockEpoch | undefined] = [undefined, undefined];
  let stream: ClientReadableStream<BlockEpoch> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let pause: number = LND_BACKOFF_MS.first;
  let trouble: LndError | undefined | "unknown" = "unknown";
  let closed = false;
  follow();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      stream?.cancel();
    },
  };

  function follow(): void {
    // From the last block but one: lnd answers a subscription from the tip itself with silence, and that we are
    // following again would show with the next block only.
    const resumed = before !== undefined;
    const current = subscribe(before ?? {});
    stream = current;
    if (current === undefined) return;
    let heard = false;
    const over = (error: LndError): void => {
      if (stream !== current || closed) return;
      stream = undefined;
      current.cancel();
      // lnd does not know the block that we ask from: better a gap than no blocks for ever.
      if (resumed && !heard && error.code === "lnd_failed") before = undefined;
      tell(error);
      timer = setTimeout(follow, pause);
      pause = Math.min(2 * pause, LND_BACKOFF_MS.last);
    };
    current.on("data", (block: BlockEpoch) => {
      if (stream !== current || closed) return;
      heard = true;
      pause = LND_BACKOFF_MS.first;
      tell(undefined);
      if (last !== undefined && block.hash.equals(last.hash)) return;
      [before, last] = [last, block];
      onBlock({ height: block.height, hash: Buffer.from(block.hash).reverse().toString("hex") });
    });
    // A listener for errors stays to the end: a cancelled call reports itself as one.
    current.on("error", (error: ServiceError) => over(troubleOf(error)));
    current.on("end", () => over(lndError("unavailable", "lnd ended the subscription")));
  }

  function tell(now: LndError | undefined): void {
    if (trouble !== "unknown" && trouble?.code === now?.code) return;
    trouble = now;
    onTrouble?.(now);
  }
}
