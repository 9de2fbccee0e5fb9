/**
 * How long a message of the contract may be, and how many elements its lists may have. Without bounds of its own each
 * message could be as long as a frame: 185 bytes of gzip that are 32,600 empty elements took 23 ms to judge.
 */

/** Nodes in a GetCfg answer: an LSP has one, and a cluster a handful. */
const NODES_MAX = 16;
/** Failures of each kind in one answer; an LSP sends one (docs/contract.md#order-of-checks). */
const FAILURES_MAX = 8;
/** Field numbers of one path: the contract is five messages deep at most. */
const PATH_MAX = 8;

/** By message and field, each repeated field of the contract. */
export const ELEMENTS_MAX: Readonly<Record<string, number>> = {
  "BtcLsp.Method.GetCfg.Response.Success.lsp_ln_nodes": NODES_MAX,
  ...Object.fromEntries(
    ["GetCfg", "SwapIntoLn", "SwapFromLn"].flatMap((method) =>
      ["generic", "specific", "internal"].map((list) => [
        `BtcLsp.Method.${method}.Response.Failure.${list}`,
        FAILURES_MAX,
      ]),
    ),
  ),
  "BtcLsp.Data.HighLevel.InputFailure.field_location": PATH_MAX,
};

/** Bytes of each message that a frame can hold, by its name: its longest content, doubled or more. */
export const MESSAGE_BYTES: Readonly<Record<string, number>> = {
  /** `ctx`: 50 bytes. */
  "BtcLsp.Method.GetCfg.Request": 512,
  /** `ctx` and an address: 150 bytes. */
  "BtcLsp.Method.SwapIntoLn.Request": 512,
  "BtcLsp.Method.SwapFromLn.Request": 512,
  /** Sixteen nodes whose host names are as long as DNS has them: 5 KiB. */
  "BtcLsp.Method.GetCfg.Response": 8_192,
  /** An address, or eight failures of each kind: 1.5 KiB. */
  "BtcLsp.Method.SwapIntoLn.Response": 4_096,
  /** An invoice that fills the largest QR code has 7,089 characters. */
  "BtcLsp.Method.SwapFromLn.Response": 8_192,
};

/** The longest of them: for bytes of which it is not known what they are to be. */
export const MESSAGE_BYTES_MAX: number = Math.max(...Object.values(MESSAGE_BYTES));

/** What gzip may add to a payload that it cannot shorten: header, sum, and five bytes for each stored block. */
export const GZIP_OVERHEAD = 64;
