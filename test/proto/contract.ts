// The contract of the service, written down a second time: from docs/contract.md#messages and not from the .proto
// files. The descriptors are held to it, and Google's decoder reads with it.

export interface ContractField {
  readonly number: number;
  readonly name: string;
  /** A scalar, or the name of a message or enum of this table. */
  readonly type: string;
  readonly repeated?: true;
  readonly oneof?: string;
}

const HIGH = "BtcLsp.Data.HighLevel";
const LOW = "BtcLsp.Data.LowLevel";

export const ENUMS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  [`${HIGH}.Privacy`]: { PUBLIC: 0, PRIVATE: 1 },
  [`${HIGH}.InputFailureKind`]: { REQUIRED: 0, NOT_FOUND: 1, PARSING_FAILED: 2, VERIFICATION_FAILED: 3 },
  "BtcLsp.Method.GetCfg.Response.Failure.InputFailure": { DEFAULT: 0 },
  "BtcLsp.Method.SwapIntoLn.Response.Failure.InputFailure": {
    DEFAULT: 0,
    REFUND_ON_CHAIN_ADDRESS_IS_NOT_VALID: 3,
    REFUND_ON_CHAIN_ADDRESS_IS_NOT_SEGWIT: 4,
  },
  "BtcLsp.Method.SwapFromLn.Response.Failure.InputFailure": { DEFAULT: 0 },
};

export const MESSAGES: Readonly<Record<string, readonly ContractField[]>> = {
  [`${LOW}.Urational`]: [field(1, "numerator", "uint64"), field(2, "denominator", "uint64")],
  [`${LOW}.Msat`]: [field(1, "val", "uint64")],
  [`${LOW}.LnInvoice`]: [field(1, "val", "string")],
  [`${LOW}.LnHodlInvoice`]: [field(1, "val", "string")],
  [`${LOW}.OnChainAddress`]: [field(1, "val", "string")],
  [`${HIGH}.FeeRate`]: [field(1, "val", `${LOW}.Urational`)],
  [`${HIGH}.FeeMoney`]: [field(1, "val", `${LOW}.Msat`)],
  [`${HIGH}.FundMoney`]: [field(1, "val", `${LOW}.Msat`)],
  [`${HIGH}.RefundMoney`]: [field(1, "val", `${LOW}.Msat`)],
  [`${HIGH}.LocalBalance`]: [field(1, "val", `${LOW}.Msat`)],
  [`${HIGH}.RemoteBalance`]: [field(1, "val", `${LOW}.Msat`)],
  [`${HIGH}.FundLnInvoice`]: [field(1, "val", `${LOW}.LnInvoice`)],
  [`${HIGH}.FundLnHodlInvoice`]: [field(1, "val", `${LOW}.LnHodlInvoice`)],
  [`${HIGH}.FundOnChainAddress`]: [field(1, "val", `${LOW}.OnChainAddress`)],
  [`${HIGH}.RefundOnChainAddress`]: [field(1, "val", `${LOW}.OnChainAddress`)],
  [`${HIGH}.Nonce`]: [field(1, "val", "uint64")],
  [`${HIGH}.LnPubKey`]: [field(1, "val", "bytes")],
  [`${HIGH}.LnHost`]: [field(1, "val", "string")],
  [`${HIGH}.LnPort`]: [field(1, "val", "uint32")],
  [`${HIGH}.LnPeer`]: [
    field(1, "pub_key", `${HIGH}.LnPubKey`),
    field(2, "host", `${HIGH}.LnHost`),
    field(3, "port", `${HIGH}.LnPort`),
  ],
  [`${HIGH}.Ctx`]: [field(1, "nonce", `${HIGH}.Nonce`), field(2, "ln_pub_key", `${HIGH}.LnPubKey`)],
  [`${HIGH}.FieldIndex`]: [field(1, "val", "uint32")],
  [`${HIGH}.InputFailure`]: [
    repeated(1, "field_location", `${HIGH}.FieldIndex`),
    field(2, "kind", `${HIGH}.InputFailureKind`),
  ],
  [`${HIGH}.InternalFailure`]: [
    either(1, "redacted", "bool"),
    either(2, "grpc_server", "string"),
    either(3, "math", "string"),
  ],
  "BtcLsp.Method.GetCfg.Request": [field(1, "ctx", `${HIGH}.Ctx`)],
  ...answer("GetCfg", [
    repeated(1, "lsp_ln_nodes", `${HIGH}.LnPeer`),
    field(2, "swap_into_ln_min_amt", `${HIGH}.LocalBalance`),
    field(3, "swap_into_ln_max_amt", `${HIGH}.LocalBalance`),
    field(4, "swap_from_ln_min_amt", `${HIGH}.LocalBalance`),
    field(5, "swap_from_ln_max_amt", `${HIGH}.LocalBalance`),
    field(6, "swap_ln_fee_rate", `${HIGH}.FeeRate`),
    field(7, "swap_ln_min_fee", `${HIGH}.FeeMoney`),
  ]),
  "BtcLsp.Method.SwapIntoLn.Request": [
    field(1, "ctx", `${HIGH}.Ctx`),
    field(3, "refund_on_chain_address", `${HIGH}.RefundOnChainAddress`),
    field(4, "privacy", `${HIGH}.Privacy`),
  ],
  ...answer("SwapIntoLn", [
    field(1, "fund_on_chain_address", `${HIGH}.FundOnChainAddress`),
    field(2, "min_fund_money", `${HIGH}.FundMoney`),
  ]),
  "BtcLsp.Method.SwapFromLn.Request": [
    field(1, "ctx", `${HIGH}.Ctx`),
    field(2, "fund_money", `${HIGH}.FundMoney`),
    field(3, "fund_on_chain_address", `${HIGH}.FundOnChainAddress`),
  ],
  ...answer("SwapFromLn", [field(1, "fund_ln_hodl_invoice", `${HIGH}.FundLnHodlInvoice`)]),
};

/** By gRPC path. */
export const CONTRACT_PATHS: Readonly<Record<string, { readonly request: string; readonly response: string }>> =
  Object.fromEntries(
    ["GetCfg", "SwapIntoLn", "SwapFromLn"].map((name) => [
      `/BtcLsp.Service/${name}`,
      { request: `BtcLsp.Method.${name}.Request`, response: `BtcLsp.Method.${name}.Response` },
    ]),
  );

/** Response, Success and Failure, which are the same for each method but for what a success holds. */
function answer(method: string, success: readonly ContractField[]): Record<string, readonly ContractField[]> {
  const response = `BtcLsp.Method.${method}.Response`;
  return {
    [response]: [
      field(1, "ctx", `${HIGH}.Ctx`),
      either(2, "success", `${response}.Success`),
      either(3, "failure", `${response}.Failure`),
    ],
    [`${response}.Success`]: success,
    [`${response}.Failure`]: [
      repeated(1, "generic", `${HIGH}.InputFailure`),
      repeated(2, "specific", `${response}.Failure.InputFailure`),
      repeated(3, "internal", `${HIGH}.InternalFailure`),
    ],
  };
}

function field(number: number, name: string, type: string): ContractField {
  return { number, name, type };
}

function repeated(number: number, name: string, type: string): ContractField {
  return { number, name, type, repeated: true };
}

function either(number: number, name: string, type: string): ContractField {
  return { number, name, type, oneof: "either" };
}
