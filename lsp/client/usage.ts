import { PERMISSIONS } from "../node/macaroon.ts";

/** It signs any bytes with any key of the wallet: to be kept as the wallet is. */
const URIS = [...PERMISSIONS.info, ...PERMISSIONS.sign].map((method) => `uri:${method}`).join(" ");

export const CLIENT_USAGE = `usage: lsp client get-cfg [options]             what an LSP offers
       lsp client swap-into-ln --refund-address A [--private] [options]
       lsp client swap-from-ln --fund-address A --fund-msat N [options]
       lsp client new-key --out FILE            a private key to ask with; prints its public key

whom to ask:
  --address HOST:PORT    of the LSP
  --node-id HEX          its key, learnt from somebody else than itself: every answer has to be signed by it
  --cert FILE            PEM: the LSP's certificate or its authority's; without it, the authorities of Node
  --server-name NAME     in the certificate, where it is not HOST
  --plaintext            no TLS; on this machine only

who asks, one of:
  --key-file FILE        of new-key
  --lnd HOST:PORT --lnd-cert FILE --lnd-macaroon FILE
                         lnd signs with its identity key; for the macaroon, which needs no more:
                         lncli bakemacaroon --save_to=FILE ${URIS}

  --network NAME         addresses are held to it: mainnet, testnet, signet, simnet, regtest
  --gzip                 the request compressed, and the answer if the LSP likes
  --deadline SECONDS     default 10
  --json                 one line of JSON on standard output, whether it went well or not; msat as text

exit: 0 done   1 no answer that counts, or a refusal   2 usage
`;
