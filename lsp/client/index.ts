/// <reference path="../../signer/key/secp256k1.d.ts" />
/**
 * The public door of the package (`btc-lsp/client`): all that a customer's program needs to call an LSP. Everything else is
 * internal and may change.
 */
export type { Network } from "../../core/network.ts";
export type { Result } from "../../core/result.ts";
export { Secret } from "../../core/secret.ts";
export { asMsat, type Msat } from "../money/msat.ts";
export type { TlsTrust } from "./address.ts";
export { adviceFor } from "./advice.ts";
export { type Answered, type ClientAnswer, type LspClient, type LspClientOptions, openLspClient } from "./client.ts";
export type { ClientCode, ClientError, ServerRefusal } from "./fault.ts";
export { lndKey, type RequestKey, readKeyFile, requestKeyOf, type SigningNode } from "./key.ts";
export type { SwapFromLnRequest, SwapIntoLnRequest } from "./methods.ts";
export type { AdvertisedConfig, AmountRange, Deposit, HoldInvoice, LnNode } from "./read.ts";
