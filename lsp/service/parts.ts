import type { Network } from "../../core/network.ts";
import type { NodeCache } from "../node/info.ts";
import type { Rate } from "../server/ratelimit.ts";
import type { ResponseSigner } from "../sign/signer.ts";
import type { Store } from "../store/store.ts";
import type { CreationRules } from "../swap/create.ts";
import type { CheckId } from "./checks.ts";

/** All that the service stands on. Nothing in it reads a clock, a file or the network but through these. */
export interface ServiceParts {
  readonly store: Pick<Store, "transaction" | "knowsKey"> & {
    readonly nonces: Pick<Store["nonces"], "take">;
    readonly replyNonces: Pick<Store["replyNonces"], "next">;
  };
  readonly signer: ResponseSigner;
  readonly node: Pick<NodeCache, "latest">;
  /** Without it swaps into Lightning are not offered. */
  readonly creation?: CreationRules;
  readonly settings: ServiceSettings;
  /** Milliseconds that never go back, on the scale of `performance.now()`: the server's deadlines are on it. */
  readonly monotonic: () => number;
  readonly meters: ServiceMeters;
  /** What `grpc.health.v1` answers. */
  readonly ready: () => boolean;
}

export interface ServiceSettings {
  /** Lower-case hex of 33 bytes: who signs, and whom GetCfg names. */
  readonly nodeId: string;
  readonly network: Network;
  /** Where customers reach the node; without it, GetCfg has the addresses that lnd tells. */
  readonly advertise: NodePlace | undefined;
  readonly minChanCapMsat: bigint;
  /** Before anything of a request is read. */
  readonly perAddress: Rate;
  /** Of verified requests, but for those whose nonce was used before. */
  readonly perKey: Rate;
  /** Of one address in a day; the documented defaults where it says nothing. */
  readonly perAddressDay?: AddressDay;
}

/** What one address may have in a day. */
export interface AddressDay {
  /** Signed for it alone: each is a record of the signer's log. */
  readonly answers: number;
  /** Keys that the database does not know: each is a row. */
  readonly newKeys: number;
}

export interface NodePlace {
  readonly host: string;
  readonly port: number;
}

/** What a request came to: an answer without a failure, or the row of the table that ended it. */
export type RequestOutcome = "success" | CheckId;

/** Receives events for metrics. Every string is from a fixed set, so it can be a label. */
export interface ServiceMeters {
  /** One request that came as far as the service, in milliseconds from there to its answer. */
  answered(method: string, outcome: RequestOutcome, ms: number): void;
  /** One signature checked ("valid", "invalid"); one nonce asked for ("accepted", "stale", "failed"). */
  worked(work: "verify" | "database", outcome: string, ms: number): void;
  /** One verified request whose nonce was not above the last one of its key. */
  nonceRefused(): void;
}
