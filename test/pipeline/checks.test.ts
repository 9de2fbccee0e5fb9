import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Incoming, Outgoing } from "../../lsp/server/exchange.ts";
import { type Answer, answerOf, CHECKS, type CheckId } from "../../lsp/service/checks.ts";
import type { AddressDay } from "../../lsp/service/parts.ts";
import type { Store } from "../../lsp/store/store.ts";
import { STATUS } from "../../lsp/wire/status.ts";
import { encodeFrame } from "../../proto/frame.ts";
import { Privacy } from "../../proto/gen/btc_lsp/data/high_level_pb.js";
import { ResponseSchema } from "../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import { Service } from "../../proto/gen/btc_lsp_pb.js";
import { type Draft, draft, type MethodName, request } from "./requests.ts";
import { keySigner, newCustomer, openRig, openTestStore, type RigOptions, readReply, signFrame } from "./rig.ts";

// spec/btc-lsp.md 1.7 as one table: each row is asked here, and each pair of rows for its order.

/** A request and what it meets, before a row is broken and after. */
interface Scene {
  readonly draft: Draft;
  readonly options: RigOptions;
  /** Done to the finished request. */
  readonly spoil: (incoming: Incoming) => Incoming;
  /** A request that goes before this one. */
  readonly before: Draft | undefined;
}

const down = { ok: false, error: { code: "store_unavailable", detail: "" } } as const;

function withWire(incoming: Incoming, wire: Buffer, encoding: string | undefined): Incoming {
  const headers = encoding === undefined ? incoming.headers : { ...incoming.headers, "grpc-encoding": encoding };
  return { ...incoming, wire, headers };
}

const also =
  (change: (incoming: Incoming) => Incoming) =>
  (scene: Scene): Scene => ({ ...scene, spoil: (incoming) => change(scene.spoil(incoming)) });

const drafted =
  (change: (draft: Draft) => Partial<Draft>) =>
  (scene: Scene): Scene => ({ ...scene, draft: { ...scene.draft, ...change(scene.draft) } });

const opened =
  (change: () => RigOptions) =>
  (scene: Scene): Scene => ({ ...scene, options: { ...scene.options, ...change() } });

/** With so much of its day left to the address, after another customer's request. */
const onDay =
  (day: () => AddressDay) =>
  (scene: Scene): Scene => ({
    ...scene,
    options: { ...scene.options, settings: { ...scene.options.settings, perAddressDay: day() } },
    before: scene.before ?? draft(newCustomer(), { method: "SwapFromLn" }),
  });

/** How to break each row, for the methods that it is asked of. */
const BREAK: Record<CheckId, { readonly of: readonly MethodName[]; readonly how: (scene: Scene) => Scene }> = {
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

let store: Store;
let end: () => Promise<void>;
before(async () => {
  ({ store, end } = await openTestStore());
});
after(() => end());

function scene(method: MethodName): Scene {
  return { draft: draft(newCustomer(), { method }), options: {}, spoil: (incoming) => incoming, before: undefined };
}

async function play({ draft, options, spoil, before }: Scene): Promise<{ outgoing: Outgoing; told: string[] }> {
  const { service, told } = openRig(store, options);
  if (before !== undefined) {
    // By a service of its own where this one could not answer it, for the database is the same.
    const counts = options.settings?.perKey !== undefined || options.settings?.perAddressDay !== undefined;
    const first = counts ? service : openRig(store).service;
    await first.handle(request(before));
    told.length = 0;
  }
  return { outgoing: await service.handle(spoil(request(draft))), told };
}

/** The row that an answer is. */
function assertRow(outgoing: Outgoing, id: CheckId): void {
  const answer = answerOf(id);
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
    await assert.rejects(service.handle(request(of)), /a secret/);
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
        const isInBand = answerOf(first).kind === "failure";
        const { outgoing } = await play(broken);
        assertRow(outgoing, isInBand && second === "signer_down" ? "unsigned" : first);
      });
    }
  }
});

describe("ways to break one row", () => {
  const answers = async (change: (scene: Scene) => Scene, method: MethodName = "SwapIntoLn"): Promise<Outgoing> =>
    (await play(change(scene(method)))).outgoing;
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
    const plain = request(with2.draft);
    const message = Buffer.concat([plain.wire.subarray(5), Buffer.of(0x12, 2, 0x0a, 0)]);
    const wire = encodeFrame(message);
    const signature = Buffer.from(signFrame(wire, customer.privateKey)).toString("base64");
    assertRow(await service.handle({ ...plain, wire, headers: { "sig-bin": signature } }), "swaps_to_come");
  });

  test("both kinds of privacy are taken", async () => {
    for (const privacy of [Privacy.PUBLIC, Privacy.PRIVATE]) {
      assertRow(await answers(drafted(() => ({ privacy }))), "swaps_to_come");
    }
  });
});

test("docs/answers.md has this table", () => {
  const page = readFileSync(new URL("../../docs/answers.md", import.meta.url), "utf8");
  const rows = CHECKS.map(
    ({ id, step, of, when, answer }) => `| \`${id}\` | ${step} | ${of} | ${when} | ${inWords(answer)} |`,
  );
  const table = ["| row | 1.7 | asked of | when | answer |", "|---|---|---|---|---|", ...rows].join("\n");
  assert.ok(page.includes(table), `docs/answers.md is to have:\n\n${table}`);
});

function inWords(answer: Answer): string {
  if (answer.kind === "failure") return `\`${answer.says}\`, ${answer.signed === "shared" ? "shared" : "its own"}`;
  const [name = ""] = Object.entries(STATUS).find(([, code]) => code === answer.status) ?? [];
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
