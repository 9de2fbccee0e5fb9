import type { ColumnType, Generated } from "kysely";
import type { BlockStatus } from "../states/block.ts";
import type { ChannelStatus } from "../states/channel.ts";
import type { DepositStatus } from "../states/deposit.ts";
import type { SwapStatus } from "../states/swap.ts";

/** The tables as Kysely has to know them; `migrations.ts` is what makes them. All amounts are millisatoshi. */
export interface Database {
  store: StoreTable;
  reply_nonces: ReplyNonceTable;
  users: UserTable;
  blocks: BlockTable;
  swaps: SwapTable;
  deposits: DepositTable;
  channels: ChannelTable;
}

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
  status: BlockStatus;
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
  inserted_at: Inserted;
  updated_at: Time;
}

interface DepositTable {
  id: Id;
  swap_id: bigint;
  block_id: bigint;
  txid: Uint8Array;
  vout: bigint;
  amount_msat: bigint;
  status: DepositStatus;
  refund_txid: Uint8Array | null;
  refund_block_id: bigint | null;
  /** Of lnd's lease. */
  lock_id: Uint8Array | null;
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
  status: ChannelStatus;
  inserted_at: Inserted;
  updated_at: Time;
  transacted_at: Time;
}
