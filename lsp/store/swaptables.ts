import { DEPOSIT } from "../states/deposit.ts";
import { OPENING } from "../states/opening.ts";
import { moveTrigger, statusList } from "../states/sql.ts";
import { SWAP } from "../states/swap.ts";
import { LIVE, TRANSACTION } from "../states/transaction.ts";
import type { Migration } from "./migrations.ts";

/**
 * What swaps need beyond the original's tables: attempts, transactions of our own with the outputs that they spend, and a
 * pool of addresses. Moves between states are refused by triggers, which are made from the tables of `lsp/states`.
 */
export const SWAPS: Migration = {
  name: "0002-swaps",
  statements: [
    // A process that works on a swap holds it for a while; its writes carry the token, and an older token writes nothing.
    `ALTER TABLE swaps
      ADD COLUMN fence bigint NOT NULL DEFAULT 0 CHECK (fence >= 0),
      ADD COLUMN claimed_until timestamptz,
      ADD COLUMN retry_at timestamptz NOT NULL DEFAULT now(),
      ADD COLUMN attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
      ADD COLUMN held_because text,
      ADD COLUMN approved_at timestamptz,
      ADD COLUMN funded_at timestamptz,
      ADD COLUMN ended_at timestamptz`,
    // What has to be looked at with each block stays a short list, however many swaps have ended.
    `CREATE INDEX swaps_open ON swaps (retry_at) WHERE status NOT IN ('succeeded', 'expired')`,
    `CREATE INDEX swaps_user_open ON swaps (user_id) WHERE status NOT IN ('succeeded', 'expired')`,

    // Pairs that lnd has made ahead, given out first in, first out: creating a swap waits for no call of lnd.
    `CREATE TABLE addresses (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      fund_address text NOT NULL CONSTRAINT addresses_fund UNIQUE,
      change_address text NOT NULL CONSTRAINT addresses_change UNIQUE,
      swap_id bigint CONSTRAINT addresses_swap UNIQUE REFERENCES swaps,
      inserted_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT addresses_differ CHECK (fund_address <> change_address)
    )`,
    `CREATE INDEX addresses_free ON addresses (id) WHERE swap_id IS NULL`,

    `CREATE TABLE transactions (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      swap_id bigint REFERENCES swaps,
      kind text NOT NULL CHECK (kind IN ('funding', 'fee_child', 'refund', 'split')),
      status text NOT NULL CHECK (status IN (${statusList(TRANSACTION)})),
      txid bytea NOT NULL CONSTRAINT transactions_txid UNIQUE CHECK (octet_length(txid) = 32),
      raw bytea NOT NULL CHECK (octet_length(raw) > 0),
      fee_msat msat NOT NULL,
      vsize integer NOT NULL CHECK (vsize > 0),
      block_id bigint REFERENCES blocks,
      refused text,
      inserted_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT transactions_in_block CHECK ((block_id IS NOT NULL) = (status IN ('confirmed', 'settled')))
    )`,
    `CREATE INDEX transactions_swap ON transactions (swap_id) WHERE swap_id IS NOT NULL`,
    `CREATE INDEX transactions_block ON transactions (block_id) WHERE block_id IS NOT NULL`,
    `CREATE INDEX transactions_open ON transactions (id) WHERE status IN ('written', 'published', 'confirmed', 'replaced')`,

    // Every output that a transaction of ours spends: a customer's deposit or a coin of the LSP.
    `CREATE TABLE inputs (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      transaction_id bigint NOT NULL REFERENCES transactions,
      deposit_id bigint REFERENCES deposits,
      txid bytea NOT NULL CHECK (octet_length(txid) = 32),
      vout bigint NOT NULL CHECK (vout BETWEEN 0 AND 4294967295),
      amount_msat msat NOT NULL CHECK (amount_msat > 0),
      live boolean NOT NULL DEFAULT true,
      CONSTRAINT inputs_once UNIQUE (transaction_id, txid, vout)
    )`,
    // One live spender of an output at most: neither two openings, nor two refunds, nor one of each.
    `CREATE UNIQUE INDEX inputs_one_live_spender ON inputs (txid, vout) WHERE live`,
    `CREATE INDEX inputs_deposit ON inputs (deposit_id) WHERE deposit_id IS NOT NULL`,
    `CREATE FUNCTION inputs_follow() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE inputs SET live = NEW.status IN (${LIVE.map((status) => `'${status}'`).join(", ")})
        WHERE transaction_id = NEW.id;
      RETURN NULL;
    END $$`,
    `CREATE TRIGGER inputs_follow AFTER UPDATE OF status ON transactions
      FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION inputs_follow()`,

    `CREATE TABLE openings (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      swap_id bigint NOT NULL REFERENCES swaps,
      attempt integer NOT NULL CHECK (attempt > 0),
      status text NOT NULL CHECK (status IN (${statusList(OPENING)})),
      pending_chan_id bytea NOT NULL CONSTRAINT openings_pending_chan_id UNIQUE CHECK (octet_length(pending_chan_id) = 32),
      node_pub_key bytea NOT NULL CHECK (octet_length(node_pub_key) = 33),
      capacity_msat msat NOT NULL CHECK (capacity_msat > 0),
      push_msat msat NOT NULL CHECK (push_msat > 0 AND push_msat < capacity_msat),
      change_address text NOT NULL,
      fee_rate_sat_per_kw bigint NOT NULL CHECK (fee_rate_sat_per_kw > 0),
      coins jsonb NOT NULL,
      psbt bytea,
      txid bytea CHECK (octet_length(txid) = 32),
      vout bigint CHECK (vout BETWEEN 0 AND 4294967295),
      transaction_id bigint CONSTRAINT openings_transaction UNIQUE REFERENCES transactions,
      backup bytea,
      over_because text,
      cancelled_at timestamptz,
      inserted_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT openings_attempt UNIQUE (swap_id, attempt),
      CONSTRAINT openings_funded CHECK (
        status IN ('claimed', 'over') OR (psbt IS NOT NULL AND txid IS NOT NULL AND vout IS NOT NULL)
      ),
      CONSTRAINT openings_signed CHECK (status IN ('claimed', 'funded', 'over') OR transaction_id IS NOT NULL),
      CONSTRAINT openings_backup CHECK (
        status IN ('claimed', 'funded', 'signed', 'negotiating', 'over') OR backup IS NOT NULL
      ),
      CONSTRAINT openings_over CHECK (status <> 'over' OR over_because IS NOT NULL)
    )`,
    // One attempt at a time, and none beside one that has left.
    `CREATE UNIQUE INDEX openings_one_a_swap ON openings (swap_id) WHERE status NOT IN ('over', 'retreated')`,
    // A peer of lnd's default takes one pending channel: a second opening would be refused and the first disturbed.
    `CREATE UNIQUE INDEX openings_one_a_peer ON openings (node_pub_key)
      WHERE status IN ('claimed', 'funded', 'signed', 'negotiating')`,
    `CREATE INDEX openings_open ON openings (id) WHERE status NOT IN ('over', 'retreated', 'settled')`,

    // A deposit is leased as soon as lnd lists it, so it is stored without a block too.
    `ALTER TABLE deposits
      ALTER COLUMN block_id DROP NOT NULL,
      DROP CONSTRAINT deposits_status_check,
      ADD CONSTRAINT deposits_status_check CHECK (status IN (${statusList(DEPOSIT)})),
      ADD COLUMN spender_id bigint REFERENCES transactions,
      ADD COLUMN coinbase boolean NOT NULL DEFAULT false,
      ADD COLUMN raw bytea,
      ADD COLUMN missing_since bigint CHECK (missing_since >= 0),
      ADD CONSTRAINT deposits_spent CHECK (
        status NOT IN ('spent_chan_swapped', 'spent_refund') OR spender_id IS NOT NULL
      )`,
    `CREATE INDEX deposits_spender ON deposits (spender_id) WHERE spender_id IS NOT NULL`,
    `CREATE INDEX deposits_open ON deposits (swap_id) WHERE status IN ('unspent', 'unspent_dust', 'unspent_chan_reserve')`,
    `CREATE INDEX deposits_unconfirmed ON deposits (id) WHERE block_id IS NULL`,

    ...[SWAP, DEPOSIT, OPENING, TRANSACTION].flatMap(moveTrigger),
  ],
};
