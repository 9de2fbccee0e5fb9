import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { Outgoing } from "../../../lsp/server/exchange.ts";
import { answerOfCheck, CHECKS, type CheckAnswer, type CheckId } from "../../../lsp/service/checks.ts";
import type { Store } from "../../../lsp/store/store.ts";
import { STATUS } from "../../../lsp/wire/status.ts";
import { encodeFrame } from "../../../proto/frame.ts";
import { Privacy } from "../../../proto/gen/btc_lsp/data/high_level_pb.js";
import { ResponseSchema } from "../../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import { Service } from "../../../proto/gen/btc_lsp_pb.js";
import { also, BREAK, type BreakScene, drafted } from "./breaks.ts";
import { type CalledMethod, draft, incomingOf } from "./requests.ts";
import { newCustomer, openRig, openTestStore, readReply, signFrameWith } from "./rig.ts";

// docs/contract.md#order-of-checks as one table: each row is asked here, and each pair of rows for its order.

let store: Store;
let end: () => Promise<void>;
before(async () => {
  ({ store, end } = await openTestStore());
});
after(() => end());

function scene(method: CalledMethod): BreakScene {
  return { draft: draft(newCustomer(), { method }), options: {}, spoil: (incoming) => incoming, before: undefined };
}

async function play({ draft, options, spoil, before }: BreakScene): Promise<{ outgoing: Outgoing; told: string[] }> {
  const { service, told } = openRig(store, options);
  if (before !== undefined) {
    // By a service of its own where this one could not answer it, for the database is the same.
    const counts = options.settings?.perKey !== undefined || options.settings?.perAddressDay !== undefined;
    const first = counts ? service : openRig(store).service;
    await first.handle(incomingOf(before));
    told.length = 0;
  }
  return { outgoing: await service.handle(spoil(incomingOf(draft))), told };
}

/** The row that an answer is. */
function assertRow(outgoing: Outgoing, id: CheckId): void {
  const answer = answerOfCheck(id);
  if (answer.kind === "status") {
    assert(outgoing.kind === "status", `${id}: ${JSON.stringify(outgoing)}`);
    assert.equal(outgoing.status, answer.status);
    return;
  }
  const { wire } = readReply(ResponseSchema, outgoing);
  assert.equal(wire.subarray(-answer.tail.length).toString("hex"), Buffer.from(answer.tail).toString("hex"), id);
}

describe("each row alone", () => {
  for (const { id } of CHECKS) {
    for (const method of BREAK[id].of) {
      if (id === "exception") continue;
      test(`${id}: ${method}`, async () => {
        const { outgoing, told } = await play(BREAK[id].how(scene(method)));
        assertRow(outgoing, id);
        if (id !== "unknown_method") assert.equal(told.at(-1), `${method} ${id}`);
      });
    }
  }

  test("no row: a success", async () => {
    for (const method of ["GetCfg", "SwapFromLn"] as const) {
      const { outgoing, told } = await play(scene(method));
      readReply(Service.method[method === "GetCfg" ? "getCfg" : "swapFromLn"].output, outgoing);
      assert.equal(told.at(-1), `${method} success`);
    }
  });

  test("address_limit: asked by the server before it reads anything", () => {
    const { service } = openRig(store, { settings: { perAddress: { perSecond: 1e-6, burst: 2 } } });
    const asked = ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"].map((address) => service.admit(address));
    assert.deepEqual(asked, [true, true, false, true]);
  });

  test("exception: rejects, for the server to make INTERNAL of it, and is counted", async () => {
    const { draft: of, options } = BREAK.exception.how(scene("GetCfg"));
    const { service, told } = openRig(store, options);
    await assert.rejects(service.handle(incomingOf(of)), /a secret/);
    assert.equal(told.at(-1), "GetCfg exception");
  });
});

describe("the first row wins", () => {
  // Of every answer: they come in the place of others.
  const rows = CHECKS.filter((row) => row.of !== "every answer" && row.id !== "swaps_to_come").map(({ id }) => id);
  // A body can be broken in one way only.
  const bodies: readonly CheckId[] = ["frame", "frame_size", "message"];
  // A nonce that was used is not charged to its key, and its key is not new.
  const apart = ["key_limit nonce_stale", "new_keys_day nonce_stale"];
  for (const [at, first] of rows.entries()) {
    for (const second of rows.slice(at + 1)) {
      const method = BREAK[first].of.find((name) => BREAK[second].of.includes(name));
      if (method === undefined || (bodies.includes(first) && bodies.includes(second))) continue;
      if (apart.includes(`${first} ${second}`)) continue;
      test(`${first} before ${second}`, async () => {
        // The later one first, so that the earlier one has the last word on what both change.
        const broken = BREAK[first].how(BREAK[second].how(scene(method)));
        // Rows before the signature cannot be told from a signer that does not sign.
        const isInBand = answerOfCheck(first).kind === "failure";
        const { outgoing } = await play(broken);
        assertRow(outgoing, isInBand && second === "signer_down" ? "unsigned" : first);
      });
    }
  }
});

