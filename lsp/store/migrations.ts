import { SWAPS } from "./swaptables.ts";

/**
 * The schema, step by step. A step that a release contained is never changed again: databases have its checksum. What
 * comes later is a new step, and only forward: a backup is the way back.
 */
export interface Migration {
  readonly name: string;
  /** The oldest version of the program that still runs on the database after this step: with it a rollback is possible. */
  readonly oldest: string;
  /** One statement each: PGlite prepares them, and a prepared text may hold only one. */
  readonly statements: readonly string[];
}

/**
 * The tables of the original, with what it forgot. Its statuses are here without the name of their table, in the order of
 * their life. Amounts are millisatoshi and whole satoshis, hashes are in the order of bytes that the chain has.
 */
const FIRST: Migration = {
  name: "0001-tables",
  oldest: "0.1.0",
  statements: [
    // Nonces go to 2^64-1, and so do short channel ids: lnd's aliases begin at block 16,000,000, which is above 2^63. A
    // bigint shifted by 2^63 took as long (70-80k nonces a second in statements of 64), and nobody can read it.
    // There is none for hashes: PGlite's driver knows how to send bytes to a bytea alone.
    `CREATE DOMAIN uint64 AS numeric(20) CHECK (value BETWEEN 0 AND 18446744073709551615)`,
    `CREATE DOMAIN msat AS bigint CHECK (value >= 0 AND value % 1000 = 0)`,

    `CREATE TABLE store (
      only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
      network text NOT NULL CHECK (network IN ('mainnet', 'testnet', 'signet', 'simnet', 'regtest'))
    )`,

    `CREATE TABLE reply_nonces (
      only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
      ceiling uint64 NOT NULL,
      owner text NOT NULL,
      updated_at timestamptz NOT NULL DEFAULT now()
    )`,
    `INSERT INTO reply_nonces (ceiling, owner) VALUES (0, '')`,

    // Every call updates its row: the free space lets the new version stay on the page, and no index is touched (HOT).
    `CREATE TABLE users (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      node_pub_key bytea NOT NULL CONSTRAINT users_key UNIQUE CHECK (octet_length(node_pub_key) = 33),
      latest_nonce uint64 NOT NULL,
      previous_nonce uint64 NOT NULL,
      inserted_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT users_nonces_increase CHECK (previous_nonce < latest_nonce)
    ) WITH (fillfactor = 70)`,

    `CREATE TABLE blocks (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      height bigint NOT NULL CHECK (height >= 0),
      hash bytea NOT NULL CONSTRAINT blocks_hash UNIQUE CHECK (octet_length(hash) = 32),
      status text NOT NULL CHECK (status IN ('confirmed', 'orphan')),
      inserted_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    )`,
    // A height has one block at a time: what a reorganisation replaces is an orphan first.
    `CREATE UNIQUE INDEX blocks_one_a_height ON blocks (height) WHERE status = 'confirmed'`,
    `CREATE INDEX blocks_height ON blocks (height)`,

    `CREATE TABLE swaps (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      uuid uuid NOT NULL CONSTRAINT swaps_uuid UNIQUE,
      user_id bigint NOT NULL REFERENCES users,
      fund_address text NOT NULL CONSTRAINT swaps_fund_address UNIQUE,
      lsp_address text NOT NULL CONSTRAINT swaps_lsp_address UNIQUE,
      refund_address text NOT NULL,
      chan_cap_user_msat msat NOT NULL DEFAULT 0,
      chan_cap_lsp_msat msat NOT NULL DEFAULT 0,
      fee_lsp_msat msat NOT NULL DEFAULT 0,
      fee_miner_msat msat NOT NULL DEFAULT 0,
      status text NOT NULL CHECK (
        status IN ('waiting_fund_chain', 'waiting_peer', 'in_psbt_thread', 'waiting_chan', 'succeeded', 'expired')
      ),
      privacy text NOT NULL CHECK (privacy IN ('public', 'private')),
      pending_chan_id bytea CONSTRAINT swaps_pending_chan_id UNIQUE CHECK (octet_length(pending_chan_id) = 32),
      expires_at timestamptz NOT NULL,
      inserted_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT swaps_addresses_differ CHECK (
        fund_address <> lsp_address AND fund_address <> refund_address AND lsp_address <> refund_address
      ),
      CONSTRAINT swaps_funded CHECK (
        status IN ('waiting_fund_chain', 'expired') OR (chan_cap_user_msat > 0 AND chan_cap_lsp_msat > 0)
      ),
      CONSTRAINT swaps_opening CHECK (status <> 'in_psbt_thread' OR pending_chan_id IS NOT NULL)
    )`,
    `CREATE INDEX swaps_user ON swaps (user_id)`,
    `CREATE INDEX swaps_status ON swaps (status, expires_at)`,

    `CREATE TABLE deposits (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      swap_id bigint NOT NULL REFERENCES swaps,
      block_id bigint NOT NULL REFERENCES blocks,
      txid bytea NOT NULL CHECK (octet_length(txid) = 32),
      vout bigint NOT NULL CHECK (vout BETWEEN 0 AND 4294967295),
      amount_msat msat NOT NULL CHECK (amount_msat > 0),
      status text NOT NULL CHECK (
        status IN ('unspent', 'unspent_dust', 'unspent_chan_reserve', 'spent_chan_swapped', 'spent_refund', 'orphan')
      ),
      refund_txid bytea CHECK (octet_length(refund_txid) = 32),
      refund_block_id bigint REFERENCES blocks,
      lock_id bytea CHECK (octet_length(lock_id) = 32),
      inserted_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT deposits_outpoint UNIQUE (txid, vout),
      CONSTRAINT deposits_refunded CHECK (status <> 'spent_refund' OR refund_txid IS NOT NULL),
      CONSTRAINT deposits_refund_block CHECK (refund_block_id IS NULL OR refund_txid IS NOT NULL)
    )`,
    `CREATE INDEX deposits_swap ON deposits (swap_id, status)`,
    `CREATE INDEX deposits_status ON deposits (status)`,
    `CREATE INDEX deposits_block ON deposits (block_id)`,
    `CREATE INDEX deposits_refund_block ON deposits (refund_block_id) WHERE refund_block_id IS NOT NULL`,
    `CREATE INDEX deposits_refund_txid ON deposits (refund_txid) WHERE refund_txid IS NOT NULL`,

    `CREATE TABLE channels (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      swap_id bigint REFERENCES swaps,
      funding_txid bytea NOT NULL CHECK (octet_length(funding_txid) = 32),
      funding_vout bigint NOT NULL CHECK (funding_vout BETWEEN 0 AND 4294967295),
      closing_txid bytea CHECK (octet_length(closing_txid) = 32),
      short_channel_id uint64,
      backup bytea,
      total_sent_msat bigint NOT NULL DEFAULT 0 CHECK (total_sent_msat >= 0),
      total_received_msat bigint NOT NULL DEFAULT 0 CHECK (total_received_msat >= 0),
      status text NOT NULL CHECK (
        status IN ('pending_open', 'opened', 'active', 'fully_resolved', 'inactive', 'pending_close', 'closed')
      ),
      inserted_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      transacted_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT channels_outpoint UNIQUE (funding_txid, funding_vout)
    )`,
    `CREATE INDEX channels_swap ON channels (swap_id)`,
    // The original meant to have this one: its two lists of migrations share one counter, so a new database skips it.
    `CREATE INDEX channels_status ON channels (status)`,
  ],
};

export const MIGRATIONS: readonly Migration[] = [FIRST, SWAPS];
