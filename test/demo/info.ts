import { renameSync, writeFileSync } from "node:fs";
import type { Lnd } from "../regtest/lnd.ts";
import type { System } from "./system.ts";

/** Where to find one lnd: an address and absolute paths. */
export interface DemoLndPlace {
  /** `host:port` of its gRPC. */
  readonly address: string;
  readonly tlsCert: string;
  /** The file of its admin macaroon. */
  readonly macaroon: string;
  readonly nodeId: string;
}

/** Where to find all of a running demo. Secrets are in the files that it names, never in it. */
export interface Info {
  readonly lspAddress: string;
  /** PEM: what a client of the LSP has to trust. */
  readonly lspTlsCert: string;
  readonly lspNodeId: string;
  readonly customerLnd: DemoLndPlace;
  readonly lspLnd: DemoLndPlace;
  readonly signerSocket: string;
  /** btcd's JSON-RPC over HTTPS. */
  readonly chainRpc: {
    readonly address: string;
    readonly tlsCert: string;
    readonly user: string;
    readonly passwordFile: string;
  };
  readonly dataDir: string;
}

export function infoOf({ folder, nodeId, regtest, lspLnd, customerLnd, signerSocket, lsp }: System): Info {
  const { address, certificate, user, passwordFile } = regtest.chain.access;
  return {
    lspAddress: lsp.address,
    lspTlsCert: lsp.certificate,
    lspNodeId: nodeId,
    customerLnd: placeOf(customerLnd),
    lspLnd: placeOf(lspLnd),
    signerSocket,
    chainRpc: { address, tlsCert: certificate, user, passwordFile },
    dataDir: folder,
  };
}

function placeOf({ target, certificate, macaroonFile, nodeId }: Lnd): DemoLndPlace {
  return { address: target, tlsCert: certificate, macaroon: macaroonFile, nodeId };
}

/** Whoever waits for the file never sees half of it. */
export function writeInfo(path: string, info: Info): void {
  const unfinished = `${path}.unfinished`;
  writeFileSync(unfinished, `${JSON.stringify(info, undefined, 2)}\n`);
  renameSync(unfinished, path);
}
