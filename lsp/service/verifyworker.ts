import { parentPort } from "node:worker_threads";
import { verifyAll } from "./verifybatch.ts";

/** The thread that checks signatures while the main one serves. It says that it is there, and answers batches in order. */
parentPort?.on("message", (packed: Uint8Array) => {
  const verdicts = verifyAll(packed);
  parentPort?.postMessage(verdicts, [verdicts.buffer]);
});
parentPort?.postMessage("ready");
