/** What of lnd the LSP uses, and the methods that this takes. Nothing else of lnd is open to its macaroon. */
export const PERMISSIONS = {
  /** Who lnd is, on which network, and whether it follows the chain. */
  info: ["/lnrpc.Lightning/GetInfo"],
  /** The tip of the chain. */
  blocks: ["/chainrpc.ChainNotifier/RegisterBlockEpochNtfn"],
  /** Only where lnd signs the answers itself. It signs any bytes, with any key of the wallet. */
  sign: ["/signrpc.Signer/SignMessage"],
  /** Swaps: what is in the wallet, spending it, and opening channels with it. Whoever has it can spend the wallet's coins. */
  swaps: [
    "/chainrpc.ChainKit/GetBlockHash",
    "/lnrpc.Lightning/GetTransactions",
    "/lnrpc.Lightning/ListPeers",
    "/lnrpc.Lightning/ConnectPeer",
    "/lnrpc.Lightning/GetNodeInfo",
    "/lnrpc.Lightning/ListChannels",
    "/lnrpc.Lightning/PendingChannels",
    "/lnrpc.Lightning/OpenChannel",
    "/lnrpc.Lightning/FundingStateStep",
    "/lnrpc.Lightning/AbandonChannel",
    "/lnrpc.Lightning/ExportChannelBackup",
    "/lnrpc.Lightning/GetChanInfo",
    "/lnrpc.Lightning/UpdateChannelPolicy",
    "/walletrpc.WalletKit/ListUnspent",
    "/walletrpc.WalletKit/LeaseOutput",
    "/walletrpc.WalletKit/ReleaseOutput",
    "/walletrpc.WalletKit/ListLeases",
    "/walletrpc.WalletKit/NextAddr",
    "/walletrpc.WalletKit/RequiredReserve",
    "/walletrpc.WalletKit/FinalizePsbt",
    "/walletrpc.WalletKit/PublishTransaction",
    "/walletrpc.WalletKit/RemoveTransaction",
    "/walletrpc.WalletKit/EstimateFee",
  ],
} as const satisfies Record<string, readonly string[]>;

export type Feature = keyof typeof PERMISSIONS;

/**
 * A root key of its own, made by lnd when it is first named: `lncli deletemacaroonid` with this number revokes the LSP's
 * macaroon and no other. Those of root key 0, lnd's default, can only be revoked all at once.
 */
const ROOT_KEY_ID = 8444;

/**
 * The line that makes the macaroon, for the shell of lnd's host; it writes `lsp.macaroon` there. Each permission is one
 * method: those of lnd's by entity and action hold more than they say (`onchain:write` would let it send the coins).
 */
export function bakeCommand(features: readonly Feature[]): string {
  const uris = features.flatMap((feature) => PERMISSIONS[feature].map((method) => `uri:${method}`));
  // lncli writes the file for everybody to read (0644) if it may.
  return `(umask 077; lncli bakemacaroon --root_key_id=${ROOT_KEY_ID} --save_to=lsp.macaroon ${uris.join(" ")})`;
}
