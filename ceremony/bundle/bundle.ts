import { encodePayload } from "../../core/payload.ts";
import type { Secret } from "../../core/secret.ts";
import { expandLabel, type MixInput } from "../mix/mixer.ts";
import { identityPrivateKey } from "../seed/derivation.ts";
import type { Config } from "../table/config.ts";
import { parseRecipient } from "../table/recipient.ts";
import { encryptAge } from "./age.ts";

/** The name of the bundle in the output folder. */
export const BUNDLE_FILE = "identity.age";

/**
 * The identity key for the signer, encrypted to the recipient of the configuration: an armored age file, or undefined
 * where there is no recipient. File key, nonce and ephemeral secret come from the mix (docs/mix.md#formula), whose
 * salt has the recipient in it by way of `configHash`: another recipient, other values.
 *
 * All secrets stay with the caller.
 */
export function identityBundle(mix: MixInput, entropy: Secret, nodeId: string, config: Config): string | undefined {
  if (config.recipient === undefined) return undefined;
  const recipient = parseRecipient(config.recipient);
  if (!recipient.ok) throw new RangeError("bundle: the configuration's recipient is none");
  const { network, mode } = config;
  const privateKey = identityPrivateKey(entropy, network);
  const payload = encodePayload({ network, mode, nodeId, privateKey, ceremonyId: mix.ceremonyId });
  const random = {
    fileKey: expandLabel(mix, "bundle-file-key", 16),
    nonce: expandLabel(mix, "bundle-nonce", 16),
    ephemeral: expandLabel(mix, "bundle-ephemeral", 32),
  };
  try {
    return encryptAge(payload, Buffer.from(recipient.value.hex, "hex"), random);
  } finally {
    for (const secret of [privateKey, payload, ...Object.values(random)]) secret.wipe();
  }
}
