import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { STEPS } from "../../../ceremony/steps/ceremonies.ts";
import { ALL, CHOSEN, type FaultScene } from "./scenes.ts";
import { describeVerdict, FAULTS_TOGETHER, FaultStage } from "./stage.ts";

const stepIndex = (step: string): number => STEPS.findIndex(({ id }) => id === step);

/** A transcript that was cut anywhere is the beginning of one, and says how far people got. */
function assertPrefix(stage: FaultStage, { name, step, opened }: FaultScene): void {
  const verdict = stage.transcript();
  if (!opened) {
    assert.equal(verdict, undefined, "a transcript before the ceremony has an id");
    return;
  }
  assert.ok(verdict, "no transcript");
  const complete = ALL.findIndex((scene) => scene.name === name) >= ALL.findIndex((scene) => scene.name === "head");
  assert.deepEqual(
    [verdict.kind, verdict.torn],
    [complete ? "consistent" : "stopped", false],
    describeVerdict(verdict),
  );
  const behind = stepIndex(step) - stepIndex(verdict.step?.id ?? "");
  // While the first page after the id is shown, what was held until there was a folder is still being written.
  const most = name === "date-1" ? 2 : 1;
  assert.ok(behind >= 0 && behind <= most, `at ${step}, but the transcript is at ${verdict.step?.id}`);
}

describe("kill -9 of the parent", FAULTS_TOGETHER, () => {
  for (const scene of CHOSEN) {
    test(`${scene.step}: ${scene.name}`, async (t) => {
      const stage = new FaultStage(t);
      await stage.playUntil(scene.name);
      const before = stage.terminal.screen().filter((row) => row !== "");
      process.kill(stage.parent, "SIGKILL");
      const took = await stage.untilLeft(stage.terminal.pid);
      assertPrefix(stage, scene);
      // Nobody is left to clear the screen of a table, but no secret was ever on it.
      if (scene.room === "table") return;
      await stage.terminal.waitFor((screen) => !screen.some((row) => before.includes(row)));
      stage.assertCleared(before);
      t.diagnostic(`the ${scene.room} ended after ${Math.round(took)} ms`);
    });
  }
});

describe("kill -9 of the vault or the test restore", FAULTS_TOGETHER, () => {
  for (const scene of CHOSEN.filter(({ room }) => room !== "table")) {
    test(`${scene.step}: ${scene.name}`, async (t) => {
      const stage = new FaultStage(t);
      await stage.playUntil(scene.name);
      const before = stage.terminal.screen().filter((row) => row !== "");
      process.kill(stage.inner, "SIGKILL");
      const reason = scene.room === "vault" ? "vault_lost" : "restore_lost";
      assert.match(await stage.assertLeft(3, before), new RegExp(`ended early: ${reason};`));
      stage.assertEnded(reason);
      assertPrefix(stage, scene);
      assert.deepEqual(stage.files(), ["transcript.jsonl"]);
    });
  }
});
