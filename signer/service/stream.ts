import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import { BATCH_ITEMS_MAX } from "../limits.ts";
import type { Gate } from "./gate.ts";
import type { Pipeline } from "./sign.ts";
import { encodeBatchResult, type WireItem } from "./wire.ts";

/** One message as it was read: its items, or undefined where the bytes were no batch. */
export interface ReadBatch {
  readonly items: readonly WireItem[] | undefined;
  readonly bytes: number;
}

export interface OpenStream {
  /** Takes no more batches, answers those that it has, and ends the call: the client knows that each has its answer. */
  finish(): void;
  readonly closed: Promise<void>;
}

/**
 * One call of `SignStream`. Reading stops while the client has too much in flight or does not take its answers, so what
 * this process holds for it is bounded by the gate and by grpc-js's own 16 messages each way.
 */
export function handleStream(
  call: ServerDuplexStream<ReadBatch, Buffer>,
  client: string,
  pipeline: Pipeline,
  gate: Gate,
): OpenStream {
  let pending = 0;
  let ended = false;
  let over = false;
  let blocked = false;

  const proceed = (): void => {
    if (over) return;
    if (ended) {
      if (pending > 0) return;
      over = true;
      call.end();
    } else if (gate.full()) gate.whenOpen(proceed);
    else if (!blocked) call.resume();
  };

  const fail = (code: status, details: string): void => {
    over = true;
    call.emit("error", { code, details });
  };

  const accept = async ({ items, bytes }: ReadBatch): Promise<void> => {
    if (over || ended) return;
    if (items === undefined) return fail(status.INVALID_ARGUMENT, "not a SignBatch");
    if (items.length > BATCH_ITEMS_MAX)
      return fail(status.RESOURCE_EXHAUSTED, `a batch has at most ${BATCH_ITEMS_MAX} items`);
    pending += 1;
    gate.enter(items.length, bytes);
    if (gate.full()) {
      call.pause();
      gate.whenOpen(proceed);
    }
    const { results, position } = await pipeline.submit(client, items);
    pending -= 1;
    gate.leave(items.length, bytes);
    if (over) return;
    blocked = !call.write(encodeBatchResult(items, results, position));
    if (blocked) call.pause();
    if (ended) proceed();
  };

  call.on("data", (batch: ReadBatch) => void accept(batch));
  call.on("drain", () => {
    blocked = false;
    proceed();
  });
  call.on("end", () => {
    ended = true;
    proceed();
  });
  call.on("cancelled", () => {
    over = true;
  });
  return {
    finish() {
      call.pause();
      ended = true;
      proceed();
    },
    closed: new Promise((resolve) => {
      for (const event of ["close", "cancelled"]) call.once(event, resolve);
    }),
  };
}
