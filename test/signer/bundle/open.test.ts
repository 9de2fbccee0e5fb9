import assert from "node:assert/strict";
import { test } from "node:test";
import { armor } from "age-encryption";
import { encryptAge } from "../../../ceremony/bundle/age.ts";
import { identityPrivateKey, walletIdentity } from "../../../ceremony/seed/derivation.ts";
import { parseRecipient } from "../../../ceremony/table/recipient.ts";
import { NETWORKS, type Network } from "../../../core/network.ts";
import { type BundleMode, encodePayload } from "../../../core/payload.ts";
import { Secret } from "../../../core/secret.ts";
import { parseIdentity } from "../../../signer/bundle/identity.ts";
import { openBundle } from "../../../signer/bundle/open.ts";
import { IDENTITY, RECIPIENT } from "./samples.ts";

const ENTROPY = Secret.copyOf(Buffer.from("81b637d86359e6960de795e41e0b4cfd", "hex"));

function secretOf(text: string): Secret {
  const parsed = parseIdentity(Buffer.from(`${text}\n`));
  assert.ok(parsed.ok);
  return parsed.value;
}

/** A bundle as the ceremony makes it, of this network and mode; `edit` changes the payload's text before. */
function bundle(network: Network, mode: BundleMode, edit = (text: string) => text): Buffer {
  const { nodeId } = walletIdentity(ENTROPY, network);
  const payload = { network, mode, nodeId, privateKey: identityPrivateKey(ENTROPY, network), ceremonyId: "node-1" };
  const plain = Secret.copyOf(Buffer.from(edit(encodePayload(payload).bytes.toString("latin1"))));
  const recipient = parseRecipient(RECIPIENT);
  assert.ok(recipient.ok);
  const of = (length: number) => Secret.copyOf(Buffer.alloc(length, 9));
  const random = { fileKey: of(16), nonce: of(16), ephemeral: of(32) };
  return Buffer.from(encryptAge(plain, Buffer.from(recipient.value.hex, "hex"), random));
}

const open = (bytes: Buffer, network: Network = "mainnet", mode: BundleMode = "production") =>
  openBundle({ bundle: bytes, identity: secretOf(IDENTITY), network, mode });
const refused = (error: object) => ({ ok: false, error });

test("a bundle of every network opens to its node's key", async () => {
  for (const network of NETWORKS) {
    const found = await open(bundle(network, "production"), network);
    assert.ok(found.ok);
    assert.equal(found.value.nodeId, walletIdentity(ENTROPY, network).nodeId);
    assert.ok(found.value.privateKey.equals(identityPrivateKey(ENTROPY, network)));
    assert.equal(found.value.ceremonyId, "node-1");
  }
});

test("a rehearsal's bundle is refused in production, and the other way round", async () => {
  assert.deepEqual(
    await open(bundle("regtest", "rehearsal"), "regtest"),
    refused({ code: "bundle_mode", found: "rehearsal" }),
  );
  assert.deepEqual(await open(bundle("regtest", "rehearsal")), refused({ code: "bundle_mode", found: "rehearsal" }));
  const found = await open(bundle("regtest", "production"), "regtest", "rehearsal");
  assert.deepEqual(found, refused({ code: "bundle_mode", found: "production" }));
  assert.ok((await open(bundle("regtest", "rehearsal"), "regtest", "rehearsal")).ok);
});

test("another network is refused, also one whose keys are the same", async () => {
  assert.deepEqual(
    await open(bundle("testnet", "production"), "signet"),
    refused({ code: "bundle_network", found: "testnet" }),
  );
  assert.deepEqual(
    await open(bundle("mainnet", "production"), "testnet"),
    refused({ code: "bundle_network", found: "mainnet" }),
  );
});

test("a key that is not the node's, or no key, is refused", async () => {
  const other = walletIdentity(Secret.copyOf(Buffer.alloc(16, 3)), "mainnet").nodeId;
  const cases = [
    (text: string) => text.replace(/node-id \w+/, `node-id ${other}`),
    (text: string) => text.replace(/private-key \w+/, `private-key ${"00".repeat(32)}`),
    (text: string) => text.replace(/private-key \w+/, `private-key ${"ff".repeat(32)}`),
    (text: string) => text.replace(/private-key \w+/, `private-key ${"00".repeat(31)}01`),
  ];
  for (const edit of cases)
    assert.deepEqual(await open(bundle("mainnet", "production", edit)), refused({ code: "bundle_key" }));
});

test("another path, version or form is refused", async () => {
  const edited = (from: string, to: string) => open(bundle("mainnet", "production", (text) => text.replace(from, to)));
  assert.deepEqual(await edited("6'/0/0", "6'/0/1"), refused({ code: "bundle_path" }));
  assert.deepEqual(await edited("6'/0/0", "0'/0/0"), refused({ code: "bundle_path" }));
  assert.deepEqual(await edited("version 1", "version 2"), refused({ code: "bundle_version" }));
  assert.deepEqual(await edited("mode", "mood"), refused({ code: "bundle_form", field: "mode" }));
});

test("another identity, and a file that was changed anywhere, are told apart", async () => {
  const good = bundle("mainnet", "production");
  const identity = Secret.copyOf(Buffer.alloc(32, 5));
  const other = await openBundle({ bundle: good, identity, network: "mainnet", mode: "production" });
  assert.deepEqual(other, refused({ code: "bundle_recipient" }));
  const bytes = armor.decode(good.toString());
  const headerEnd = Buffer.from(bytes).indexOf("\n--- ");
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Uint8Array.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    const found = await open(Buffer.from(armor.encode(changed)));
    assert.ok(!found.ok, `byte ${at}`);
    if (at > headerEnd) assert.deepEqual(found.error, { code: "bundle_damaged" }, `byte ${at}`);
    else assert.match(found.error.code, /^bundle_(?:damaged|recipient)$/, `byte ${at}`);
  }
  for (const bytes of [Buffer.alloc(0), Buffer.from("age"), good.subarray(0, 300), Buffer.alloc(2000, 0xff)])
    assert.deepEqual(await open(bytes), refused({ code: "bundle_damaged" }));
});
