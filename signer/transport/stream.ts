import type { SignPipeline } from "../engine/pipeline.ts";
import { BATCH_ITEMS_MAX } from "../limits.ts";
import { decodeBatch, encodeBatchResult } from "../wire/batch.ts";
import { type CallHandler, SIGNER_STATUS, type SignerStatus, type StreamCall } from "./call.ts";
import type { ItemGate } from "./gate.ts";

export interface OpenStream {
  readonly handler: CallHandler;
  /** Takes no more batches, answers those that it has, and ends the call: the client knows that each has its answer. */
  finish(): void;
  readonly closed: Promise<void>;
}

/**
 * One call of `SignStream`. Reading stops while the client has too much in flight or does not take its answers, so what
 * this process holds for it is bounded by the gate and by HTTP/2's window.
 */
export function handleStream(call: StreamCall, client: string, pipeline: SignPipeline, gate: ItemGate): OpenStream {
  let pending = 0;
  let ended = false;
  let over = false;
  let blocked = false;
  const closing = Promise.withResolvers<void>();

  const proceed = (): void => {
    if (over) return;
    if (ended) {
      if (pending > 0) return;
      over = true;
      call.end();
    } else if (gate.full()) gate.whenOpen(proceed);
    else if (!blocked) call.resume();
  };

  const refuse = (status: SignerStatus, details: string): void => {
    over = true;
    call.end(status, details);
  };

  const accept = async (message: Buffer): Promise<void> => {
    if (over || ended) return;
    const items = decodeBatch(message);
    if (items === undefined) return refuse(SIGNER_STATUS.invalidArgument, "not a SignBatch");
    if (items.length > BATCH_ITEMS_MAX)
      return refuse(SIGNER_STATUS.resourceExhausted, `a batch has at most ${BATCH_ITEMS_MAX} items`);
    pending += 1;
    gate.enter(items.length, message.length);
    if (gate.full()) {
      call.pause();
      gate.whenOpen(proceed);
    }
    const { results, position } = await pipeline.submit(client, items);
    pending -= 1;
    gate.leave(items.length, message.length);
    if (over) return;
    blocked = !call.send(encodeBatchResult(items, results, position));
    if (blocked) call.pause();
    if (ended) proceed();
  };

  return {
    handler: {
      onMessage: (message) => void accept(message),
      onEnd() {
        ended = true;
        proceed();
      },
      onDrain() {
        blocked = false;
        proceed();
      },
      onClose() {
        over = true;
        closing.resolve();
      },
    },
    finish() {
      call.pause();
      ended = true;
      proceed();
    },
    closed: closing.promise,
  };
}
