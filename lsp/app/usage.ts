export const LSP_USAGE = `usage: lsp run --config FILE            serves until SIGTERM
       lsp config check --config FILE   what run would make of the configuration
       lsp config keys                  every key, its default and its meaning
       lsp nonces reset --config FILE   after a clock that was far ahead: answers go on now (docs/lsp.md)
       lsp macaroon [--sign] [--swaps]  the line that bakes lnd's macaroon for the LSP
       lsp client …                     asks an LSP; \`lsp client --help\` shows how
       lsp --version | --help

  --config FILE   YAML (docs/lsp.md)
  --sign          with SignMessage, for \`signer: lnd\`
  --swaps         with what swaps need: it can spend the wallet's coins (SECURITY.md)

SIGTERM: no new requests, those in flight are answered, exit 0. SIGHUP: the certificate is read again.

exit: 0 done   1 refused   2 usage
`;
