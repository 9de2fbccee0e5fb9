import { decide } from "../../signer/policy/decide.ts";
import { applyChange, openState } from "../../signer/policy/state.ts";
import {
  CFG_SUCCESS,
  CTX,
  getCfgFrame,
  item,
  NETWORK,
  NONCE,
  NOW_MS,
  SAMPLE_NODE_ID,
  WITH_MEANING,
} from "../signer/policy/samples.ts";
import { cpuOfThis, perCall, total } from "./cpu.ts";

const JUDGED = 20_000;

/**
 * The policy is judged on the signer's main thread and no thread of its own: so it is measured here, on the answer that
 * most calls get, with all its rules.
 */
export function policyNote(): string {
  const state = openState(WITH_MEANING, NETWORK, NOW_MS);
  const common = { nodeId: SAMPLE_NODE_ID, network: NETWORK, client: "lsp", config: WITH_MEANING, state } as const;
  const items = Array.from({ length: JUDGED }, (_, at) => {
    const ctx = { ...CTX, nonce: { val: NONCE + BigInt(at * 1_000) } };
    return item(getCfgFrame({ ctx, either: { case: "success", value: CFG_SUCCESS } }), "GetCfg");
  });
  const before = cpuOfThis("policy");
  for (const [at, each] of items.entries()) {
    const decision = decide(each, { ...common, nowMs: NOW_MS + at });
    if (decision.kind !== "sign") throw new Error(`the policy refuses: ${decision.rule}`);
    applyChange(state, decision.next);
  }
  const micros = total(perCall(before, cpuOfThis("policy"), JUDGED));
  return `of signer, the policy: ${micros.toFixed(0)} µs, judged here`;
}
