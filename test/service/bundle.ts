import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { armor, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { Secret } from "../../ceremony/seed/secret.ts";
import { type BundleMode, encodePayload } from "../../signer/bundle/payload.ts";
import { KEY_HEX, NODE_ID } from "./frames.ts";

/** An identity file and a bundle for it, of the key of `frames.ts`; made by another age than the ceremony's. */
export async function writeBundle(
  folder: string,
  mode: BundleMode = "rehearsal",
): Promise<{ bundle: string; identity: string }> {
  const secret = await generateX25519Identity();
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(secret));
  const payload = encodePayload({
    network: mode === "rehearsal" ? "regtest" : "mainnet",
    mode,
    nodeId: NODE_ID,
    privateKey: Secret.take(Buffer.from(KEY_HEX, "hex")),
    ceremonyId: "test-ceremony",
  });
  const paths = { bundle: join(folder, "identity.age"), identity: join(folder, "signer-identity.txt") };
  writeFileSync(paths.bundle, armor.encode(await encrypter.encrypt(payload.bytes)));
  writeFileSync(paths.identity, `${secret}\n`, { mode: 0o600 });
  return paths;
}
