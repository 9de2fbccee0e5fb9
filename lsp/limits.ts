/** Every limit of the LSP, each with its reason. Tests lower some of them; nothing else changes them. */

/** Payload of one frame. The largest message of the contract is a few hundred bytes; the signer's policy has the same bound. */
export const FRAME_BYTES_MAX = 65_536;

/** Of a request's metadata, names and values: grpc-core refuses more than this by default. */
export const METADATA_BYTES_MAX = 8_192;

/** Of a call of our client, from asking to the answer: a person waits no longer, and a signer that restarts is back by then. */
export const CLIENT_DEADLINE_MS = 10_000;

/** How far the nonce of an answer, which is its time, may be from the client's clock: the window of the signer's policy. */
export const CLIENT_NONCE_WINDOW_MS = 60_000;

/** Calls that wait in one client, which makes one at a time: a caller that is so far behind has to hear of it. */
export const CLIENT_WAITING_MAX = 1_000;

/** Bytes of a configuration file, a certificate chain or a secret; a page is 4 KiB. */
export const FILE_BYTES_MAX = 262_144;

/** lnd opens no smaller channel (`MinChanFundingSize`, 20,000 satoshi). */
export const CHAN_CAP_MSAT_MIN = 20_000_000n;

/** Twice what is left of the advertised maximum, 0.1 BTC, less its fee of 1/250: above it no deposit would be enough. */
export const CHAN_CAP_MSAT_MAX = 19_920_000_000n;

/** Default rate of one IP address: more customers than one household or office has, and a tenth of what one core does. */
export const ADDRESS_PER_SECOND = 200;
export const ADDRESS_BURST = 400;

/** Default rate of one key: a wallet asks a few times a minute; nonces of requests in parallel overtake each other anyway. */
export const KEY_PER_SECOND = 20;
export const KEY_BURST = 40;

/** Default time that a start waits for lnd, signer and database: lnd's own start takes up to a minute on a slow disk. */
export const START_TIMEOUT_SECONDS = 60;

/** Milliseconds that a stop waits for what is in flight, for one request is over by then; systemd's TimeoutStopSec is longer. */
export const STOP_GRACE_MS = 5_000;

/** Milliseconds between two looks at lnd, signer and database: what is shown on `/readyz` is not older. */
export const CHECK_MS = 2_000;

/** Milliseconds between two looks at the certificate's file. A renewal is weeks ahead of the end; this is for people who wait. */
export const TLS_POLL_MS = 2_000;

/** Milliseconds between two tries to unlock lnd: its scrypt takes a second of a core each time. */
export const UNLOCK_PAUSE_MS = 10_000;

/** Connections of the admin listener: a scraper, a probe, and people who look. */
export const ADMIN_CONNECTIONS_MAX = 32;

/** Milliseconds for a whole request of the admin listener; its requests have no body. */
export const ADMIN_REQUEST_MS = 5_000;

/** How deep messages of a request may nest. The contract has four levels; unknown fields are not looked into. */
export const MESSAGE_DEPTH_MAX = 8;
