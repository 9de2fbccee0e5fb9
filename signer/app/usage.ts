import { AUDIT_USAGE } from "../audit/commands.ts";

export const SIGNER_USAGE = `usage: signer run [options]        holds the key and signs, until SIGTERM
       signer config check [options]  what run would make of the configuration
       signer policy [options]        the table of rules, and which are on
       signer explain FRAME --method M   the verdict on a frame, rule by rule, offline
       signer pause | resume | status [options]   over the admin socket; status exits 0 while it would sign
       signer next-address N [options]   the index of lnd's next address, where the signer has another
       signer nonces reset [options]  after a wrong clock: nothing counts as signed later than now
       signer audit init | verify | archive …     the audit log; \`signer audit\` shows how
       signer recipient --out FILE    makes the signer's age identity, for the ceremony
       signer certs --out DIR         makes a private CA and certificates for TLS
       signer --version | --help

options, each also a key of the file (an option overrides it):
  --config FILE          YAML (docs/signer.md)
  --network NAME         mainnet, testnet, signet, simnet, regtest
  --mode MODE            rehearsal (the default on regtest) or production
  --bundle FILE          identity.age of the ceremony
  --identity-file FILE   of signer recipient
  --passphrase-fd N      reads its passphrase from a descriptor instead of the terminal
  --halves               two people type a half of it each
  --data DIR             audit log, its key, pause; 0700
  --socket PATH          one client, named lsp; more clients are in the file
  --admin-socket PATH    default: admin.sock in the data folder
  --metrics-port N | --metrics-socket PATH
  --accounts FILE        accounts.json of the ceremony: switches the meaning rules on
  --log-level LEVEL      debug, info, warn, error

signer explain FRAME: a file, or the frame in hex
  --method M             /BtcLsp.Service/GetCfg
  --direction D          response (default) or request
  --node-id HEX          default: the key that the frame names
  --client NAME          default lsp
  --at TIME              ISO time of the judgement; default now

signer certs: never over a file that is there
  --out DIR              ca.key, ca.crt, server.key, server.crt, NAME.key, NAME.crt
  --host NAME            of the server's certificate, once or more; "signer" is always in it
  --client NAME          once or more; default lsp
  --days N               of server and clients, default 825; the CA ten years

${AUDIT_USAGE}
exit: 0 done   1 refused, or a flaw found   2 usage
`;
