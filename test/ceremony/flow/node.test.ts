import assert from "node:assert/strict";
import { test } from "node:test";
import { ENTER, scenesOf } from "./people.ts";
import { refusalOf, type Sitting, screenOf, sit, type } from "./table.ts";
import { watchAll } from "./watch.ts";

// The node id goes by the witness' paper: from the mix to the last page that shows it.

const at = scenesOf(sit({ watch: watchAll }));
const text = (sitting: Sitting): string => screenOf(sitting).join("\n");

test("mix: the witness types the digits from paper; Enter does not pass, and Tab shows the page again", () => {
  const sitting = at("mix");
  const shown = text(sitting);
  type(sitting, `${ENTER}${ENTER}${ENTER}`);
  assert.equal(sitting.page, "noted");
  const { nodeId } = sitting.play.facts.node ?? { nodeId: "" };
  assert.ok(!text(sitting).includes(nodeId.slice(0, 4)));
  type(sitting, `${nodeId.slice(-8)} ${nodeId.slice(0, 8)}${ENTER}`);
  assert.equal(refusalOf(sitting)?.data["id"], "mix_copy");
  type(sitting, "\t");
  assert.equal(text(sitting), shown);
  type(sitting, `${ENTER}${nodeId.slice(0, 8).toUpperCase()} ... ${nodeId.slice(-8, -4)} ${nodeId.slice(-4)}${ENTER}`);
  assert.equal(sitting.play.step.id, "passphrase");
  assert.equal(sitting.drafts.findLast(({ step }) => step === "mix")?.data["what"], "noted");
});

test("result: the digits come from the paper, before the node id is on the screen", () => {
  const sitting = at("result", "noted");
  const { nodeId } = sitting.play.facts.node ?? { nodeId: "" };
  assert.ok(!text(sitting).replaceAll(" ", "").includes(nodeId.slice(0, 8)));
  type(sitting, "\t");
  assert.equal(sitting.page, "noted");
  type(sitting, `\x15${nodeId.slice(0, 8)}${nodeId.slice(-8)}${ENTER}`);
  assert.equal(sitting.page, "node");
  assert.ok(text(sitting).replaceAll(" ", "").includes(nodeId.slice(40, 60)));
});
