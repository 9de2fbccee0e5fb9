import type { LndNode } from "../node/lnd.ts";
import { withHealth } from "./health.ts";
import type { ResponseSigner, SignerEvents } from "./signer.ts";

/**
 * Signatures by lnd's SignMessage, `signer: lnd`: the original's way. lnd signs whatever it is given, so there is no policy
 * and no log. The node is its owner's to close.
 */
export function openLndSigner(node: Pick<LndNode, "signMessage">, events: SignerEvents): ResponseSigner {
  return withHealth(
    {
      async sign(frame) {
        const signed = await node.signMessage(frame);
        return signed.ok
          ? { kind: "signed", signature: signed.value }
          : { kind: "unavailable", code: signed.error.code };
      },
      // lnd tells by failing; a call makes the connection again by itself.
      connected: () => true,
      close: () => Promise.resolve(),
    },
    events,
  );
}
