import { ok, type Result } from "../../core/result.ts";
import { validityOf } from "../../core/tlspair.ts";
import { openSignerChannel } from "../../signer/client/channel.ts";
import { openSigner } from "../../signer/client/client.ts";
import { type LspStartError, readSecret, refuse } from "../files.ts";
import { SAY_AGAIN_MS, SIGNER_IDENTITY_MS, START_PAUSE_MS } from "../limits.ts";
import { type NodeCache, openNodeCache } from "../node/info.ts";
import { type LndNode, openLnd } from "../node/lnd.ts";
import { renewable } from "../node/renewed.ts";
import type { LndError } from "../node/trouble.ts";
import { openLndSigner } from "../sign/lnd.ts";
import { openProcessSigner } from "../sign/process.ts";
import type { ResponseSigner, SignerEvents } from "../sign/signer.ts";
import { openStore, type Store, type StoreEvent } from "../store/store.ts";
import { type Log, openOccasions } from "./log.ts";
import { loadLnd, readUrl } from "./materials.ts";
import { type BlockNews, identifySigner, isNode, type Look, lookAtLndKey, lookAtSigner, untilWell } from "./probe.ts";
import { monotonic, type StartStage } from "./stage.ts";
import { onChange } from "./tlsfiles.ts";
import { openUnlocker } from "./unlock.ts";

/** lnd, what it says of itself, and the blocks that it tells of. */
export function openNode({ config, materials, metrics, log, closers }: StartStage): {
  node: LndNode;
  cache: NodeCache;
  blocks: BlockNews;
} {
  const node = renewable(openLnd(materials.lnd));
  const file = config.lnd["password-file"];
  const unlock =
    file === undefined
      ? undefined
      : openUnlocker({
          node,
          password: () => readSecret(file),
          monotonic,
          onTry: (code) => (code === undefined ? log.info("lnd unlocked") : log.error({ code }, "lnd not unlocked")),
        });
  const cache = openNodeCache({
    node,
    monotonic,
    ...(unlock === undefined ? {} : { onLocked: unlock }),
    onAnswer: metrics.lndAnswered,
    onTrouble(trouble) {
      if (trouble !== undefined) log.warn({ code: trouble.code, detail: trouble.detail }, "lnd");
    },
  });
  // A block, or the end of the subscription, is news of lnd before the cache would ask again.
  const blocks = openBlockNews();
  node.watchBlocks({
    onBlock({ height }) {
      blocks.tell("block");
      metrics.blockSeen(height);
      void cache.refresh();
    },
    onTrouble(trouble) {
      if (trouble !== undefined) blocks.tell(trouble);
      if (trouble !== undefined) log.warn({ code: trouble.code, detail: trouble.detail }, "no blocks from lnd");
      void cache.refresh();
    },
  });
  const renewing = onChange([config.lnd.certificate, config.lnd["macaroon-file"]], () => {
    const read = loadLnd(config.lnd);
    if (!read.ok) return log.error(read.error, "lnd's files not read, the old ones stay");
    node.renew(openLnd(read.value));
    const validity = validityOf(read.value.certificate);
    if (validity !== undefined) metrics.certificate("lnd", validity);
    log.info("lnd's certificate and macaroon read again");
    void cache.refresh();
  });
  closers.push(() => {
    renewing();
    cache.close();
    node.close();
  });
  return { node, cache, blocks };
}

function openBlockNews(): BlockNews & { tell(news: "block" | LndError): void } {
  let heard: "block" | LndError | undefined;
  const waiting = new Set<() => void>();
  return {
    heard: () => heard,
    tell(news) {
      heard = news;
      for (const wake of waiting) wake();
    },
    wait: (ms) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, heard === undefined ? ms : 0);
        waiting.add(done);
      }),
  };
}

export interface ResponseSigning {
  readonly signer: ResponseSigner;
  /** Asks for the signer's identity. */
  readonly identify: Look;
  /** Checks that the signer would sign now. */
  readonly look: Look;
}

