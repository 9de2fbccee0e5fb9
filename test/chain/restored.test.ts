import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { accountsJson, watchOnlyAccounts } from "../../ceremony/seed/accounts.ts";
import { walletIdentity } from "../../ceremony/seed/derivation.ts";
import { Secret } from "../../core/secret.ts";
import { logsOnFailure } from "../regtest/logs.ts";
import { type Regtest, startRegtest } from "../regtest/regtest.ts";
import type { Notes } from "../rehearsal/player.ts";
import { rehearse } from "../rehearsal/rehearse.ts";
import { needs } from "../tools/need.ts";
import vectors from "../vectors/aezeed.json" with { type: "json" };

/** The key at m/1017' has a leading zero byte: lnd is not BIP32 here, and neither may the ceremony be. */
const ODD = vectors.btcwallet_nonstandard_derivation.vectors.find(({ why }) => why.startsWith("key at m/1017' "));

describe("the LSP's lnd on a chain", needs("go"), () => {
  assert.ok(ODD);
  const entropy = Secret.copyOf(Buffer.from(ODD.entropy_hex, "hex"));
  const odd = { words: ODD.mnemonic.words.split(" "), nodeId: walletIdentity(entropy, "regtest").nodeId };
  let folder: string;
  let notes: Notes;
  let regtest: Regtest;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "restored-"));
    const out = join(folder, "ceremony");
    notes = await rehearse({ out, recipient: "none", noScreens: true });
    const oddAccounts = join(folder, "accounts.json");
    writeFileSync(oddAccounts, accountsJson(watchOnlyAccounts(entropy, "regtest")));
    const { words, passphrase } = notes;
    regtest = await startRegtest({
      lnds: [
        { name: "restored", words, passphrase },
        { name: "signer", words, passphrase, offline: true },
        { name: "odd-signer", words: odd.words, offline: true },
        { name: "watching", watchOnly: { accounts: join(out, "accounts.json"), signer: "signer" } },
        { name: "odd-watching", watchOnly: { accounts: oddAccounts, signer: "odd-signer" } },
      ],
    });
  });

  logsOnFailure(() => regtest);

  after(async () => {
    await regtest?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("restored from the ceremony's words by InitWallet it has the node id that the ceremony printed", () => {
    assert.equal(regtest.lnd("restored").nodeId, notes.nodeId);
  });

  test("from accounts.json alone, created by lncli at a terminal, it has the same one", () => {
    assert.equal(regtest.lnd("watching").nodeId, notes.nodeId);
  });

  test("both ways also for a seed of which lnd's keys are not those of BIP32", () => {
    assert.equal(regtest.lnd("odd-signer").nodeId, odd.nodeId);
    assert.equal(regtest.lnd("odd-watching").nodeId, odd.nodeId);
  });

  test("without private keys its signature is that of the one that has them", async () => {
    const message = randomBytes(64);
    const signature = await regtest.lnd("watching").signMessage(message);
    assert.deepEqual(signature, await regtest.lnd("restored").signMessage(message));
    assert.equal(await regtest.lnd("odd-watching").verifyMessage(message, signature, notes.nodeId), true);
  });

  test("without private keys it opens a channel, and pays in it", async () => {
    await regtest.fund("watching", 2_000_000);
    await regtest.openChannel("watching", "odd-watching", 1_000_000);
    await regtest.pay("watching", "odd-watching", 250_000);
    await regtest.pay("odd-watching", "watching", 100_000);
  });

  test("without private keys it starts again", async () => {
    const watching = regtest.lnd("watching");
    await watching.restart();
    const { identity_pubkey } = await watching.call<{ identity_pubkey: string }>("lnrpc.Lightning/GetInfo");
    assert.equal(identity_pubkey, notes.nodeId);
  });
});
