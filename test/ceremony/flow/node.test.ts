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
  assert.ok(!sitting.drafts.some(({ data }) => data["what"] === "lost"));
  type(sitting, `${nodeId.slice(0, 8)}${nodeId.slice(-8)}${ENTER}`);
  assert.equal(sitting.page, "node");
  assert.ok(text(sitting).replaceAll(" ", "").includes(nodeId.slice(40, 60)));
});

test("result: a witness who has no paper is shown the digits, which is recorded, and types them all the same", () => {
  const sitting = at("result", "noted");
  const { nodeId } = sitting.play.facts.node ?? { nodeId: "" };
  type(sitting, "\t");
  assert.match(text(sitting), new RegExp(`first eight +${nodeId.slice(0, 8)} +last eight +${nodeId.slice(-8)}`));
  type(sitting, `${ENTER}`);
  assert.equal(sitting.page, "noted");
  assert.ok(!text(sitting).includes(nodeId.slice(0, 8)));
  type(sitting, `${nodeId.slice(0, 8)}${nodeId.slice(-8)}${ENTER}`);
  assert.equal(sitting.page, "node");
  const said = sitting.drafts.filter(({ step, kind }) => step === "result" && kind !== "check");
  assert.deepEqual(
    said.map(({ actor, data }) => [actor, data["what"]]),
    [
      ["witness", "lost"],
      ["witness", "node"],
    ],
  );
});

test("compare: nothing that the witness will type stands on the page, unless the seeds differ", () => {
  const sitting = at("compare");
  const { node } = sitting.play.facts;
  assert.ok(node !== undefined);
  const digits = [node.nodeId.slice(0, 8), node.nodeId.slice(-8)];
  for (const part of digits) assert.ok(!text(sitting).includes(part));
  assert.equal(text(sitting).split(node.nodeId.slice(8, -8)).length, 4);
  const facts = { ...sitting.play.facts, first: { ...node, nodeId: `02${"0".repeat(64)}` } };
  const differs = sit({}, { step: "compare", facts });
  for (const part of digits) assert.ok(text(differs).includes(part));
});
