import { createServer } from "node:net";
import { fail, ok, type Result } from "../../core/result.ts";
import { checkSocket, errnoOfSocket } from "../../core/sockets.ts";
import { daysLeft, untimely } from "../../core/tlspair.ts";
import { checkAuditLog } from "../audit/open.ts";
import { processPassphraseIo } from "../bundle/prompt.ts";
import { askSignerAdmin } from "./ask.ts";
import type { SignerConfig } from "./config.ts";
import { turnOffSignerDumps } from "./dumps.ts";
import { checkData, identityIsLocked, loadAccounts, loadTls, openKeyFile, type SignerStartError } from "./materials.ts";

/** What `signer run` would refuse, all of it and not the first alone. */
export interface SignerStartCheck {
  readonly faults: readonly SignerStartError[];
  /** What could not be looked at, and what is good to know. */
  readonly notes: readonly string[];
}

/**
 * Tries what a start does, and leaves nothing behind: the key is opened and wiped, ports are opened and closed, folders and
 * sockets are looked at. Run as the signer's user; with a signer that runs, its ports are not tried.
 */
export async function checkSignerStart(config: SignerConfig): Promise<SignerStartCheck> {
  const faults: SignerStartError[] = [];
  const notes: string[] = [];
  const note = (result: Result<unknown, SignerStartError>): void => {
    if (!result.ok) faults.push(result.error);
  };
  const dumps = turnOffSignerDumps();
  note(dumps.ok ? dumps : fail({ code: dumps.error.code, about: "" }));
  note(checkData(config.data));
  note(loadAccounts(config));
  checkTls(config, note, notes);
  await checkKey(config, note, notes);
  for (const { path, group } of socketsOf(config)) {
    const socket = checkSocket({ path, group });
    if (!socket.ok)
      faults.push({ code: socket.error.code, about: [path, socket.error.reason ?? ""].filter(Boolean).join(": ") });
  }
  if ((await askSignerAdmin(config["admin-socket"], "status")) === undefined) await checkPorts(config, note);
  else notes.push("a signer runs with this admin socket: ports were not tried");
  return { faults, notes };
}

function checkTls(
  config: SignerConfig,
  note: (result: Result<unknown, SignerStartError>) => void,
  notes: string[],
): void {
  const tls = loadTls(config);
  note(tls);
  if (!tls.ok || tls.value === undefined) return;
  const now = Date.now();
  const late = untimely(tls.value.validity, now);
  if (late !== undefined) note(fail({ code: late, about: config.tls?.certificate ?? "" }));
  else notes.push(`TLS certificate: ${Math.floor(daysLeft(tls.value.validity, now))} days left`);
}

/** Bundle, identity and log belong together. A passphrase is asked for only where one can be typed or read. */
async function checkKey(
  config: SignerConfig,
  note: (result: Result<unknown, SignerStartError>) => void,
  notes: string[],
): Promise<void> {
  if (config["passphrase-fd"] === undefined && !process.stdin.isTTY && identityIsLocked(config)) {
    notes.push("the identity file is under a passphrase: bundle and log were not opened");
    return;
  }
  const payload = await openKeyFile(config, processPassphraseIo());
  note(payload);
  if (!payload.ok) return;
  const { nodeId, privateKey } = payload.value;
  privateKey.wipe();
  const log = checkAuditLog({ dir: config.data, nodeId, network: config.network });
  if (!log.ok) note(fail({ code: log.error.code, about: JSON.stringify({ ...log.error, code: undefined }) }));
  notes.push(`node id ${nodeId}`);
}

function socketsOf(config: SignerConfig): { readonly path: string; readonly group: string | undefined }[] {
  const clients = config.clients.flatMap(({ socket, group }) =>
    socket === undefined ? [] : [{ path: socket, group }],
  );
  const others = [config["admin-socket"], config["metrics-socket"]].flatMap((path) => path ?? []);
  return [...clients, ...others.map((path) => ({ path, group: undefined }))];
}

/** Opened at the same time: two keys may name one port. */
async function checkPorts(
  config: SignerConfig,
  note: (result: Result<unknown, SignerStartError>) => void,
): Promise<void> {
  const metrics = config["metrics-port"];
  const places = [
    ...(config.tls === undefined ? [] : [{ code: "tls_listen", host: config.tls.host, port: config.tls.port }]),
    ...(metrics === undefined ? [] : [{ code: "metrics_listen", host: "127.0.0.1", port: metrics }]),
  ];
  const servers = places.map(() => createServer());
  for (const [at, { code, host, port }] of places.entries()) {
    const opened = await new Promise<Result<undefined, string>>((resolve) => {
      servers[at]
        ?.once("error", (error) => resolve(fail(errnoOfSocket(error))))
        .listen(port, host, () => resolve(ok(undefined)));
    });
    if (!opened.ok) note(fail({ code, about: `${host}:${port}: ${opened.error}` }));
  }
  for (const server of servers) server.close();
}
