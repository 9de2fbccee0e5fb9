import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { isLoopback, networkOf, plainAddress } from "../../../core/hosts.ts";
import { RequestBody } from "../../../lsp/server/body.ts";
import { openPlaceGate } from "../../../lsp/server/gate.ts";
import { judgeHeaders, judgeTimeout, type RequestHeaders } from "../../../lsp/server/rules.ts";
import { STATUS } from "../../../lsp/wire/status.ts";

const CALL = { ":method": "POST", ":path": "/a/B", "content-type": "application/grpc", te: "trailers" };
const MAX = 8_192;

test("headers of a gRPC call, and what each other kind is told", () => {
  const http = (status: number): unknown => ({ kind: "http", status });
  const rows: [RequestHeaders, unknown][] = [
    [{}, undefined],
    [{ "content-type": "application/grpc+proto" }, undefined],
    [{ "content-type": "application/grpc;charset=utf-8" }, undefined],
    [{ "content-type": "application/grpc-web+proto" }, http(415)],
    [{ "content-type": "text/html" }, http(415)],
    [{ "content-type": undefined }, http(415)],
    [{ ":method": "GET" }, http(405)],
    [{ ":method": "CONNECT", ":path": undefined }, http(405)],
    [{ te: undefined }, http(400)],
    [{ te: "trailers, gzip" }, http(400)],
    [{ "set-cookie": ["a"] }, http(400)],
  ];
  for (const [change, expected] of rows)
    assert.deepEqual(judgeHeaders({ ...CALL, ...change }, MAX), expected, JSON.stringify(change));
});

test("the header list is counted as HTTP/2 counts it", () => {
  // 7+4, 5+4, 12+16, 2+8 bytes, and 32 for each of four.
  const own = 11 + 9 + 28 + 10 + 4 * 32;
  assert.equal(judgeHeaders(CALL, own), undefined);
  const refusal = judgeHeaders(CALL, own - 1);
  assert(refusal?.kind === "status" && refusal.status === STATUS.resourceExhausted);
  assert.notEqual(judgeHeaders({ ...CALL, x: "a".repeat(MAX) }, MAX), undefined);
});

test("the client's deadline counts where it is the earlier one", () => {
  assert.equal(judgeTimeout({}, 30_000), 30_000);
  assert.equal(judgeTimeout({ "grpc-timeout": "2S" }, 30_000), 2_000);
  assert.equal(judgeTimeout({ "grpc-timeout": "3000S" }, 30_000), 30_000);
  assert.equal(judgeTimeout({ "grpc-timeout": "0n" }, 30_000), 0);
  for (const malformed of ["", "S", "1", "1x", "-1S", "123456789S", "1S, 2S"]) {
    const refusal = judgeTimeout({ "grpc-timeout": malformed }, 30_000);
    assert(typeof refusal !== "number" && refusal.kind === "status" && refusal.status === STATUS.invalidArgument);
  }
});

test("loopback is 127.0.0.0/8 and ::1, and no name", () => {
  for (const host of ["127.0.0.1", "127.255.0.9", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"])
    assert(isLoopback(host));
  for (const host of ["localhost", "0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "::2", "127.1", ""])
    assert(!isLoopback(host), host);
});

test("an address has one form, and a network that limits count by", () => {
  assert.equal(plainAddress("::ffff:192.0.2.1"), "192.0.2.1");
  assert.equal(plainAddress("::FFFF:192.0.2.1"), "192.0.2.1");
  assert.equal(plainAddress("fe80::1%eth0"), "fe80::1");
  assert.equal(plainAddress("2001:db8::1"), "2001:db8::1");
  const rows = [
    ["192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::6", "2001:db8:1:2::/64"],
    ["2001:db8::6", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["1::", "1:0:0:0::/64"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0::/64"],
    ["", ""],
  ] as const;
  for (const [address, network] of rows) assert.equal(networkOf(address), network);
});

test("property: addresses of one /64 have one network, those of two have two", () => {
  const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
  const groups = fc.array(group, { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(groups, fc.array(group, { minLength: 4, maxLength: 4 }), (address, other) => {
      const network = networkOf(address.join(":"));
      assert.equal(networkOf([...address.slice(0, 4), ...other].join(":")), network);
      const elsewhere = [...other, ...address.slice(4)];
      assert.equal(networkOf(elsewhere.join(":")) === network, other.join() === address.slice(0, 4).join());
    }),
  );
});

test("the gate gives back what was taken and keeps nothing of networks that are gone", () => {
  const gate = openPlaceGate<string>({ places: 3, share: 2, yields: () => false });
  const enter = (address: string) => gate.enter(networkOf(address), address);
  const leave = (address: string) => gate.leave(networkOf(address), address);
  assert.equal(enter("2001:db8::1"), undefined);
  assert.equal(enter("2001:db8::2"), undefined);
  assert.equal(enter("2001:db8::3"), "share", "the same /64");
  assert.equal(enter("192.0.2.1"), undefined);
  assert.equal(enter("192.0.2.2"), "places");
  assert.equal(gate.size, 3);
  leave("2001:db8::1");
  leave("2001:db8::1");
  assert.equal(gate.size, 2, "given back once");
  assert.equal(enter("2001:db8::9"), undefined);
  leave("192.0.2.1");
  leave("2001:db8::2");
  leave("2001:db8::9");
  assert.equal(gate.size, 0);
});

test("where all places are taken, who has most gives one up to who has fewer, the oldest that can", () => {
  const asked: string[] = [];
  const gate = openPlaceGate<string>({
    places: 4,
    share: 4,
    yields: (holder) => asked.push(holder) > 0 && holder !== "busy",
  });
  for (const holder of ["busy", "old", "young"]) assert.equal(gate.enter("a", holder), undefined);
  assert.equal(gate.enter("b", "one"), undefined);
  assert.equal(gate.enter("b", "two"), undefined, "three and one become two and two");
  assert.deepEqual(asked, ["busy", "old"]);
  assert.equal(gate.enter("b", "three"), "places", "who asks would have more than who gives");
  assert.equal(gate.enter("a", "four"), "places", "nobody takes from his own");
  assert.equal(gate.size, 4);
  gate.leave("a", "old");
  assert.equal(gate.size, 4, "what was given up is not given back");
});

test("property: a body is its pieces in order, up to the limit and not a byte over", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.integer({ min: 0, max: 200 }), (pieces, max) => {
      const body = new RequestBody(max);
      const taken: Uint8Array[] = [];
      let length = 0;
      for (const piece of pieces) {
        const fits = length + piece.length <= max;
        assert.equal(body.add(Buffer.from(piece)), fits);
        if (!fits) continue;
        taken.push(piece);
        length += piece.length;
      }
      assert.deepEqual(body.take(), Buffer.concat(taken));
    }),
  );
});

test("a body keeps nothing of the buffers that it came in", () => {
  const body = new RequestBody(10);
  const piece = Buffer.from("first");
  body.add(piece);
  piece.fill(0);
  assert.equal(body.take().toString(), "first");
});
