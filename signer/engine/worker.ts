import { hash } from "node:crypto";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { Secret } from "../../core/secret.ts";
import { freshEntropy, type IdentityKey, openKey } from "../key/key.ts";
import { DIGEST_BYTES, DIGEST_OF_SIGNATURE, type SigningJob, SLOT_BYTES, type WorkerStart } from "./slots.ts";

/**
 * The thread that signs while the main one decodes, judges and has the last batch flushed. It gets its copy of the key by
 * transfer, keeps it in one Secret, and knows digests and signatures only: what may be signed is decided before.
 */
if (parentPort !== null) start(parentPort, workerData as WorkerStart);

function start(port: MessagePort, { privateKey, nodeId }: WorkerStart): void {
  const opened = openKey(Secret.take(new Uint8Array(privateKey)), nodeId, freshEntropy());
  port.postMessage(opened.ok ? "ready" : opened.error.code);
  if (!opened.ok) return;
  const key = opened.value;
  port.on("message", (job: SigningJob | "stop") => {
    if (job === "stop") {
      key.wipe();
      port.close();
      return;
    }
    const slots = signAll(key, job.digests);
    port.postMessage(slots, [slots.buffer]);
  });
}

function signAll(key: IdentityKey, digests: Uint8Array): Uint8Array<ArrayBuffer> {
  const count = digests.length / DIGEST_BYTES;
  const slots = new Uint8Array(count * SLOT_BYTES);
  for (let at = 0; at < count; at += 1) {
    const signature = key.sign(digests.subarray(at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES));
    const slot = at * SLOT_BYTES;
    slots[slot] = signature.length;
    slots.set(signature, slot + 1);
    slots.set(hash("sha256", signature, "buffer"), slot + DIGEST_OF_SIGNATURE);
  }
  return slots;
}
