import type { SignerClient } from "../../signer/client/client.ts";
import { withHealth } from "./health.ts";
import type { ResponseSigner, SignerEvents } from "./signer.ts";

/** Signatures by the signer process, over its stream. Closes the client with itself. */
export function openProcessSigner(client: SignerClient, events: SignerEvents): ResponseSigner {
  return withHealth(
    {
      sign: (frame, method) => client.sign(frame, method, "response"),
      connected: () => client.state() === "up",
      close: () => client.close(),
    },
    events,
  );
}
