import { ok, type Result } from "../../core/result.ts";
import { untimely } from "../../core/tlspair.ts";
import { packageVersion } from "../../core/version.ts";
import type { LspStartError } from "../files.ts";
import { CHECK_MS, START_PAUSE_MS } from "../limits.ts";
import type { NodeCache } from "../node/info.ts";
import type { Server } from "../server/server.ts";
import { samplesOf } from "../service/samples.ts";
import type { Store } from "../store/store.ts";
import { type Admin, openAdmin } from "./admin.ts";
import { openDatabase, openNode, openResponseSigning, type ResponseSigning } from "./backends.ts";
import { openPublicListener } from "./listener.ts";
import { openLspMetrics } from "./metrics.ts";
import { hostPort } from "./place.ts";
import { identifyLndWithBlocks, type Look, lookAtLnd, lookAtStore, untilWell, watchParts } from "./probe.ts";
import { openReadiness } from "./readiness.ts";
import { lookAtSamples } from "./sample.ts";
import { serviceSettings } from "./settings.ts";
import { type LspParts, monotonic, type StartStage } from "./stage.ts";

/** Opens one part after the other; the public listener comes last, when all agree on who signs and on which network. */
export async function serveLsp(parts: LspParts): Promise<Result<undefined, LspStartError>> {
  const { config, log, signal, closers } = parts;
  const metrics = openLspMetrics(packageVersion());
  const readiness = openReadiness((part, code, about) => {
    if (code === undefined) log.info({ part }, "well");
    else log.warn({ part, code, about }, "not ready");
  });
  for (const [use, { path, validity }] of parts.materials.certificates) {
    metrics.certificate(use, validity);
    const late = untimely(validity, Date.now());
    if (late !== undefined) log.error({ code: late, path }, "nobody will take the certificate");
  }
  readiness.set("process", "starting");
  const expected = { nodeId: config["node-id"], network: config.network };
  const endMs = monotonic() + config["start-timeout-seconds"] * 1000;
  const stage: StartStage = { ...parts, expected, metrics, readiness, endMs };
  const admin = await openAdmin({ ...config.admin, readiness, metrics });
  if (!admin.ok) return admin;
  closers.push(admin.value.close);
  let listener: Server | undefined;
  metrics.watch({ troubles: readiness.troubles, connections: () => listener?.connections() ?? 0 });
  const { node, cache, blocks } = openNode(stage);
  const signing = openResponseSigning(stage, node, cache);
  const waiting = { endMs, pauseMs: START_PAUSE_MS, signal };
  const parties = [
    { part: "lnd", look: () => identifyLndWithBlocks(cache, expected, blocks) },
    { part: "signer", look: signing.identify },
  ] as const;
  const agreed = await untilWell(parties, readiness, waiting);
  if (!agreed.ok) return agreed;
  const store = await openDatabase(stage);
  if (!store.ok) return store;
  const sampled = sampleLook(stage, signing, cache, store.value);
  const first = await sampled();
  if (!first.ok && first.error.code === "signer_refuses") return first;
  // A signer that is paused, or whose disk is full, will sign later: that does not end a start.
  if (!first.ok) readiness.set("signer", first.error.code, first.error.about);
  const server = await openPublicListener(stage, { store: store.value, signer: signing.signer, cache });
  if (!server.ok) return server;
  listener = server.value;
  closers.push(() => readiness.set("process", "stopping"));
  readiness.set("process", undefined);
  const probes = [
    { part: "lnd", look: () => lookAtLnd(cache, expected) },
    { part: "signer", look: inTurn(signing.look, sampled) },
    { part: "database", look: () => lookAtStore(store.value) },
  ] as const;
  // Not waited for at the end: a look may take as long as a call of lnd.
  void watchParts(probes, readiness, { everyMs: CHECK_MS, signal });
  announce(stage, admin.value, server.value);
  return ok(undefined);
}

/** lnd has no policy, and its own look has it sign already. */
function sampleLook(
  { config, expected }: StartStage,
  { signer }: ResponseSigning,
  cache: NodeCache,
  store: Store,
): Look {
  if (config.signer === "lnd") return async () => ok(undefined);
  const settings = serviceSettings(config);
  return lookAtSamples({
    nodeId: expected.nodeId,
    samples: () => samplesOf({ node: cache, settings }),
    signer,
    nonce: () => store.replyNonces.next(),
    monotonic,
  });
}

/** The second look only where the first one finds nothing. */
function inTurn(first: Look, second: Look): Look {
  return async () => {
    const found = await first();
    return found.ok ? await second() : found;
  };
}

function announce({ config, expected, log }: StartStage, admin: Admin, server: Server): void {
  const listen = hostPort(config.listen.host, server.port);
  log.info({ version: packageVersion(), ...expected, listen, admin: admin.address }, "serving");
  if (config.plaintext) log.warn("plaintext");
  if (config.signer === "lnd") log.warn("lnd signs: no policy, and no log of what was signed");
  process.stdout.write(`node id ${expected.nodeId}\nlistening on ${listen}\nadmin on ${admin.address}\n`);
}
