import { hash } from "node:crypto";
import { Worker } from "node:worker_threads";
import { fail, ok, type Result } from "../../core/result.ts";
import type { Secret } from "../../core/secret.ts";
import { freshEntropy, type IdentityKey, type KeyError, openKey } from "../key/key.ts";
import { INLINE_ITEMS_MAX } from "../limits.ts";
import { DIGEST_BYTES, DIGEST_OF_SIGNATURE, SLOT_BYTES, type WorkerStart } from "./slots.ts";

export interface SignedDigest {
  /** DER. */
  readonly signature: Uint8Array;
  /** SHA-256 of it, for the log. */
  readonly digest: Uint8Array;
}

/** Makes signatures. Lists come back in the order in which they were given, also those of nothing. */
export interface KeySigning {
  /** At once where that is faster; else a promise. */
  sign(digests: readonly Uint8Array[]): readonly SignedDigest[] | Promise<readonly SignedDigest[]>;
  /** Overwrites every copy of the key. */
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (signed: readonly SignedDigest[]) => void;
  readonly reject: (error: Error) => void;
}

/** Signs on the calling thread alone. */
export function inlineSigning(key: IdentityKey): KeySigning {
  return {
    sign: (digests) => signHere(key, digests),
    close: async () => key.wipe(),
  };
}

/**
 * Two threads: the calling one for a few digests while nothing is waiting, else a worker, which signs one batch while
 * the one before it is flushed. Signatures a second through the whole service, 64 in flight, two shared cores, and the
 * share of bare libsecp256k1 beside it: see the table in `docs/signer.md`.
 */
export async function openSigning(privateKey: Secret, nodeId: string): Promise<Result<KeySigning, KeyError>> {
  const key = openKey(privateKey, nodeId, freshEntropy());
  if (!key.ok) return key;
  const copy = new ArrayBuffer(privateKey.length);
  new Uint8Array(copy).set(privateKey.bytes);
  const workerData: WorkerStart = { privateKey: copy, nodeId };
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    workerData,
    transferList: [copy],
    name: "signing",
    // Nothing from the environment or the command line belongs there.
    env: {},
    argv: [],
  });
  const ready = await new Promise<string>((resolve) => {
    worker.once("message", resolve);
    worker.once("error", () => resolve("key_library"));
  });
  if (ready !== "ready") {
    key.value.wipe();
    await worker.terminate();
    return fail({ code: "key_library" });
  }
  return ok(twoThreads(key.value, worker));
}

function twoThreads(key: IdentityKey, worker: Worker): KeySigning {
  const waiting: Waiting[] = [];
  let broken: Error | undefined;
  worker.removeAllListeners("error");
  worker.on("message", (slots: Uint8Array) => waiting.shift()?.resolve(signedOf(slots)));
  const breakDown = (error: Error): void => {
    broken = error;
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  worker.on("error", breakDown);
  worker.on("exit", () => breakDown(new Error("the signing thread has ended")));
  return {
    sign(digests) {
      if (waiting.length === 0 && digests.length <= INLINE_ITEMS_MAX) return signHere(key, digests);
      if (broken !== undefined) return Promise.reject(broken);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        const flat = new Uint8Array(digests.length * DIGEST_BYTES);
        for (const [at, digest] of digests.entries()) flat.set(digest, at * DIGEST_BYTES);
        worker.postMessage({ digests: flat }, [flat.buffer]);
      });
    },
    async close() {
      key.wipe();
      // Its copy is gone with its memory.
      if (broken !== undefined) return;
      const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
      worker.postMessage("stop");
      await ended;
    },
  };
}

function signHere(key: IdentityKey, digests: readonly Uint8Array[]): readonly SignedDigest[] {
  return digests.map((digest) => {
    const signature = key.sign(digest);
    return { signature, digest: hash("sha256", signature, "buffer") };
  });
}

function signedOf(slots: Uint8Array): readonly SignedDigest[] {
  const signed: SignedDigest[] = [];
  for (let slot = 0; slot < slots.length; slot += SLOT_BYTES) {
    const length = slots[slot] as number;
    signed.push({
      signature: slots.subarray(slot + 1, slot + 1 + length),
      digest: slots.subarray(slot + DIGEST_OF_SIGNATURE, slot + SLOT_BYTES),
    });
  }
  return signed;
}
