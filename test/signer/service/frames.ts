import { create, toBinary } from "@bufbuild/protobuf";
import { ResponseSchema } from "../../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";

/** The key and node id of docs/contract.md#vectors. */
export const KEY_HEX = "11".repeat(32);
export const FRAMES_NODE_ID = "034f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa";
export const METHOD = "/BtcLsp.Service/SwapIntoLn";
const ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

let last = 0n;

/** Microseconds now, and never the same twice. */
export function freshNonce(): bigint {
  const now = BigInt(Date.now()) * 1000n;
  last = now > last ? now : last + 1n;
  return last;
}

/** A frame that the policy signs: a SwapIntoLn success with this node's key. 102 bytes. */
export function goodFrame(nonce: bigint = freshNonce()): Buffer {
  return addressFrame(ADDRESS, nonce);
}

export function addressFrame(address: string, nonce: bigint = freshNonce()): Buffer {
  return frameOf(
    toBinary(
      ResponseSchema,
      create(ResponseSchema, {
        ctx: { nonce: { val: nonce }, lnPubKey: { val: Buffer.from(FRAMES_NODE_ID, "hex") } },
        either: { case: "success", value: { fundOnChainAddress: { val: { val: address } } } },
      }),
    ),
  );
}

/** A frame that is refused for what it says: the key in it is not the signer's. */
export function badFrame(): Buffer {
  const frame = goodFrame();
  const at = frame.indexOf(Buffer.from(FRAMES_NODE_ID, "hex")) + 5;
  frame[at] = (frame[at] ?? 0) ^ 1;
  return frame;
}

export function frameOf(payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(5 + payload.length);
  frame.writeUInt32BE(payload.length, 1);
  frame.set(payload, 5);
  return frame;
}
