import assert from "node:assert/strict";
import { test } from "node:test";
import { leaseRefusal, openingRefusal, publishRefusal } from "../../../lsp/node/refusals.ts";

const ID = "ab".repeat(32);
const NODE = `02${"cd".repeat(32)}`;
const REMOTE = `remote canceled funding, possibly timed out: received funding error from ${NODE}: chan_id=${ID}, err=`;

/** What lnd 0.21 was heard to say, or what its files have of bitcoind, which the tests do not run. */
test("what is said of a transaction", () => {
  for (const [said, why] of [
    ["transaction rejected: output already spent", "spent"],
    ["bad txns inputs missingorspent", "spent"],
    ["bip125 replacement disallowed", "spent"],
    ["insufficient fee", "fee"],
    ["mempool full", "fee"],
    ["transaction rejected by the mempool because of low fees: mempool min fee not met", "fee"],
    ["transaction rejected by the mempool because of low fees: min relay fee not met", "fee"],
    ["undefined: -25: TX rejected: invalid hash type 0x0", "other"],
    ["max feerate exceeded", "other"],
    ["dust", "other"],
  ]) {
    assert.equal(publishRefusal(`UNKNOWN: ${said}`), why, said);
  }
});

test("what is said of a lease", () => {
  assert.equal(leaseRefusal("UNKNOWN: output already locked"), "leased");
  assert.equal(leaseRefusal("UNKNOWN: unknown output"), "unknown");
  assert.equal(leaseRefusal("UNKNOWN: output unlock not alowed"), undefined);
});

test("what is said of a channel, by lnd and by the peer", () => {
  for (const [said, why] of [
    [`peer ${NODE} is not online`, "offline"],
    [`peer ${NODE} disconnected`, "offline"],
    ["peer disconnected", "offline"],
    [`${REMOTE}Number of pending channels exceed maximum`, "slots"],
    [`${REMOTE}non-zero push amounts are disabled`, "push"],
    [`${REMOTE}chan size of 0.02000000 BTC is below min chan size of 0.05000000 BTC`, "small"],
    ["channel is too small, the minimum channel size is: 20000 SAT", "small"],
    [`${REMOTE}chan size of 0.02000000 BTC exceeds maximum chan size of 0.01000000 BTC`, "large"],
    ["funding amount is too large, the max channel size is: 0.16777215 BTC", "large"],
    [`pendingChannelID(${ID}) already present`, "id"],
    ["reserved wallet balance invalidated: transaction would leave insufficient funds for fee bumping", "reserve"],
    [`${REMOTE}funding failed due to internal error`, "other"],
  ]) {
    assert.equal(openingRefusal(`UNKNOWN: ${said}`), why, said);
  }
});
