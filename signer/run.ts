import { pino } from "pino";
import { fail, ok, type Result } from "../ceremony/result.ts";
import { openAuditLog } from "./audit/open.ts";
import { type PassphraseIo, processPassphraseIo } from "./bundle/prompt.ts";
import type { SignerConfig } from "./config.ts";
import { isReadableExecutable, turnOffDumps } from "./dumps.ts";
import { EXIT, errorLine } from "./errors.ts";
import { whatIsOff } from "./policy/explain.ts";
import { openJudge } from "./service/judge.ts";
import { openMetrics } from "./service/metrics.ts";
import { openPause } from "./service/pause.ts";
import { type Service, serve } from "./service/serve.ts";
import { policySettings } from "./service/settings.ts";
import { openSigning } from "./service/signing.ts";
import { loadAccounts, loadConfig, loadTls, type Options, openKeyFile, prepareData, type StartError } from "./start.ts";
import { version } from "./version.ts";

/** `signer run`: resolves to the exit code when a signal has ended it. */
export async function run(options: Options): Promise<number> {
  const dumps = turnOffDumps();
  const config = loadConfig(options);
  if (!dumps.ok || !config.ok) return end(dumps.ok ? config : fail({ code: dumps.error.code, about: "" }));
  const stop = nextSignal();
  let onBroken = (): void => undefined;
  const broken = new Promise<"broken">((resolve) => {
    onBroken = () => resolve("broken");
  });
  const started = await start(config.value, processPassphraseIo(), onBroken);
  if (!started.ok) return end(started);
  const { service, log } = started.value;
  const why = await Promise.race([stop, broken]);
  log.info({ why }, "stopping");
  await service.close();
  log.info("stopped");
  // With another code than 0 the unit starts it again.
  return why === "broken" ? EXIT.refused : EXIT.done;
}

function end(result: Result<unknown, StartError>): number {
  if (!result.ok) process.stderr.write(errorLine(result.error.code, result.error.about));
  return EXIT.refused;
}

/** From the first line on: a signal while a passphrase is asked for must not be lost either. */
function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(signal));
  });
}

interface Started {
  readonly service: Service;
  readonly log: pino.Logger;
}

/** Everything between the configuration and the open sockets, which come last. */
async function start(
  config: SignerConfig,
  io: PassphraseIo,
  onBroken: () => void,
): Promise<Result<Started, StartError>> {
  const about = <T>(error: { readonly code: string }, what: string): Result<T, StartError> =>
    fail({ code: error.code, about: what });
  const log = pino(
    { name: "signer", level: config["log-level"], base: null },
    pino.destination({ dest: 2, sync: true }),
  );
  const data = prepareData(config.data);
  if (!data.ok) return data;
  const accountKey = loadAccounts(config);
  if (!accountKey.ok) return accountKey;
  const tls = loadTls(config);
  if (!tls.ok) return tls;
  const settings = policySettings(config, accountKey.value);
  const payload = await openKeyFile(config, io);
  if (!payload.ok) return payload;
  const { nodeId, privateKey, ceremonyId } = payload.value;
  const metrics = openMetrics();
  const audit = openAuditLog({
    dir: config.data,
    nodeId,
    network: config.network,
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
    onClientPaused: (client) => log.error({ client }, "paused: too large a share of its questions is refused"),
  });
  const service = await serve({
    config,
    nodeId,
    version: version(),
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
    return about(service.error, "path" in service.error ? service.error.path : service.error.reason);
  }
  for (const sentence of whatIsOff(settings)) log.warn(sentence);
  if (isReadableExecutable()) log.warn("the executable is readable: its own user may trace this process (mode 0711)");
  if (pause.since() !== undefined) log.warn({ since: pause.since() }, "paused");
  log.info({ nodeId, network: config.network, mode: config.mode, ceremonyId }, "signing");
  process.stdout.write(`node id ${nodeId}\n`);
  return ok({ service: service.value, log });
}
