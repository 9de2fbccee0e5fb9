import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { fail, ok, type Result } from "../../../core/result.ts";
import { Secret } from "../../../core/secret.ts";
import { openAdmin } from "../../../lsp/app/admin.ts";
import {
  compareIdentity,
  type Look,
  lookAtLnd,
  lookAtLndKey,
  lookAtStore,
  untilWell,
  watchParts,
} from "../../../lsp/app/probe.ts";
import { openReadiness } from "../../../lsp/app/readiness.ts";
import { openUnlocker } from "../../../lsp/app/unlock.ts";
import type { LspErrorCode } from "../../../lsp/errors.ts";
import { type LspStartError, refuse } from "../../../lsp/files.ts";
import { UNLOCK_PAUSE_MS } from "../../../lsp/limits.ts";
import type { NodeInfo } from "../../../lsp/node/lnd.ts";
import { type LndError, lndError } from "../../../lsp/node/trouble.ts";
import type { StoreError } from "../../../lsp/store/errors.ts";
import { openKey } from "../../../signer/key/key.ts";
import { askLspAdmin, RIG_NODE_ID, STRANGER } from "./rig.ts";

const EXPECTED = { nodeId: RIG_NODE_ID, network: "regtest" };
const INFO: NodeInfo = {
  nodeId: RIG_NODE_ID,
  alias: "",
  network: "regtest",
  version: "",
  syncedToChain: true,
  height: 1,
  uris: [],
};

const codeOf = (result: Result<unknown, LspStartError>): LspErrorCode | undefined =>
  result.ok ? undefined : result.error.code;
/** Finds these one after the other, and the last one for ever; undefined is good. */
const finding = (...codes: readonly (LspErrorCode | undefined)[]): Look & { count: number } => {
  const look = async (): Promise<Result<undefined, LspStartError>> => {
    const code = codes[Math.min(look.count, codes.length - 1)];
    look.count += 1;
    return code === undefined ? ok(undefined) : refuse(code);
  };
  look.count = 0;
  return look;
};

describe("the start check", () => {
  const start = (lnd: Look, signer: Look, { ms = 60_000, signal = new AbortController().signal } = {}) => {
    const told: string[] = [];
    const readiness = openReadiness((part, code) => told.push(`${part} ${code ?? "well"}`));
    const probes = [
      { part: "lnd", look: lnd },
      { part: "signer", look: signer },
    ] as const;
    const ended = untilWell(probes, readiness, { endMs: performance.now() + ms, pauseMs: 1, signal });
    return { told, ended };
  };

  test("waits for what may pass, part by part, and readiness shows for what", async () => {
    const lnd = finding("lnd_unavailable", "lnd_locked", undefined);
    const signer = finding("signer_unreachable", undefined);
    const { told, ended } = start(lnd, signer);
    assert.deepEqual(await ended, ok(undefined));
    assert.deepEqual([lnd.count, signer.count], [3, 2]);
    for (const each of [
      "lnd lnd_unavailable",
      "lnd lnd_locked",
      "lnd well",
      "signer signer_unreachable",
      "signer well",
    ])
      assert(told.includes(each), each);
  });

  test("ends at once with what waiting does not mend, whatever the others wait for", async () => {
    const signer = finding("signer_unreachable");
    for (const code of ["lnd_other_node", "lnd_denied", "signer_other_network", "store_locked"] as const)
      assert.equal(codeOf(await start(finding("lnd_unavailable", code), signer).ended), code);
  });

  test("ends with what it found last when its time is over, and with a signal", async () => {
    assert.equal(codeOf(await start(finding("lnd_locked"), finding(undefined), { ms: 5 }).ended), "lnd_locked");
    const controller = new AbortController();
    const { ended } = start(finding("lnd_locked"), finding(undefined), { signal: controller.signal });
    controller.abort();
    assert.equal(codeOf(await ended), "stopping");
    const look = finding(undefined);
    assert.equal(codeOf(await start(look, look, { signal: controller.signal }).ended), "stopping");
    assert.equal(look.count, 0);
  });

  test("compares network and key, and says both", () => {
    assert.deepEqual(compareIdentity("lnd", EXPECTED, INFO), ok(undefined));
    const network = compareIdentity("signer", EXPECTED, { ...INFO, network: "simnet" });
    assert.deepEqual(network, fail({ code: "signer_other_network", about: "simnet, not regtest" }));
    const node = compareIdentity("lnd", EXPECTED, { ...INFO, nodeId: STRANGER.nodeId });
    assert.deepEqual(node, fail({ code: "lnd_other_node", about: `${STRANGER.nodeId}, not ${RIG_NODE_ID}` }));
  });
});

