import type { LspErrorCode } from "../errors.ts";

/** The codes of `lsp/errors.ts` that a call can end with. */
export type ClientCode = Extract<LspErrorCode, `client_${string}`>;

/** Why a call has no answer that counts. */
export interface ClientError {
  readonly code: ClientCode;
  /** What it is about, for a person; empty where the code says it all. The other side's text in it is made printable. */
  readonly about: string;
  /**
   * What the other side says. With the code `client_refused` the LSP has signed it, just now; with every other code it
   * proves nothing (docs/contract.md#failures).
   */
  readonly refusal?: ServerRefusal;
}

/** What a refusing LSP says, in the words of the contract. */
export type ServerRefusal =
  /** `name` is the status' name as gRPC writes it, or its number; `message` is the other side's text, made printable. */
  | { readonly kind: "status"; readonly status: number; readonly name: string; readonly message: string }
  | {
      readonly kind: "failure";
      /** Field numbers from the root of the request, and what is wrong there: REQUIRED, PARSING_FAILED, … */
      readonly generic: readonly { readonly path: readonly number[]; readonly kind: string }[];
      /** Names of the method's own enum, such as REFUND_ON_CHAIN_ADDRESS_IS_NOT_SEGWIT. */
      readonly specific: readonly string[];
      /** "redacted", or the other side's text, made printable. */
      readonly internal: readonly string[];
    };

/** An error without anything from the other side. */
export function fault(code: ClientCode, about = ""): ClientError {
  return { code, about };
}
