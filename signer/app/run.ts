import { pino } from "pino";
import { EXIT } from "../../core/errors.ts";
import { notifySystemd } from "../../core/notify.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import { daysLeft, untimely } from "../../core/tlspair.ts";
import { packageVersion } from "../../core/version.ts";
import { openAuditLog } from "../audit/open.ts";
import { type PassphraseIo, processPassphraseIo } from "../bundle/prompt.ts";
import { openJudge } from "../engine/judge.ts";
import { openPause } from "../engine/pause.ts";
import { openSigning } from "../engine/signing.ts";
import { whatIsOff } from "../policy/explain.ts";
import type { SignerConfig } from "./config.ts";
import { isReadableExecutable, turnOffSignerDumps } from "./dumps.ts";
import { signerErrorLine } from "./errors.ts";
import {
  loadAccounts,
  loadSignerConfig,
  loadTls,
  openKeyFile,
  prepareData,
  type SignerOptionsGiven,
  type SignerStartError,
} from "./materials.ts";
import { openSignerMetrics } from "./metrics.ts";
import { startedOf } from "./program.ts";
import { type Service, serveSigner } from "./serve.ts";
import { policySettings } from "./settings.ts";

/** `signer run`: resolves to the exit code when a signal has ended it. */
export async function runSigner(options: SignerOptionsGiven): Promise<number> {
  const dumps = turnOffSignerDumps();
  const config = loadSignerConfig(options);
  if (!dumps.ok || !config.ok) return end(dumps.ok ? config : fail({ code: dumps.error.code, about: "" }));
  const stop = nextSignal();
  let onBroken = (): void => undefined;
  const broken = new Promise<"broken">((resolve) => {
    onBroken = () => resolve("broken");
  });
  const starting = start(config.value, processPassphraseIo(), onBroken);
  const started = await Promise.race([starting, stop]);
  // Nothing is signed before a start is over, and the process ends with it: the kernel takes its memory and its locks.
  if (typeof started === "string") return giveUp();
  if (!started.ok) return end(started);
  const { service, log } = started.value;
  const untold = await notifySystemd("READY=1");
  if (untold !== undefined) log.error({ cause: untold }, "systemd not told that it signs");
  const why = await Promise.race([stop, broken]);
  log.info({ why }, "stopping");
  void notifySystemd("STOPPING=1");
  await service.close();
  log.info("stopped");
  // With another code than 0 the unit starts it again.
  return why === "broken" ? EXIT.refused : EXIT.done;
}

/** A signal while it starts, a passphrase is asked for among others: the terminal is left as it was found. */
function giveUp(): number {
  if (process.stdin.isTTY) process.stdin.setRawMode(false);
  return EXIT.done;
}

function end(result: Result<unknown, SignerStartError>): number {
  if (!result.ok) process.stderr.write(signerErrorLine(result.error.code, result.error.about));
  return EXIT.refused;
}

/** From the first line on: a signal while a passphrase is asked for must not be lost either. */
function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(signal));
  });
}

const NO_AUDIT_KEY =
  "the log has no audit key: whoever owns the disk can write it anew, and no signature says so (signer audit init)";

interface Started {
  readonly service: Service;
  readonly log: pino.Logger;
}

/** Everything between the configuration and the open sockets, which come last. */
async function start(
  config: SignerConfig,
  io: PassphraseIo,
  onBroken: () => void,
): Promise<Result<Started, SignerStartError>> {
  const about = <T>(error: { readonly code: string }, what: string): Result<T, SignerStartError> =>
    fail({ code: error.code, about: what });
  const log = pino(
    { name: "signer", level: config["log-level"], base: null },
    pino.destination({ dest: 2, sync: true }),
  );
  const data = prepareData(config.data);
  if (!data.ok) return data;
  const accounts = loadAccounts(config);
  if (!accounts.ok) return accounts;
  const tls = loadTls(config);
  if (!tls.ok) return tls;
  const settings = policySettings(config, accounts.value?.key);
  const payload = await openKeyFile(config, io);
  if (!payload.ok) return payload;
  const { nodeId, privateKey, ceremonyId } = payload.value;
  const metrics = openSignerMetrics();
  if (tls.value !== undefined) {
    const { validity } = tls.value;
    metrics.certificate(() => daysLeft(validity, Date.now()));
  }
  const audit = openAuditLog({
    dir: config.data,
    nodeId,
    network: config.network,
    started: startedOf(settings, accounts.value?.json),
    onFlush: ({ ms, records }) => metrics.flushed(ms, records),
  });
  if (!audit.ok) {
    privateKey.wipe();
    return about(audit.error, JSON.stringify({ ...audit.error, code: undefined }));
  }
  const signing = await openSigning(privateKey, nodeId);
  if (!signing.ok) {
    await audit.value.close();
    return about(signing.error, "");
  }
  const pause = openPause(config.data);
  const judge = openJudge({
    nodeId,
    network: config.network,
    config: settings,
    durable: audit.value.state(),
    pause,
    clock: Date.now,
    onClientPaused(client) {
      log.error({ client, unsaved: pause.unsaved() }, "paused: too large a share of its questions is refused");
      // Where the log refuses it, nothing is signed anyway.
      audit.value.note(`client ${client} paused by its refusals`).catch(() => undefined);
    },
  });
  const service = await serveSigner({
    config,
    nodeId,
    version: packageVersion(),
    signing: signing.value,
    judge,
    audit: audit.value,
    pause,
    metrics,
    log,
    clock: Date.now,
    onBroken,
    tls: tls.value,
  });
  if (!service.ok) {
    await audit.value.close();
    await signing.value.close();
    const { reason } = service.error;
    const place = "path" in service.error ? service.error.path : "";
    return about(service.error, [place, reason ?? ""].filter((part) => part !== "").join(": "));
  }
  for (const sentence of whatIsOff(settings)) log.warn(sentence);
  const late = tls.value === undefined ? undefined : untimely(tls.value.validity, Date.now());
  if (late !== undefined)
    log.error({ code: late, path: config.tls?.certificate }, "no client will take the certificate");
  if (audit.value.key() === undefined) log.warn(NO_AUDIT_KEY);
  if (isReadableExecutable()) log.warn("the executable is readable: its own user may trace this process (mode 0711)");
  if (pause.since() !== undefined) log.warn({ since: pause.since() }, "paused");
  log.info({ nodeId, network: config.network, mode: config.mode, ceremonyId }, "signing");
  process.stdout.write(`node id ${nodeId}\n`);
  return ok({ service: service.value, log });
}