describe("looking at lnd", () => {
  const look = async (answer: Result<NodeInfo, LndError>, trouble?: LndError): Promise<LspErrorCode | undefined> =>
    codeOf(await lookAtLnd({ refresh: () => Promise.resolve(answer), trouble: () => trouble }, EXPECTED));

  test("finds who it is before what troubles it", async () => {
    assert.equal(await look(ok(INFO)), undefined);
    assert.equal(await look(ok(INFO), lndError("not_synced", "")), "lnd_not_synced");
    assert.equal(await look(fail(lndError("locked", ""))), "lnd_locked");
    const other = { ...INFO, nodeId: STRANGER.nodeId };
    assert.equal(await look(ok(other), lndError("not_synced", "")), "lnd_other_node");
  });

  test("where it signs: whether it may, and whether with the right key", async () => {
    const key = openKey(Secret.take(Buffer.from(STRANGER.keyHex, "hex")), STRANGER.nodeId);
    assert(key.ok);
    const signs = {
      signMessage: async (bytes: Uint8Array) => ok(key.value.sign(createHash("sha256").update(bytes).digest())),
    };
    const denied = { signMessage: async () => fail(lndError("denied", "")) };
    assert.equal(codeOf(await lookAtLndKey(signs, { ...EXPECTED, nodeId: STRANGER.nodeId })), undefined);
    assert.equal(codeOf(await lookAtLndKey(signs, EXPECTED)), "lnd_other_node");
    assert.equal(codeOf(await lookAtLndKey(denied, EXPECTED)), "lnd_denied");
  });
});

test("a database without reserved nonces is no more use than one that does not answer", async () => {
  const store = (ping: Result<undefined, StoreError>, nonce: bigint | undefined) => ({
    ping: () => Promise.resolve(ping),
    replyNonces: { next: () => nonce },
  });
  const gone = fail({ code: "store_unavailable", detail: "" } as const);
  assert.equal(codeOf(await lookAtStore(store(ok(undefined), 1n))), undefined);
  assert.equal(codeOf(await lookAtStore(store(ok(undefined), undefined))), "store_nonces");
  assert.equal(codeOf(await lookAtStore(store(gone, 1n))), "store_unavailable");
});

describe("readiness", () => {
  test("tells of each change once, and is ready when no part is in trouble", () => {
    const told: string[] = [];
    const readiness = openReadiness((part, code) => told.push(`${part} ${code ?? "well"}`));
    readiness.set("signer", undefined);
    readiness.set("lnd", "lnd_locked");
    readiness.set("lnd", "lnd_locked");
    readiness.set("lnd", "lnd_not_synced");
    readiness.set("database", "store_unavailable");
    assert.equal(readiness.ready(), false);
    assert.deepEqual(readiness.troubles(), [
      { part: "lnd", code: "lnd_not_synced" },
      { part: "database", code: "store_unavailable" },
    ]);
    readiness.set("lnd", undefined);
    readiness.set("database", undefined);
    assert.equal(readiness.ready(), true);
    assert.deepEqual(told, [
      "lnd lnd_locked",
      "lnd lnd_not_synced",
      "database store_unavailable",
      "lnd well",
      "database well",
    ]);
  });

  test("is what the looks find until the signal, and a part that hangs holds up no other", async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    const readiness = openReadiness((part, code) => {
      seen.push(`${part} ${code ?? "well"}`);
      if (seen.length === 2) controller.abort();
    });
    const hangs: Look = () =>
      new Promise((resolve) => controller.signal.addEventListener("abort", () => resolve(refuse("lnd_failed"))));
    const probes = [
      { part: "lnd", look: hangs },
      { part: "signer", look: finding("signer_unreachable", undefined) },
    ] as const;
    await watchParts(probes, readiness, { everyMs: 1, signal: controller.signal });
    assert.deepEqual(seen, ["signer signer_unreachable", "signer well"]);
  });

  test("is 503 with every trouble and its meaning, or 200", async () => {
    const readiness = openReadiness(() => undefined);
    const metrics = { contentType: "text/plain", metrics: () => Promise.reject(new Error("broken")) };
    const admin = await openAdmin({ host: "127.0.0.1", port: 0, readiness, metrics });
    assert(admin.ok);
    assert.deepEqual(await askLspAdmin(admin.value.address, "/readyz"), {
      status: 200,
      text: '{"ready":true,"troubles":[]}\n',
    });
    readiness.set("lnd", "lnd_locked");
    assert.deepEqual(await askLspAdmin(admin.value.address, "/readyz"), {
      status: 503,
      text: '{"ready":false,"troubles":[{"part":"lnd","code":"lnd_locked","meaning":"lnd\'s wallet is locked"}]}\n',
    });
    assert.deepEqual(await askLspAdmin(admin.value.address, "/metrics"), { status: 500, text: "" });
    admin.value.close();
  });
});

describe("unlocking lnd", () => {
  test("is tried every ten seconds while it fails, with the file as it is then; the password is wiped", async () => {
    let now = 0;
    let text: string | undefined;
    const tried: Secret[] = [];
    const told: (string | undefined)[] = [];
    const unlock = openUnlocker({
      node: {
        async unlock(password) {
          tried.push(password);
          return password.bytes.toString() === "right" ? ok(undefined) : fail(lndError("denied", "invalid passphrase"));
        },
      },
      password: () => (text === undefined ? refuse("file_unreadable") : ok(Secret.copyOf(Buffer.from(text)))),
      monotonic: () => now,
      onTry: (code) => told.push(code),
    });
    await unlock();
    text = "wrong";
    await unlock();
    assert.deepEqual(told, ["file_unreadable"]);
    now += UNLOCK_PAUSE_MS;
    await unlock();
    text = "right";
    now += UNLOCK_PAUSE_MS - 1;
    await unlock();
    now += 1;
    await unlock();
    // Locked again at once: lnd was restarted.
    await unlock();
    assert.deepEqual(told, ["file_unreadable", "lnd_denied", undefined, undefined]);
    for (const password of tried)
      assert.equal(
        password.bytes.every((byte) => byte === 0),
        true,
      );
  });
});
