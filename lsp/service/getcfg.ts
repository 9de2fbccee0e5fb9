import { create } from "@bufbuild/protobuf";
import { ResponseSchema } from "../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import { type Amounts, FEE_MIN, FEE_RATE } from "../money/amounts.ts";
import { encodeResponse } from "../wire/request.ts";
import type { Plan } from "./methods.ts";
import type { NodePlace, ServiceParts } from "./parts.ts";

/** What GetCfg answers, from the configuration and from what lnd says of itself. */
export function openGetCfg({ node, settings }: Pick<ServiceParts, "node" | "settings">, amounts: Amounts): () => Plan {
  const { nodeId, advertise } = settings;
  let from: readonly string[] | undefined;
  let plan: Plan = planFor(advertise === undefined ? [] : [advertise]);
  return () => {
    if (advertise !== undefined) return plan;
    const uris = node.latest()?.uris;
    // A cache keeps one list until lnd is asked again: the answer is encoded then, and not for every request.
    if (uris !== from) {
      from = uris;
      plan = planFor(placesIn(uris ?? [], nodeId));
    }
    return plan;
  };

  function planFor(places: readonly NodePlace[]): Plan {
    if (places.length === 0) return { kind: "stop", row: "node_unknown" };
    return { kind: "say", outcome: "success", reply: encodeSuccess(nodeId, places, amounts) };
  }
}

/** `NODE_ID@host:port` of this node, as lnd's GetInfo has them; IPv6 hosts without their brackets. */
export function placesIn(uris: readonly string[], nodeId: string): NodePlace[] {
  return uris.flatMap((uri) => {
    const [, key, bracketed, plain, port] = /^([0-9a-f]{66})@(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(uri) ?? [];
    const host = bracketed ?? plain;
    return key === nodeId && host !== undefined && isPort(Number(port)) ? [{ host, port: Number(port) }] : [];
  });
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}

/** The response without its `ctx` (docs/contract.md#fees-and-amounts). Into and from Lightning have the same amounts. */
function encodeSuccess(nodeId: string, places: readonly NodePlace[], { min, max }: Amounts): Uint8Array {
  const pubKey = { val: Buffer.from(nodeId, "hex") };
  const [least, most] = [{ val: { val: min } }, { val: { val: max } }];
  return encodeResponse(
    ResponseSchema,
    create(ResponseSchema, {
      either: {
        case: "success",
        value: {
          lspLnNodes: places.map(({ host, port }) => ({ pubKey, host: { val: host }, port: { val: port } })),
          swapIntoLnMinAmt: least,
          swapIntoLnMaxAmt: most,
          swapFromLnMinAmt: least,
          swapFromLnMaxAmt: most,
          swapLnFeeRate: { val: FEE_RATE },
          swapLnMinFee: { val: { val: FEE_MIN } },
        },
      },
    }),
  );
}
