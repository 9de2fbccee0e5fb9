import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lookAtSamples } from "../../../lsp/app/sample.ts";
import { SAMPLE_MS } from "../../../lsp/limits.ts";
import { CHECKS } from "../../../lsp/service/checks.ts";
import { samplesOf } from "../../../lsp/service/samples.ts";
import type { SignOutcome } from "../../../lsp/sign/signer.ts";
import { decide } from "../../../signer/policy/decide.ts";
import { DEFAULT_POLICY } from "../../../signer/policy/settings.ts";
import { openState } from "../../../signer/policy/state.ts";
import { RIG_NODE_ID } from "./rig.ts";

const SETTINGS = {
  nodeId: RIG_NODE_ID,
  network: "regtest",
  advertise: { host: "203.0.113.7", port: 9735 },
  minChanCapMsat: 40_000_000n,
  perAddress: { perSecond: 1, burst: 1 },
  perKey: { perSecond: 1, burst: 1 },
} as const;
const samples = () => samplesOf({ node: { latest: () => undefined }, settings: SETTINGS });

/** A look at a signer that gives this answer to the samples of these names, and signs the others. */
function look(bad: (name: string) => SignOutcome | undefined) {
  const asked: string[] = [];
  let now = 0;
  const paths = new Map(
    samples().map(({ name, path, tail }) => [`${path} ${Buffer.from(tail).toString("hex")}`, name]),
  );
  const looking = lookAtSamples({
    nodeId: RIG_NODE_ID,
    samples,
    nonce: () => BigInt(Date.now()) * 1000n,
    monotonic: () => now,
    signer: {
      sign: async (frame, path) => {
        const name = [...paths].find(([key]) => {
          const [of = "", tail = ""] = key.split(" ");
          return of === path && Buffer.from(frame).toString("hex").endsWith(tail) && tail !== "";
        })?.[1];
        asked.push(name ?? "none");
        return bad(name ?? "") ?? { kind: "signed", signature: Buffer.alloc(70) };
      },
    },
  });
  return { looking, asked, later: (ms: number) => (now += ms) };
}

describe("one signature of each kind of answer", () => {
  test("there is a sample of each kind that is signed, and the policy signs each as it would a customer's", async () => {
    assert.deepEqual(
      samples().map(({ name }) => name),
      [
        "GetCfg success",
        "GetCfg nonce_stale",
        "SwapIntoLn nonce_stale",
        "SwapFromLn nonce_stale",
        "SwapIntoLn refund_not_valid",
      ],
    );
    const shape = (says: string): string => says.split(" ")[0] ?? "";
    const shapes = new Set(CHECKS.flatMap(({ answer }) => (answer.kind === "failure" ? [shape(answer.says)] : [])));
    // Nobody gets one of the last kind while swaps are not offered.
    assert.deepEqual([...shapes], ["generic", "specific", "internal"]);
    const state = openState(DEFAULT_POLICY, "regtest", Date.now());
    const verdicts: string[] = [];
    const looking = lookAtSamples({
      nodeId: RIG_NODE_ID,
      samples,
      nonce: () => BigInt(Date.now()) * 1000n,
      monotonic: () => 0,
      signer: {
        sign: async (frame, method) => {
          const context = {
            nodeId: RIG_NODE_ID,
            network: "regtest",
            nowMs: Date.now(),
            client: "lsp",
            config: DEFAULT_POLICY,
            state,
          } as const;
          const decision = decide({ frame, method, direction: "response" }, context);
          verdicts.push(decision.kind === "sign" ? "sign" : decision.rule);
          return { kind: "signed", signature: Buffer.alloc(70) };
        },
      },
    });
    assert((await looking()).ok);
    assert.deepEqual([...new Set(verdicts)], ["sign"]);
  });

  test("any one that is refused is named with its rule; what was signed counts for a while", async () => {
    for (const { name } of samples()) {
      const refused = { kind: "refused", rule: "meaning.advertised", reason: "other limits" } as const;
      const { looking, asked } = look((each) => (each === name ? refused : undefined));
      assert.deepEqual(await looking(), {
        ok: false,
        error: { code: "signer_refuses", about: `${name}: meaning.advertised: other limits` },
      });
      assert.equal(asked.at(-1), name);
    }
    const { looking, asked, later } = look(() => undefined);
    await looking();
    const once = asked.length;
    assert.equal(once, samples().length);
    await looking();
    assert.equal(asked.length, once);
    later(SAMPLE_MS);
    await looking();
    assert.equal(asked.length, 2 * once);
  });

  test("a pause, a budget and a full disk pass, and are asked for again at once", async () => {
    for (const rule of ["signer.paused", "budget.day", "budget.paused", "audit_unavailable", "signing_unavailable"]) {
      const { looking, asked } = look(() => ({ kind: "refused", rule, reason: "" }));
      for (const tries of [1, 2]) {
        const found = await looking();
        assert(!found.ok && found.error.code === "signer_not_serving", rule);
        assert.equal(asked.length, tries);
      }
    }
    const { looking } = look(() => ({ kind: "unavailable", code: "deadline" }));
    const found = await looking();
    assert.deepEqual(found, { ok: false, error: { code: "signer_not_serving", about: "deadline" } });
  });
});
