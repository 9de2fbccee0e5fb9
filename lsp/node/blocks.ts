import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ClientReadableStream, ServiceError } from "@grpc/grpc-js";
import type { BlockEpoch, BlockEpochSchema } from "../../proto/gen/lnd/chain_pb.js";
import { LND_BACKOFF_MS } from "../limits.ts";
import { type LndError, lndError, troubleOf } from "./trouble.ts";

export interface Block {
  readonly height: number;
  /** As people read it: the reverse of the protocol's bytes. */
  readonly hash: string;
}

export interface BlockWatcher {
  /**
   * The tip at once, then each block that joins the chain, in order; after a reorganisation from the first block that is
   * new, so that the height goes back. What was mined while lnd was away comes as well, if two blocks or more had come
   * before and lnd still knows them; otherwise the height jumps.
   */
  readonly onBlock: (block: Block) => void;
  /** Why no blocks come at present; undefined: they come. Told at each change. */
  readonly onTrouble?: (trouble: LndError | undefined) => void;
}

export interface BlockWatch {
  close(): void;
}

/** Starts a subscription to what follows a block or, for `{}`, to the tip and what follows it. */
export type SubscribeBlocks = (after: MessageInitShape<typeof BlockEpochSchema>) => ClientReadableStream<BlockEpoch>;

/** lnd ends each subscription when it stops, and nobody but us renews it. */
export function watchBlocks(subscribe: SubscribeBlocks, { onBlock, onTrouble }: BlockWatcher): BlockWatch {
  let [before, last]: [BlockEpoch | undefined, BlockEpoch | undefined] = [undefined, undefined];
  let stream: ClientReadableStream<BlockEpoch> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let pause: number = LND_BACKOFF_MS.first;
  let told: LndError["code"] | "well" | undefined;
  follow();
  return {
    close() {
      const open = stream;
      stream = undefined;
      clearTimeout(timer);
      open?.cancel();
    },
  };

  function follow(): void {
    // Subscribe one block back: from the tip lnd is silent until the next block, so a dead stream looks alive. The
    // repeated block is skipped.
    const after = before;
    const current = subscribe(after ?? {});
    stream = current;
    let heard = false;
    current.on("data", (block: BlockEpoch) => {
      if (stream !== current) return;
      heard = true;
      pause = LND_BACKOFF_MS.first;
      tell(undefined);
      if (last !== undefined && Buffer.compare(block.hash, last.hash) === 0) return;
      [before, last] = [last, block];
      onBlock({ height: block.height, hash: Buffer.from(block.hash).reverse().toString("hex") });
    });
    const over = (error: LndError): void => {
      if (stream !== current) return;
      stream = undefined;
      // lnd does not know the block that we ask from, or its chain is shorter now: a gap is better than nothing ever.
      if (after !== undefined && !heard && error.code === "lnd_failed") before = undefined;
      tell(error);
      timer = setTimeout(follow, pause);
      pause = Math.min(2 * pause, LND_BACKOFF_MS.last);
    };
    // Stays to the end: a cancelled call reports itself as an error.
    current.on("error", (error: ServiceError) => over(troubleOf(error)));
    current.on("end", () => over(lndError("unavailable", "lnd ended the subscription")));
  }

  function tell(trouble: LndError | undefined): void {
    if (told === (trouble?.code ?? "well")) return;
    told = trouble?.code ?? "well";
    onTrouble?.(trouble);
  }
}
