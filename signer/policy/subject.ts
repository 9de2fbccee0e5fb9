import type { Network } from "../../core/network.ts";
import type { FrameForm } from "./form.ts";
import type { PolicyConfig } from "./settings.ts";
import type { PolicyState } from "./state.ts";

export type Profile = "response" | "request";

/** What a client asks to have signed. */
export interface SignItem {
  /** The full frame: flag, length, payload. */
  readonly frame: Uint8Array;
  /** The gRPC path, for example `/BtcLsp.Service/GetCfg`. */
  readonly method: string;
  readonly direction: Profile | "unspecified";
}

/** Who asks, when, and what is known by then. */
export interface PolicyContext {
  /** The signer's own key: 33 bytes in lower-case hex. */
  readonly nodeId: string;
  readonly network: Network;
  /** The signer's clock, milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** The name of the client's socket. */
  readonly client: string;
  readonly config: PolicyConfig;
  readonly state: PolicyState;
}

/** What a rule judges. */
export interface Subject {
  readonly item: SignItem;
  readonly context: PolicyContext;
  /** Not read yet while budgets are judged. */
  readonly form: FrameForm | undefined;
}
