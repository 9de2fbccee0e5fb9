import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { identityPrivateKey, walletIdentity } from "../../ceremony/seed/derivation.ts";
import { Secret } from "../../core/secret.ts";
import { type IdentityKey, openKey } from "../../signer/key/key.ts";
import { type Lnd, startLnd } from "../regtest/lnd.ts";
import { needs } from "../tools/need.ts";
import vectors from "../vectors/aezeed.json" with { type: "json" };

const FRAMES = 10;
const NETWORKS = ["regtest", "mainnet"] as const;

// Seeds of which a key on the way has a leading zero byte: where lnd is not BIP32, and where it still is.
for (const vector of vectors.btcwallet_nonstandard_derivation.vectors) {
  for (const network of NETWORKS) {
    describe(`lnd on ${network}, ${vector.why}`, needs("go"), () => {
      const entropy = Secret.copyOf(Buffer.from(vector.entropy_hex, "hex"));
      const { nodeId } = walletIdentity(entropy, network);
      let lnd: Lnd;
      let key: IdentityKey;

      before(async () => {
        lnd = await startLnd({ words: vector.mnemonic.words.split(" "), network });
        const opened = openKey(identityPrivateKey(entropy, network), nodeId);
        assert.ok(opened.ok);
        key = opened.value;
      });
      after(() => lnd?.stop());

      test("its node id is ours", () => {
        assert.equal(lnd.nodeId, nodeId);
      });

      test("its SignMessage is our signature, byte for byte", async () => {
        for (let seed = 0; seed < FRAMES; seed += 1) {
          const frame = createHash("shake256", { outputLength: 40 + 7 * seed })
            .update(`${seed}`)
            .digest();
          const ours = key.sign(createHash("sha256").update(frame).digest());
          assert.deepEqual(await lnd.signMessage(frame), Buffer.from(ours));
        }
      });
    });
  }
}
