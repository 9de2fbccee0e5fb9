import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { armor, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { type BundleMode, encodePayload } from "../../../core/payload.ts";
import { Secret } from "../../../core/secret.ts";
import { FRAMES_NODE_ID, KEY_HEX } from "./frames.ts";

const OF_FRAMES = { nodeId: FRAMES_NODE_ID, keyHex: KEY_HEX };

/** An identity file and a bundle for it; made by another age than the ceremony's. */
export async function writeBundle(
  folder: string,
  mode: BundleMode = "rehearsal",
  { nodeId, keyHex } = OF_FRAMES,
): Promise<{ bundle: string; identity: string }> {
  const secret = await generateX25519Identity();
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(secret));
  const payload = encodePayload({
    network: mode === "rehearsal" ? "regtest" : "mainnet",
    mode,
    nodeId,
    privateKey: Secret.take(Buffer.from(keyHex, "hex")),
    ceremonyId: "test-ceremony",
  });
  const paths = { bundle: join(folder, "identity.age"), identity: join(folder, "signer-identity.txt") };
  writeFileSync(paths.bundle, armor.encode(await encrypter.encrypt(payload.bytes)));
  writeFileSync(paths.identity, `${secret}\n`, { mode: 0o600 });
  return paths;
}
