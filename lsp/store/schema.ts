import type { ColumnType, Generated, GeneratedAlways } from "kysely";
import type { DepositStatus } from "../states/deposit.ts";
import type { OpeningStatus } from "../states/opening.ts";
import type { SwapStatus } from "../states/swap.ts";
import type { TransactionStatus } from "../states/transaction.ts";

/** The tables as Kysely has to know them; `migrations.ts` is what makes them. All amounts are millisatoshi. */
export interface Database {
  store: StoreTable;
  reply_nonces: ReplyNonceTable;
  users: UserTable;
  blocks: BlockTable;
  swaps: SwapTable;
  deposits: DepositTable;
  channels: ChannelTable;
  addresses: AddressTable;
  transactions: TransactionTable;
  inputs: InputTable;
  openings: OpeningTable;
}

export const BLOCK_STATUSES = ["confirmed", "orphan"] as const;
export const CHANNEL_STATUSES = [
  "pending_open",
  "opened",
  "active",
  "fully_resolved",
  "inactive",
  "pending_close",
  "closed",
] as const;

type Id = ColumnType<bigint, never, never>;
/** Set by the database when a row is made. */
type Inserted = ColumnType<Date, Date | undefined, never>;
type Time = ColumnType<Date, Date | undefined, Date>;
/** Begins at zero. */
type Amount = Generated<bigint>;

interface StoreTable {
  network: string;
}

interface ReplyNonceTable {
  ceiling: bigint;
  owner: string;
  updated_at: Time;
}

interface UserTable {
  id: Id;
  /** 33 bytes, compressed. */
  node_pub_key: Uint8Array;
  latest_nonce: bigint;
  /** What `latest_nonce` was before: the statement that takes a nonce answers with it. */
  previous_nonce: bigint;
  inserted_at: Inserted;
  updated_at: Time;
}

interface BlockTable {
  id: Id;
  height: bigint;
  hash: Uint8Array;
  status: (typeof BLOCK_STATUSES)[number];
  inserted_at: Inserted;
  updated_at: Time;
}

interface SwapTable {
  id: Id;
  uuid: string;
  user_id: bigint;
  fund_address: string;
  /** Where the LSP's fee and change go. */
  lsp_address: string;
  refund_address: string;
  chan_cap_user_msat: Amount;
  chan_cap_lsp_msat: Amount;
  fee_lsp_msat: Amount;
  fee_miner_msat: Amount;
  status: SwapStatus;
  privacy: "public" | "private";
  pending_chan_id: Uint8Array | null;
  expires_at: Date;
  /** The token of the process that works on it: a write with an older one changes nothing. */
  fence: Generated<bigint>;
  claimed_until: Date | null;
  /** No part of the LSP looks at it before. */
  retry_at: Generated<Date>;
  /** Failures in a row, for the pause until the next try. */
  attempts: Generated<number>;
  /** Why nothing is done with it until the operator says so. */
  held_because: string | null;
  /** The operator's word for an amount above the limit. */
  approved_at: Date | null;
  funded_at: Date | null;
  ended_at: Date | null;
  inserted_at: Inserted;
  updated_at: Time;
}

interface DepositTable {
  id: Id;
  swap_id: bigint;
  /** Null while no block has it. */
  block_id: bigint | null;
  txid: Uint8Array;
  vout: bigint;
  amount_msat: bigint;
  status: DepositStatus;
  refund_txid: Uint8Array | null;
  refund_block_id: bigint | null;
  /** Of lnd's lease. */
  lock_id: Uint8Array | null;
  /** Of `transactions`: what has spent it, by a block. */
  spender_id: bigint | null;
  coinbase: Generated<boolean>;
  /** The transaction that pays it, to be published anew when it left a block. */
  raw: Uint8Array | null;
  /** The height at which it could not be published anew for the first time. */
  missing_since: bigint | null;
  inserted_at: Inserted;
  updated_at: Time;
}

interface ChannelTable {
  id: Id;
  /** Null: a channel that no swap made. */
  swap_id: bigint | null;
  funding_txid: Uint8Array;
  funding_vout: bigint;
  closing_txid: Uint8Array | null;
  short_channel_id: bigint | null;
  backup: Uint8Array | null;
  total_sent_msat: Amount;
  total_received_msat: Amount;
  status: (typeof CHANNEL_STATUSES)[number];
  inserted_at: Inserted;
  updated_at: Time;
  transacted_at: Time;
}

interface AddressTable {
  id: Id;
  fund_address: string;
  change_address: string;
  /** Null: not given out yet. */
  swap_id: bigint | null;
  inserted_at: Inserted;
}

/** A transaction of the LSP's own. */
interface TransactionTable {
  id: Id;
  /** Null: it serves no swap. */
  swap_id: bigint | null;
  kind: "funding" | "fee_child" | "refund" | "split";
  status: TransactionStatus;
  txid: Uint8Array;
  /** Signed, and written before it leaves. */
  raw: Uint8Array;
  fee_msat: bigint;
  /** Virtual bytes. */
  vsize: number;
  /** Of the block that has it now. */
  block_id: bigint | null;
  /** What lnd said when it last refused to publish it. */
  refused: string | null;
  inserted_at: Inserted;
  updated_at: Time;
}

/** An output that a transaction of ours spends. */
interface InputTable {
  id: Id;
  transaction_id: bigint;
  /** Null: a coin of the LSP. */
  deposit_id: bigint | null;
  txid: Uint8Array;
  vout: bigint;
  amount_msat: bigint;
  /** Kept by the database: whether its transaction is the one that is published. */
  live: GeneratedAlways<boolean>;
}

/** An attempt to open the channel of a swap. */
interface OpeningTable {
  id: Id;
  swap_id: bigint;
  /** Counted from 1. */
  attempt: number;
  status: OpeningStatus;
  pending_chan_id: Uint8Array;
  node_pub_key: Uint8Array;
  capacity_msat: bigint;
  push_msat: bigint;
  change_address: string;
  fee_rate_sat_per_kw: bigint;
  /** The LSP's own coins that it spends, as JSON. */
  coins: string;
  psbt: Uint8Array | null;
  txid: Uint8Array | null;
  /** The channel's output of it. */
  vout: bigint | null;
  /** Of `transactions`: the funding, once it is signed. */
  transaction_id: bigint | null;
  backup: Uint8Array | null;
  over_because: string | null;
  /** When lnd was last told to forget the pending channel. */
  cancelled_at: Date | null;
  inserted_at: Inserted;
  updated_at: Time;
}