/** The signer process, or lnd in its place. */
export function openResponseSigning(stage: StartStage, node: LndNode, cache: NodeCache): ResponseSigning {
  const { config, materials, expected, metrics, log, closers } = stage;
  const isNew = openOccasions(SAY_AGAIN_MS, monotonic);
  const events: SignerEvents = {
    monotonic,
    onOutcome(outcome, ms) {
      metrics.signed(outcome, ms);
      if (outcome.kind === "signed") return;
      const why = outcome.kind === "refused" ? { rule: outcome.rule } : { code: outcome.code };
      if (isNew(JSON.stringify(why))) log.error(why, `response not signed: ${outcome.kind}`);
    },
  };
  const place = materials.signer;
  if (place === undefined || config.signer === "lnd") {
    const signer = openLndSigner(node, events);
    const look: Look = () => lookAtLndKey(node, expected);
    const healthy = (): boolean => signer.healthy() && isNode(cache.latest(), expected);
    return { signer: { ...signer, healthy }, identify: look, look };
  }
  const { witness } = config.signer;
  const client = openSigner({
    place,
    ...expected,
    ...(witness === undefined ? {} : { witnessFile: witness }),
    onAlarm({ kind }) {
      metrics.alarmed(kind);
      log.error({ code: "signer_log", kind }, "the signer's log is not the one that it was");
    },
    // Every attempt has two of them: what counts is on the log as a part that is not ready.
    onState: (state) => log.debug({ state }, "signer"),
    onWitnessFault: (errno) => {
      if (isNew(`witness ${errno}`)) log.error({ code: "signer_witness", path: witness, errno }, "witness not written");
    },
  });
  const signer = openProcessSigner(client, events);
  const channel = openSignerChannel(place);
  closers.push(() => {
    channel.close();
    return signer.close();
  });
  return {
    signer,
    identify: () => identifySigner(channel, expected, SIGNER_IDENTITY_MS),
    look: () => lookAtSigner(channel, signer, expected, SIGNER_IDENTITY_MS),
  };
}

/** The database, with its tables up to date. Only now: it is not touched by a start that is on another network. */
export async function openDatabase({
  config,
  materials,
  readiness,
  log,
  signal,
  closers,
  endMs,
}: StartStage): Promise<Result<Store, LspStartError>> {
  const { folder, "url-file": file } = config.database;
  let url = materials.databaseUrl;
  if (file !== undefined)
    closers.push(
      onChange([file], () => {
        const read = readUrl(file);
        if (!read.ok) return log.error(read.error, "database URL not read, the old one stays");
        url = read.value;
        log.info("database URL read again, for connections to come");
      }),
    );
  const isNew = openOccasions(SAY_AGAIN_MS, monotonic);
  let store: Store | undefined;
  const open: Look = async () => {
    const opened = await openStore({
      ...(url === undefined ? {} : { url: () => url ?? "" }),
      ...(folder === undefined ? {} : { folder }),
      network: config.network,
      clock: Date.now,
      onEvent: (event) => tellStoreEvent(log, event, isNew),
    });
    if (!opened.ok) return refuse(opened.error.code, opened.error.detail);
    store = opened.value;
    return ok(undefined);
  };
  const probes = [{ part: "database", look: open }] as const;
  const opened = await untilWell(probes, readiness, { endMs, pauseMs: START_PAUSE_MS, signal });
  if (store !== undefined) closers.push(store.close);
  if (!opened.ok) return opened;
  return store === undefined ? refuse("failed") : ok(store);
}

function tellStoreEvent(log: Log, event: StoreEvent, isNew: (kind: string) => boolean): void {
  if (event.kind === "forgotten") log.info({ keys: Number(event.keys) }, "keys forgotten");
  if (event.kind === "migrated") log.info({ migration: event.name }, "migrated");
  if (event.kind !== "trouble") return;
  const { code, detail } = event.error;
  if (isNew(`${code} ${detail}`)) log.warn({ code, detail }, "database");
}
