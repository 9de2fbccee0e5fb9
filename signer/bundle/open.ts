import { armor } from "age-encryption";
import native from "secp256k1/bindings.js";
import type { Network } from "../../core/network.ts";
import { type BundleMode, type BundlePayload, type PayloadError, parsePayload } from "../../core/payload.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import type { Secret } from "../../core/secret.ts";
import { decrypterOf } from "./identity.ts";

export type BundleError =
  | PayloadError
  /** Not an age file, or one that was changed. */
  | { readonly code: "bundle_damaged" }
  /** Encrypted to another recipient. */
  | { readonly code: "bundle_recipient" }
  /** Of another network, or another mode, than the configured one. */
  | { readonly code: "bundle_network"; readonly found: Network }
  | { readonly code: "bundle_mode"; readonly found: BundleMode }
  /** The private key is not the one of the node id. */
  | { readonly code: "bundle_key" };

export interface BundleInput {
  /** `identity.age`, armored. */
  readonly bundle: Uint8Array;
  /** The secret of the signer's age identity, 32 bytes (`openIdentity`). */
  readonly identity: Secret;
  readonly network: Network;
  readonly mode: BundleMode;
}

/**
 * Decrypts the ceremony's bundle and holds it to what is configured: network and mode, lnd's path of the identity key,
 * and that key and node id belong together. The identity stays with the caller; the private key of the result is the
 * caller's to wipe, and no other copy that this module made is left.
 */
export async function openBundle(input: BundleInput): Promise<Result<BundlePayload, BundleError>> {
  const plain = await decrypted(input);
  if (!plain.ok) return plain;
  const payload = parsePayload(plain.value);
  plain.value.fill(0);
  if (!payload.ok) return payload;
  const error = mismatch(payload.value, input);
  if (error === undefined) return payload;
  payload.value.privateKey.wipe();
  return fail(error);
}

function mismatch(payload: BundlePayload, { network, mode }: BundleInput): BundleError | undefined {
  if (payload.mode !== mode) return { code: "bundle_mode", found: payload.mode };
  if (payload.network !== network) return { code: "bundle_network", found: payload.network };
  const { bytes } = payload.privateKey;
  const isKey = native.privateKeyVerify(bytes);
  const isOfNode = isKey && Buffer.from(native.publicKeyCreate(bytes, true)).equals(Buffer.from(payload.nodeId, "hex"));
  return isOfNode ? undefined : { code: "bundle_key" };
}

async function decrypted({ bundle, identity }: BundleInput): Promise<Result<Uint8Array, BundleError>> {
  const decrypter = await decrypterOf(identity);
  // Asked last: when it is asked at all, the file is well-formed and the identity before it does not fit.
  let isOther = false;
  decrypter.addIdentity({
    unwrapFileKey: () => {
      isOther = true;
      return null;
    },
  });
  try {
    return ok(await decrypter.decrypt(armor.decode(Buffer.from(bundle).toString("latin1"))));
  } catch {
    // age-encryption throws for everything that is wrong with a file; nothing of the plaintext is returned then.
    return fail({ code: isOther ? "bundle_recipient" : "bundle_damaged" });
  }
}
