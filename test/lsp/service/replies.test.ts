import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { amountsFor } from "../../../lsp/money/amounts.ts";
import { openGetCfg, placesIn } from "../../../lsp/service/getcfg.ts";
import { openHealthMethod } from "../../../lsp/service/health.ts";
import { openReplies } from "../../../lsp/service/replies.ts";
import { encodeResponse } from "../../../lsp/wire/request.ts";
import { STATUS } from "../../../lsp/wire/status.ts";
import { decodeCanonical } from "../../../proto/canonical.ts";
import { encodeFrame } from "../../../proto/frame.ts";
import { ResponseSchema } from "../../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import { FRAMES_NODE_ID } from "../../signer/service/frames.ts";
import { incoming, SETTINGS } from "./rig.ts";

const lnPubKey = { val: Buffer.from(FRAMES_NODE_ID, "hex") };
const info = {
  nodeId: FRAMES_NODE_ID,
  alias: "",
  network: "regtest",
  version: "",
  syncedToChain: true,
  height: 1,
} as const;

describe("a reply", () => {
  test("is what the library makes of the same message, for every nonce", () => {
    const replies = openReplies(FRAMES_NODE_ID);
    const nonces = fc.oneof(
      fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
      fc.integer({ min: 0, max: 63 }).map((bit) => 1n << BigInt(bit)),
    );
    const failures = fc.array(fc.constant({ either: { case: "redacted" as const, value: true } }), { maxLength: 8 });
    fc.assert(
      fc.property(nonces, failures, (nonce, internal) => {
        const either = { case: "failure" as const, value: { internal } };
        const ctx = { nonce: { val: nonce }, lnPubKey };
        const tail = encodeResponse(ResponseSchema, create(ResponseSchema, { either }));
        const whole = encodeResponse(ResponseSchema, create(ResponseSchema, { ctx, either }));
        const frame = replies.frame(nonce, tail, false);
        assert.equal(frame.toString("hex"), encodeFrame(whole).toString("hex"));
        assert.ok(decodeCanonical(ResponseSchema, frame.subarray(5)).ok);
      }),
    );
  });
});

describe("the nodes of GetCfg", () => {
  const amounts = amountsFor(20_000_000n) ?? assert.fail();
  const other = `02${FRAMES_NODE_ID.slice(2)}`;
  const nodesIn = (
    plan: ReturnType<ReturnType<typeof openGetCfg>>,
  ): (readonly [string | undefined, number | undefined])[] => {
    assert(plan.kind === "say");
    const decoded = decodeCanonical(ResponseSchema, plan.reply);
    assert(decoded.ok && decoded.value.either.case === "success");
    return decoded.value.either.value.lspLnNodes.map(({ host, port }) => [host?.val, port?.val] as const);
  };

  test("are the configured one, whatever lnd says", () => {
    const node = { latest: () => ({ ...info, uris: [`${FRAMES_NODE_ID}@192.0.2.1:9735`] }) };
    assert.deepEqual(nodesIn(openGetCfg({ node, settings: SETTINGS }, amounts)()), [["127.0.0.1", 9736]]);
  });

  test("are lnd's where none is configured, and follow it", () => {
    let uris: string[] | undefined;
    const node = { latest: () => (uris === undefined ? undefined : { ...info, uris }) };
    const getCfg = openGetCfg({ node, settings: { ...SETTINGS, advertise: undefined } }, amounts);
    assert.deepEqual(getCfg(), { kind: "stop", row: "node_unknown" });
    uris = [`${FRAMES_NODE_ID}@192.0.2.1:9735`, `${FRAMES_NODE_ID}@[2001:db8::1]:9736`];
    assert.deepEqual(nodesIn(getCfg()), [
      ["192.0.2.1", 9735],
      ["2001:db8::1", 9736],
    ]);
    assert.equal(getCfg(), getCfg());
    uris = [];
    assert.deepEqual(getCfg(), { kind: "stop", row: "node_unknown" });
  });

  test("are read from lnd's URIs, of this node alone", () => {
    const onion = "a".repeat(56);
    const uris = [
      `${FRAMES_NODE_ID}@lsp.example:9735`,
      `${FRAMES_NODE_ID}@${onion}.onion:9735`,
      `${other}@192.0.2.1:9735`,
      `${FRAMES_NODE_ID}@192.0.2.1:0`,
      `${FRAMES_NODE_ID}@192.0.2.1:65536`,
      `${FRAMES_NODE_ID}@192.0.2.1`,
      FRAMES_NODE_ID,
      "",
    ];
    assert.deepEqual(placesIn(uris, FRAMES_NODE_ID), [
      { host: "lsp.example", port: 9735 },
      { host: `${onion}.onion`, port: 9735 },
    ]);
  });
});

describe("grpc.health.v1", () => {
  const PATH = "/grpc.health.v1.Health/Check";
  const check = (payload: Buffer, ready = true) =>
    openHealthMethod(() => ready)(incoming(PATH, encodeFrame(payload), undefined));
  const named = (name: string): Buffer => Buffer.concat([Buffer.of(0x0a, name.length), Buffer.from(name)]);

  test("says for the process and for the service whether it is ready, unsigned", () => {
    for (const payload of [Buffer.alloc(0), named("BtcLsp.Service")]) {
      for (const ready of [true, false]) {
        const wire = Buffer.of(0, 0, 0, 0, 2, 0x08, ready ? 1 : 2);
        assert.deepEqual(check(payload, ready), { kind: "plain", wire });
      }
    }
  });

  test("knows no other service, and refuses what is no request", () => {
    assert.deepEqual(check(named("signer.v1.Signer")), {
      kind: "status",
      status: STATUS.notFound,
      message: "no such service",
    });
    const broken = check(Buffer.of(0x08, 0));
    assert(broken.kind === "status");
    assert.equal(broken.status, STATUS.invalidArgument);
    const cut = openHealthMethod(() => true)(incoming(PATH, Buffer.of(0, 0), undefined));
    assert(cut.kind === "status");
    assert.equal(cut.status, STATUS.invalidArgument);
  });
});
