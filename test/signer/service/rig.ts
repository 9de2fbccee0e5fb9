import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { Secret } from "../../../core/secret.ts";
import { readSignerConfig } from "../../../signer/app/config.ts";
import { openSignerMetrics } from "../../../signer/app/metrics.ts";
import { type Service, type ServiceLog, serveSigner } from "../../../signer/app/serve.ts";
import { type AuditIo, DISK } from "../../../signer/audit/io.ts";
import { openAuditLog } from "../../../signer/audit/open.ts";
import { openJudge, type ServiceJudge } from "../../../signer/engine/judge.ts";
import { openPause } from "../../../signer/engine/pause.ts";
import { type KeySigning, openSigning } from "../../../signer/engine/signing.ts";
import { DEFAULT_POLICY, type PolicyConfig } from "../../../signer/policy/settings.ts";
import type { TlsOptions } from "../../../signer/transport/tls.ts";
import { FRAMES_NODE_ID, KEY_HEX } from "./frames.ts";

/** What of a service a test may put its own in place of. */
export interface SignerRigOptions {
  readonly folder?: string;
  /** Keys of the configuration beside those that every rig has. */
  readonly keys?: Readonly<Record<string, unknown>>;
  readonly policy?: PolicyConfig;
  readonly wrapAudit?: (log: ServiceLog) => ServiceLog;
  readonly wrapSigning?: (signing: KeySigning) => KeySigning;
  readonly wrapJudge?: (judge: ServiceJudge) => ServiceJudge;
  /** The log's disk. */
  readonly io?: AuditIo;
  readonly tls?: TlsOptions;
  readonly clock?: () => number;
}

export interface SignerRig {
  readonly folder: string;
  readonly socket: string;
  readonly admin: string;
  readonly service: Service;
  /** The lines that it logged. */
  readonly logged: () => string;
  /** Stops the service and removes the folder. */
  end(): Promise<void>;
  /** Stops the service alone. */
  stop(): Promise<void>;
}

export function newSignerFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "signer-"));
  chmodSync(folder, 0o700);
  return folder;
}

/** A whole service in this process, on a folder of its own. */
export async function startSignerRig(options: SignerRigOptions = {}): Promise<SignerRig> {
  const folder = options.folder ?? newSignerFolder();
  const socket = join(folder, "run", "lsp.sock");
  const base = { network: "regtest", bundle: "-", "identity-file": "-", data: folder };
  const keys = options.keys ?? { socket };
  const config = readSignerConfig(JSON.stringify({ ...base, ...keys }), {});
  assert(config.ok, JSON.stringify(config));
  const clock = options.clock ?? Date.now;
  const io = options.io ?? DISK;
  const audit = openAuditLog({ dir: folder, nodeId: FRAMES_NODE_ID, network: "regtest", clock, reserveBytes: 0, io });
  assert(audit.ok, JSON.stringify(audit));
  const signing = await openSigning(Secret.take(Buffer.from(KEY_HEX, "hex")), FRAMES_NODE_ID);
  assert(signing.ok);
  const pause = openPause(folder);
  const lines: string[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void lines.push(line) });
  const judge = openJudge({
    nodeId: FRAMES_NODE_ID,
    network: "regtest",
    config: options.policy ?? DEFAULT_POLICY,
    durable: audit.value.state(),
    pause,
    clock,
    onClientPaused: (client) => log.warn({ client }, "client paused"),
  });
  const service = await serveSigner({
    config: config.value,
    nodeId: FRAMES_NODE_ID,
    version: "test",
    signing: options.wrapSigning?.(signing.value) ?? signing.value,
    judge: options.wrapJudge?.(judge) ?? judge,
    audit: options.wrapAudit?.(audit.value) ?? audit.value,
    pause,
    metrics: openSignerMetrics(),
    log,
    clock,
    onBroken: () => log.error("broken"),
    tls: options.tls,
  });
  assert(service.ok, JSON.stringify(service));
  const { value } = service;
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= value.close();
    return stopped;
  };
  return {
    folder,
    socket,
    admin: join(folder, "admin.sock"),
    service: value,
    logged: () => lines.join(""),
    stop,
    async end() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
