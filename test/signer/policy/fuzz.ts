import assert from "node:assert/strict";
import { gunzipSync, gzipSync } from "node:zlib";
import { decodeCanonical } from "../../../proto/canonical.ts";
import { encodeFrame } from "../../../proto/frame.ts";
import { decide } from "../../../signer/policy/decide.ts";
import { SIGNED_METHODS } from "../../../signer/policy/methods.ts";
import { DEFAULT_BUDGET } from "../../../signer/policy/settings.ts";
import type { SignItem } from "../../../signer/policy/subject.ts";
import { CONTRACT_PATHS } from "../../proto/contract.ts";
import { googleAccepts } from "../../proto/google.ts";
import { mutate, type Random, randomFrom } from "./mutate.ts";
import {
  CTX,
  cfgSuccess,
  context,
  FOREIGN_ADDRESS,
  getCfgFrame,
  swapFrom,
  swapSuccess,
  WITH_MEANING,
} from "./samples.ts";
import { randomMessage } from "./tree.ts";

export interface FuzzCounts {
  frames: number;
  /** Frames that were signed, each accepted by Google's decoder as that message. */
  signed: number;
  /** Payloads on which both decoders were asked. */
  compared: number;
  /** Of these, how many both took. */
  accepted: number;
  /** How often each rule refused. */
  readonly rules: Map<string, number>;
}

const SEEDS = [
  cfgSuccess(),
  swapSuccess(FOREIGN_ADDRESS),
  swapFrom({ ctx: CTX }),
  getCfgFrame({
    ctx: CTX,
    either: {
      case: "failure",
      value: {
        generic: [{ fieldLocation: [{ val: 1 }, { val: 2 }], kind: 3 }, {}],
        specific: [0, 0],
        internal: [{ either: { case: "redacted", value: true } }],
      },
    },
  }),
];
const CTX_BYTES = getCfgFrame({ ctx: CTX });
const PATH_NAMES = Object.keys(CONTRACT_PATHS);

/**
 * Mutated and made-up frames against the policy, until the time or the count is reached. For each: no exception; what is
 * signed is accepted by Google's decoder as the response of its method; and of every payload the two decoders say the
 * same. Throws with the seed and the frame.
 */
export function fuzz(seed: number, limit: { readonly seconds: number } | { readonly count: number }): FuzzCounts {
  const random = randomFrom(seed);
  const counts: FuzzCounts = { frames: 0, signed: 0, compared: 0, accepted: 0, rules: new Map() };
  const unlimited = { ...DEFAULT_BUDGET, perSecond: 1e12, perDay: 1e12 };
  const contexts = [
    context({ ...WITH_MEANING, meaning: undefined, budget: unlimited }),
    context({ ...WITH_MEANING, budget: unlimited }),
  ];
  const started = performance.now();
  const isOver = () =>
    "count" in limit
      ? counts.frames >= limit.count
      : counts.frames % 256 === 0 && performance.now() - started > limit.seconds * 1000;
  do {
    const asked = madeUp(random);
    try {
      judge(asked, contexts[random(2)] ?? context(), counts);
    } catch (error) {
      const text = `seed ${seed}, frame ${counts.frames}: ${asked.method} ${Buffer.from(asked.frame).toString("hex")}`;
      throw new Error(text, { cause: error });
    }
    counts.frames += 1;
  } while (!isOver());
  return counts;
}

function madeUp(random: Random): SignItem {
  const method = PATH_NAMES[random(PATH_NAMES.length)] ?? "";
  const type = CONTRACT_PATHS[method]?.response ?? "";
  const kind = random(8);
  const payload =
    kind < 4
      ? mutate(SEEDS[random(SEEDS.length)] ?? CTX_BYTES, SEEDS, random)
      : kind < 7
        ? // A good ctx first, or nearly everything would be refused for it.
          Buffer.concat([CTX_BYTES, withoutCtx(randomMessage(type, random, kind < 6))])
        : randomMessage(type, random, true);
  const zip = random(16) === 0;
  const frame = encodeFrame(zip ? gzipSync(payload) : payload, zip);
  return { frame: random(10) === 0 ? mutate(frame, SEEDS, random) : frame, method, direction: "response" };
}

/** The generator's ctx comes first if it is there: one length byte, shorter than 128. */
function withoutCtx(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0x0a && (bytes[1] ?? 128) < 128 ? bytes.subarray(2 + (bytes[1] ?? 0)) : bytes;
}

function judge(asked: SignItem, at: ReturnType<typeof context>, counts: FuzzCounts): void {
  const { frame, method } = asked;
  const type = CONTRACT_PATHS[method]?.response ?? "";
  const decision = decide(asked, at);
  if (decision.kind === "refuse") {
    counts.rules.set(decision.rule, (counts.rules.get(decision.rule) ?? 0) + 1);
  } else {
    const payload = Buffer.from(frame.subarray(5));
    assert.ok(googleAccepts(type, frame[0] === 1 ? gunzipSync(payload) : payload), "signed what Google refuses");
    assert.equal(frame.length === 32 || frame.length < 6, false);
    assert.equal(Buffer.from(frame).readUInt32BE(1), payload.length);
    counts.signed += 1;
  }
  if (frame[0] !== 0 || frame.length < 5) return;
  const payload = frame.subarray(5);
  const desc = SIGNED_METHODS.get(method)?.response;
  assert.ok(desc !== undefined);
  const ours = decodeCanonical(desc, payload);
  // Google's decoder has no bounds.
  if (!ours.ok && ours.error.code === "repeated") return;
  assert.equal(ours.ok, googleAccepts(type, payload), `ours: ${ours.ok ? "accepts" : ours.error.code}`);
  counts.compared += 1;
  if (ours.ok) counts.accepted += 1;
}
