import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "../../../core/secret.ts";
import { type RequestKey, requestKeyOf } from "../../../lsp/client/key.ts";
import type { Incoming, Outgoing } from "../../../lsp/server/exchange.ts";
import { openServer, type Server } from "../../../lsp/server/server.ts";
import type { ServiceParts } from "../../../lsp/service/parts.ts";
import { openService } from "../../../lsp/service/service.ts";
import { openProcessSigner } from "../../../lsp/sign/process.ts";
import { openStore } from "../../../lsp/store/store.ts";
import { openSigner } from "../../../signer/client/client.ts";
import { makeAuthority, makeServer, validFor } from "../../../signer/pki/authority.ts";
import { FRAMES_NODE_ID } from "../../signer/service/frames.ts";
import { startSignerRig } from "../../signer/service/rig.ts";
import { eventually } from "../../tools/wait.ts";

export { FRAMES_NODE_ID as NODE_ID } from "../../signer/service/frames.ts";

/** Enough for every test: limits are not what is tested here. */
const RATE = { perSecond: 1_000, burst: 1_000 };

export interface TestLsp {
  readonly folder: string;
  /** `127.0.0.1:PORT`, over TLS. */
  readonly address: string;
  /** Of the authority of its certificate: PEM, and the path of a file with it. */
  readonly certificate: string;
  readonly certificateFile: string;
  readonly server: Server;
  stop(): Promise<void>;
}

/**
 * An LSP as `lsp run` puts it together, in this process: server, service, embedded store, and a signer of its own with its
 * policy and its log. Not there is lnd, since the node's address is configured. The node id is the one of
 * docs/contract.md#vectors.
 */
export async function startTestLsp(): Promise<TestLsp> {
  const rig = await startSignerRig();
  const store = await openStore({ folder: join(rig.folder, "store"), network: "regtest", clock: Date.now });
  assert(store.ok, JSON.stringify(store));
  const monotonic = (): number => performance.now();
  const signerClient = openSigner({ place: { socket: rig.socket }, nodeId: FRAMES_NODE_ID, network: "regtest" });
  const signer = openProcessSigner(signerClient, { monotonic });
  const parts: ServiceParts = {
    store: store.value,
    signer,
    node: { latest: () => undefined },
    settings: {
      nodeId: FRAMES_NODE_ID,
      network: "regtest",
      advertise: { host: "127.0.0.1", port: 9736 },
      minChanCapMsat: 20_000_000n,
      perAddress: RATE,
      perKey: RATE,
    },
    monotonic,
    meters: { answered: () => undefined, worked: () => undefined, nonceRefused: () => undefined },
    ready: () => true,
  };
  const service = openService(parts);
  const front = await startServer(service.handle, service.known);
  await eventually("a signer that is healthy", () => signer.healthy(), { pauseMs: 5 });
  return {
    ...front,
    async stop() {
      await front.stop();
      await service.close();
      await signer.close();
      await store.value.close();
      await rig.end();
    },
  };
}

/** The listener alone, over TLS with a certificate of its own, in front of any handler. */
export async function startServer(
  handle: (incoming: Incoming) => Promise<Outgoing>,
  known: (path: string) => boolean = () => true,
): Promise<TestLsp> {
  const folder = mkdtempSync(join(tmpdir(), "client-"));
  const authority = makeAuthority("LSP CA", validFor(10, Date.now()));
  const own = makeServer(authority, ["localhost", "127.0.0.1"], validFor(10, Date.now()));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const certificateFile = file("ca.crt", authority.certificate);
  const server = await openServer({
    listen: { host: "127.0.0.1", port: 0 },
    tls: { certificate: file("server.crt", own.certificate), privateKey: file("server.key", own.privateKey) },
    handle,
    known,
    admit: () => true,
  });
  assert(server.ok, JSON.stringify(server));
  return {
    folder,
    address: `127.0.0.1:${server.value.port}`,
    certificate: authority.certificate,
    certificateFile,
    server: server.value,
    async stop() {
      await server.value.close(1_000);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A customer's key: 32 times this byte, and its hex. */
export function customerKey(byte = 0x22): { readonly key: RequestKey; readonly hex: string } {
  const bytes = Buffer.alloc(32, byte);
  const hex = bytes.toString("hex");
  const key = requestKeyOf(Secret.take(bytes));
  assert(key !== undefined);
  return { key, hex };
}
