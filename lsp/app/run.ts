import { EXIT } from "../../core/errors.ts";
import { notifySystemd } from "../../core/notify.ts";
import type { Result } from "../../core/result.ts";
import { lspErrorLine } from "../errors.ts";
import type { LspStartError } from "../files.ts";
import { describeError, openLog } from "./log.ts";
import { loadConfig, loadMaterials } from "./materials.ts";
import { serveLsp } from "./serve.ts";
import type { Closer } from "./stage.ts";

/** `lsp run`: resolves to the exit code when a signal has ended it, or when it could not start. */
export async function runLsp(path: string): Promise<number> {
  // From the first line on: a signal while something is waited for must not be lost either.
  const { signal, name } = stopSignal();
  // Asked to reload while there is nothing yet to be read again.
  process.on("SIGHUP", () => undefined);
  const config = loadConfig(path);
  if (!config.ok) return end(config);
  const materials = loadMaterials(config.value);
  if (!materials.ok) return end(materials);
  const log = openLog(config.value["log-level"]);
  // Node would print the exception with its text, which may quote a request. The unit starts the process again.
  process.once("uncaughtException", (error) => {
    log.fatal({ code: "failed", error: describeError(error) }, "failed");
    process.exit(EXIT.refused);
  });
  const closers: Closer[] = [];
  const started = await serveLsp({ config: config.value, materials: materials.value, log, signal, closers });
  if (started.ok && !signal.aborted) {
    const untold = await notifySystemd("READY=1");
    if (untold !== undefined) log.error({ cause: untold }, "systemd not told that it serves");
  }
  if (started.ok && !signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  if (signal.aborted) {
    log.info({ why: name() }, "stopping");
    void notifySystemd("STOPPING=1");
  }
  if (!signal.aborted && !started.ok) log.error({ code: started.error.code }, "not started");
  // What was opened last is closed first.
  for (const close of closers.toReversed()) {
    try {
      await close();
    } catch (error) {
      // The others are closed all the same: the store among them.
      log.error({ code: "failed", error: describeError(error) }, "not closed");
    }
  }
  if (!signal.aborted) return end(started);
  log.info("stopped");
  return EXIT.done;
}

function end(result: Result<unknown, LspStartError>): number {
  if (!result.ok) process.stderr.write(lspErrorLine(result.error.code, result.error.about));
  return EXIT.refused;
}

/** A second signal ends the process at once, as the system has it. */
function stopSignal(): { signal: AbortSignal; name: () => string } {
  const controller = new AbortController();
  let name = "";
  for (const each of ["SIGTERM", "SIGINT"] as const) {
    process.once(each, () => {
      name = each;
      controller.abort();
    });
  }
  return { signal: controller.signal, name: () => name };
}