describe("ways to break one row", () => {
  const answers = async (
    change: (scene: BreakScene) => BreakScene,
    method: CalledMethod = "SwapIntoLn",
  ): Promise<Outgoing> => (await play(change(scene(method)))).outgoing;
  const header = (value: string | undefined) =>
    also((incoming) => {
      const { "sig-bin": _, ...headers } = incoming.headers;
      return { ...incoming, headers: value === undefined ? headers : { ...headers, "sig-bin": value } };
    });

  test("frame: nothing, cut, two of them, a wrong flag, flag 1 without an encoding", async () => {
    const wires: ((wire: Buffer) => Buffer)[] = [
      () => Buffer.alloc(0),
      (wire) => wire.subarray(0, -1),
      (wire) => Buffer.concat([wire, wire]),
      (wire) => Buffer.concat([Buffer.of(2), wire.subarray(1)]),
      (wire) => Buffer.concat([Buffer.of(1), wire.subarray(1)]),
    ];
    for (const change of wires) {
      assertRow(await answers(also((incoming) => ({ ...incoming, wire: change(incoming.wire) }))), "frame");
    }
  });

  test("signature: no header, no base64, no DER, another key's, of other bytes, a key that is none or not compressed", async () => {
    const { publicKey } = newCustomer();
    const keys = [
      new Uint8Array(0),
      Buffer.alloc(33),
      Buffer.concat([Buffer.of(4), publicKey, publicKey]).subarray(0, 65),
    ];
    for (const change of [
      header(undefined),
      header("*"),
      header("MEUC"),
      header(""),
      drafted(() => ({ customer: newCustomer() })),
      also((incoming) => ({ ...incoming, wire: Buffer.from(incoming.wire).fill("q", incoming.wire.length - 1) })),
      ...keys.map((key) => drafted(() => ({ key }))),
    ]) {
      assertRow(await answers(change), "signature");
    }
  });

  test("present is what is written, also when it is empty: a nonce of 0 is stale, not missing", async () => {
    assertRow(
      await answers(
        drafted(() => ({ nonce: 0n })),
        "GetCfg",
      ),
      "nonce_stale",
    );
    assertRow(
      await answers(
        drafted(() => ({ key: new Uint8Array(0) })),
        "GetCfg",
      ),
      "signature",
    );
    assertRow(await answers(drafted(() => ({ refund: "" }))), "refund_not_valid");
  });

  test("the retired field 2 of SwapIntoLn is not looked at", async () => {
    const with2 = scene("SwapIntoLn");
    const { customer } = with2.draft;
    const { service } = openRig(store);
    const plain = incomingOf(with2.draft);
    const message = Buffer.concat([plain.wire.subarray(5), Buffer.of(0x12, 2, 0x0a, 0)]);
    const wire = encodeFrame(message);
    const signature = Buffer.from(signFrameWith(wire, customer.privateKey)).toString("base64");
    assertRow(await service.handle({ ...plain, wire, headers: { "sig-bin": signature } }), "swaps_to_come");
  });

  test("both kinds of privacy are taken", async () => {
    for (const privacy of [Privacy.PUBLIC, Privacy.PRIVATE]) {
      assertRow(await answers(drafted(() => ({ privacy }))), "swaps_to_come");
    }
  });
});

test("docs/answers.md has this table", () => {
  const page = readFileSync(new URL("../../../docs/answers.md", import.meta.url), "utf8");
  const rows = CHECKS.map(
    ({ id, step, of, when, answer }) => `| \`${id}\` | ${step} | ${of} | ${when} | ${inWords(answer)} |`,
  );
  const table = ["| row | step | asked of | when | answer |", "|---|---|---|---|---|", ...rows].join("\n");
  assert.ok(page.includes(table), `docs/answers.md is to have:\n\n${table}`);
});

function inWords(answer: CheckAnswer): string {
  if (answer.kind === "failure") return `\`${answer.says}\`, ${answer.signed === "shared" ? "shared" : "its own"}`;
  const [name = ""] = Object.entries(STATUS).find(([, code]) => code === answer.status) ?? [];
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
