import { gzipSync } from "node:zlib";
import type { Incoming } from "../../../lsp/server/exchange.ts";
import type { CheckId } from "../../../lsp/service/checks.ts";
import type { AddressDay } from "../../../lsp/service/parts.ts";
import type { CreationRules } from "../../../lsp/swap/create.ts";
import { encodeFrame } from "../../../proto/frame.ts";
import { type CalledMethod, draft, type RequestDraft } from "./requests.ts";
import { CREATION, keySigner, newCustomer, type ServiceRigOptions } from "./rig.ts";

/** A request and what it meets, before a row is broken and after. */
export interface BreakScene {
  readonly draft: RequestDraft;
  readonly options: ServiceRigOptions;
  /** Done to the finished request. */
  readonly spoil: (incoming: Incoming) => Incoming;
  /** A request that goes before this one. */
  readonly before: RequestDraft | undefined;
}

const down = { ok: false, error: { code: "store_unavailable", detail: "" } } as const;

function withWire(incoming: Incoming, wire: Buffer, encoding: string | undefined): Incoming {
  const headers = encoding === undefined ? incoming.headers : { ...incoming.headers, "grpc-encoding": encoding };
  return { ...incoming, wire, headers };
}

export const also =
  (change: (incoming: Incoming) => Incoming) =>
  (scene: BreakScene): BreakScene => ({ ...scene, spoil: (incoming) => change(scene.spoil(incoming)) });

export const drafted =
  (change: (draft: RequestDraft) => Partial<RequestDraft>) =>
  (scene: BreakScene): BreakScene => ({ ...scene, draft: { ...scene.draft, ...change(scene.draft) } });

const opened =
  (change: () => ServiceRigOptions) =>
  (scene: BreakScene): BreakScene => ({ ...scene, options: { ...scene.options, ...change() } });

/** With so much of its day left to the address, after another customer's request. */
const onDay =
  (day: () => AddressDay) =>
  (scene: BreakScene): BreakScene => ({
    ...scene,
    options: { ...scene.options, settings: { ...scene.options.settings, perAddressDay: day() } },
    before: scene.before ?? draft(newCustomer(), { method: "SwapFromLn" }),
  });

/** With swaps offered under these rules, from a pool that has no address. */
const offered =
  (rules: Partial<CreationRules>) =>
  (scene: BreakScene): BreakScene => ({
    ...scene,
    options: { ...scene.options, creation: { ...CREATION, ...scene.options.creation, ...rules } },
  });

/** How to break each row, for the methods that it is asked of. */
export const BREAK: Record<
  CheckId,
  { readonly of: readonly CalledMethod[]; readonly how: (scene: BreakScene) => BreakScene }
> = {
  address_limit: { of: [], how: (scene) => scene },
  unknown_method: { of: ["SwapIntoLn"], how: also((incoming) => ({ ...incoming, path: "/BtcLsp.Service/Nothing" })) },
  frame: {
    of: ["GetCfg", "SwapIntoLn"],
    how: also((incoming) => withWire(incoming, Buffer.concat([incoming.wire, Buffer.of(0)]), undefined)),
  },
  frame_size: {
    of: ["SwapIntoLn"],
    how: also((incoming) => withWire(incoming, encodeFrame(gzipSync(Buffer.alloc(100_000)), true), "gzip")),
  },
  message: {
    of: ["SwapIntoLn"],
    how: also((incoming) => withWire(incoming, encodeFrame(Buffer.of(0x08, 0)), undefined)),
  },
  nonce_missing: { of: ["GetCfg", "SwapIntoLn", "SwapFromLn"], how: drafted(() => ({ nonce: undefined })) },
  key_missing: { of: ["GetCfg", "SwapIntoLn", "SwapFromLn"], how: drafted(() => ({ key: undefined })) },
  signature: { of: ["GetCfg", "SwapIntoLn", "SwapFromLn"], how: drafted(() => ({ customer: newCustomer() })) },
  key_limit: {
    of: ["GetCfg", "SwapIntoLn"],
    how: (scene) => ({
      ...scene,
      options: { ...scene.options, settings: { ...scene.options.settings, perKey: { perSecond: 1e-6, burst: 1 } } },
      before: scene.before ?? { ...scene.draft, method: "SwapFromLn", nonce: (scene.draft.nonce ?? 2n) - 1n },
    }),
  },
  deadline: { of: ["GetCfg", "SwapIntoLn"], how: also((incoming) => ({ ...incoming, deadline: 0 })) },
  signer_down: {
    of: ["GetCfg", "SwapIntoLn"],
    how: opened(() => ({ signer: Object.assign(keySigner(), { isDown: true }) })),
  },
  node_unknown: {
    of: ["GetCfg"],
    how: (scene) => ({
      ...scene,
      options: { ...scene.options, settings: { ...scene.options.settings, advertise: undefined } },
    }),
  },
  // The first answer of the address, and of a key that was unknown, is another customer's.
  answers_day: {
    of: ["GetCfg", "SwapIntoLn"],
    how: onDay(() => ({ answers: 1, newKeys: 2 })),
  },
  new_keys_day: {
    of: ["GetCfg", "SwapIntoLn"],
    how: onDay(() => ({ answers: 2, newKeys: 1 })),
  },
  store_down: {
    of: ["GetCfg", "SwapIntoLn"],
    how: opened(() => ({
      store: { nonces: { take: async () => down }, transaction: async () => down },
    })),
  },
  nonce_stale: {
    of: ["GetCfg", "SwapIntoLn", "SwapFromLn"],
    how: (scene) => ({ ...scene, before: { ...scene.draft, method: "SwapFromLn" } }),
  },
  privacy: { of: ["SwapIntoLn"], how: drafted(() => ({ privacy: 2 })) },
  refund_missing: { of: ["SwapIntoLn"], how: drafted(() => ({ refund: undefined })) },
  refund_not_valid: { of: ["SwapIntoLn"], how: drafted(() => ({ refund: "nowhere" })) },
  refund_not_segwit: { of: ["SwapIntoLn"], how: drafted(() => ({ refund: "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn" })) },
  paused: { of: ["SwapIntoLn"], how: offered({ paused: () => true }) },
  too_many_swaps: { of: ["SwapIntoLn"], how: offered({ perKey: 0 }) },
  too_many_swaps_all: { of: ["SwapIntoLn"], how: offered({ inAll: 0 }) },
  no_liquidity: { of: ["SwapIntoLn"], how: offered({ liquidity: () => undefined }) },
  no_address: { of: ["SwapIntoLn"], how: offered({}) },
  swaps_to_come: { of: ["SwapIntoLn"], how: (scene) => scene },
  unsigned: {
    of: ["GetCfg"],
    how: opened(() => ({
      signer: Object.assign(keySigner(), { trouble: { kind: "refused", rule: "content.node", reason: "" } }),
    })),
  },
  exception: {
    of: ["GetCfg"],
    how: opened(() => ({ store: { nonces: { take: () => Promise.reject(new Error("a secret")) } } })),
  },
};
