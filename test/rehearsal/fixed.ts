import { createHash } from "node:crypto";
import { runSelfTest } from "../../ceremony/check/selftest.ts";
import { begin, type StepDraft } from "../../ceremony/flow/play.ts";
import type { Ask, HelperAnswer, SittingFacts } from "../../ceremony/flow/turn.ts";
import { type Ending, type Helpers, runSteps } from "../../ceremony/host/runner.ts";
import type { Size } from "../../ceremony/screen/frame.ts";
import { type Config, configHash } from "../../ceremony/table/config.ts";
import { appendEvent, TRANSCRIPT_GENESIS } from "../../ceremony/transcript/chain.ts";
import { Secret } from "../../core/secret.ts";
import { FakeMachine } from "../ceremony/check/machine.ts";
import { RECIPIENT } from "../signer/bundle/samples.ts";
import { EmulatedDesk } from "./desk.ts";
import { playRehearsal, type Table, type Watcher } from "./player.ts";

const DATE = "2026-11-22";
const TIME = `${DATE}T10:00:00Z`;

/** What people bring to a rehearsal whose screens are compared. */
export const FIXED_TABLE: Table = {
  ceremonyId: "rehearsal-1",
  date: DATE,
  dice: "2651436524161352643115264351246633142516524361254316632415524361",
  passphrase: "Only for 1 rehearsal!",
  passphraseDice: "1234561235412653461235421635421653421635",
  policy: "typed",
  plates: 1,
  recipient: RECIPIENT,
};

const CONFIG: Config = {
  mode: "rehearsal",
  network: "regtest",
  out: "rehearsal-20261122-100000",
  rolls: FIXED_TABLE.dice.length,
  passphrase: FIXED_TABLE.policy,
  plates: FIXED_TABLE.plates,
  recipient: RECIPIENT,
};

const FACTS: SittingFacts = {
  version: "0.1.0",
  config: CONFIG,
  configHash: configHash(CONFIG),
  program: { hash: createHash("sha256").update("a program").digest("hex"), form: "checkout" },
};

/** Adapters without a machine: nothing is drawn, read, written or timed, and every run gives the same answers. */
function fixedHelpers(): Helpers {
  let head = TRANSCRIPT_GENESIS;
  let picks = 0;
  const answers: { readonly [K in Ask["kind"]]: (ask: Extract<Ask, { kind: K }>) => HelperAnswer } = {
    selftest: () => ({ kind: "selftest", results: goodMachine() }),
    // 64 bytes are asked for; any would do.
    random: ({ length }) => ({
      kind: "random",
      bytes: Secret.copyOf(createHash("sha512").update("a share and a blind").digest().subarray(0, length)),
    }),
    pick: ({ below, count }) => {
      picks += 1;
      return {
        kind: "pick",
        numbers: Array.from({ length: count }, (_, index) => (picks * 3 + index * 5 + 1) % below),
      };
    },
    today: () => ({ kind: "today", date: DATE }),
    drawn: () => ({ kind: "drawn" }),
    open: () => ({ kind: "open" }),
    write: ({ text }) => ({
      kind: "write",
      sha256: createHash("sha256").update(text).digest("hex"),
      bytes: Buffer.byteLength(text),
    }),
    head: () => ({ kind: "head", head: head.prev }),
  };
  return {
    async record(drafts: readonly StepDraft[]) {
      for (const draft of drafts) head = appendEvent(head, draft, TIME).head;
      return true;
    },
    answer: async (ask) => (answers[ask.kind] as (ask: Ask) => HelperAnswer)(ask),
  };
}

function goodMachine() {
  const machine = new FakeMachine();
  try {
    return machine.with({}, (view) => runSelfTest(view));
  } finally {
    machine.remove();
  }
}

/** Every room of the ceremony in one process: no child, no channel, the same steps. */
async function runFixed(desk: EmulatedDesk): Promise<Ending> {
  const helpers = fixedHelpers();
  let step = "selftest";
  let facts = FACTS;
  for (;;) {
    const ending = await runSteps(begin(step, facts, {}), desk, helpers);
    desk.clear();
    if (ending.kind !== "room") return ending;
    step = ending.step;
    facts = ending.facts;
  }
}

/** A whole rehearsal with fixed adapters on a screen of this size. `watch` sees each scene with the desk behind it. */
export async function playFixed(
  size: Size,
  watch: (scene: string, screen: readonly string[], desk: EmulatedDesk) => void,
): Promise<Ending> {
  const desk = new EmulatedDesk(size);
  const running = runFixed(desk).finally(() => desk.end());
  const watcher: Watcher = (scene, screen) => watch(scene, screen, desk);
  const [ending] = await Promise.all([running, playRehearsal(desk, FIXED_TABLE, watcher)]);
  return ending;
}
