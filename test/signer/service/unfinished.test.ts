import assert from "node:assert/strict";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { connect as connectSocket } from "node:net";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { openSigner } from "../../../signer/client/client.ts";
import {
  CLIENT_STREAMS_MAX,
  CLIENT_UNFINISHED_BYTES_MAX,
  CONNECTION_STREAMS_MAX,
  STREAM_MESSAGE_BYTES_MAX,
} from "../../../signer/limits.ts";
import { until } from "./caller.ts";
import { FRAMES_NODE_ID, frameOf, goodFrame, METHOD } from "./frames.ts";
import { type SignerRig, startSignerRig } from "./rig.ts";

const SIGN = "/signer.v1.Signer/Sign";
const STREAM = "/signer.v1.Signer/SignStream";

/** A header of the largest message and all of it but one byte. */
const UNFINISHED = Buffer.concat([Buffer.from([0, 0, 0x10, 0, 0]), Buffer.alloc(STREAM_MESSAGE_BYTES_MAX - 1, 0x0a)]);

describe("what a client does not finish", () => {
  let rig: SignerRig;
  const sessions: ClientHttp2Session[] = [];
  before(async () => {
    rig = await startSignerRig();
  });
  after(async () => {
    for (const session of sessions) session.destroy();
    await rig.end();
  });

  const open = (): ClientHttp2Session => {
    const session = connect("http://signer", { createConnection: () => connectSocket(rig.socket) });
    session.on("error", () => undefined);
    sessions.push(session);
    return session;
  };
  const call = (session: ClientHttp2Session, path: string, more: Record<string, string> = {}) => {
    const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc", ...more });
    const ended: { status?: string } = {};
    stream.on("error", () => undefined);
    stream.on("response", (headers) => Object.assign(ended, { status: headers["grpc-status"] }));
    stream.on("trailers", (headers) => Object.assign(ended, { status: headers["grpc-status"] }));
    stream.resume();
    return { stream, ended };
  };

  test("is counted over all its calls; whoever goes over is ended, and others are answered", async () => {
    const session = open();
    const calls = Array.from({ length: 8 }, () => call(session, STREAM));
    for (const { stream } of calls) stream.write(UNFINISHED);
    const over = () => calls.filter(({ ended }) => ended.status === "8").length;
    await until(
      () => over() >= 8 - Math.floor(CLIENT_UNFINISHED_BYTES_MAX / UNFINISHED.length),
      "those over the limit",
    );
    const client = openSigner({ place: { socket: rig.socket }, nodeId: FRAMES_NODE_ID, network: "regtest" });
    assert.equal((await client.sign(goodFrame(), METHOD, "response", { deadlineMs: 9_000 })).kind, "signed");
    await client.close();
    for (const { stream } of calls) stream.close();
  });

  test("so are its calls, over all its connections", async () => {
    const all: { stream: ClientHttp2Stream; ended: { status?: string } }[] = [];
    for (let at = 0; at < 3; at += 1) {
      const session = open();
      await new Promise((resolve) => session.once("remoteSettings", resolve));
      for (let n = 0; n < CONNECTION_STREAMS_MAX - 1; n += 1) all.push(call(session, STREAM));
    }
    const refused = () => all.filter(({ ended }) => ended.status === "8").length;
    await until(() => refused() >= all.length - CLIENT_STREAMS_MAX, "those over the limit");
    for (const { stream } of all) stream.close();
  });

  test("a compressed message, a second one, none at all and another method are refused by name", async () => {
    const session = open();
    const statusOf = async (path: string, body: Buffer, more = {}) => {
      const { stream, ended } = call(session, path, more);
      stream.end(body);
      await until(() => ended.status !== undefined, "the end");
      return ended.status;
    };
    const identity = frameOf(Buffer.alloc(0));
    assert.equal(await statusOf("/signer.v1.Signer/GetIdentity", identity), "0");
    assert.equal(await statusOf("/signer.v1.Signer/GetIdentity", identity, { "grpc-encoding": "gzip" }), "12");
    const zipped = frameOf(gzipSync(Buffer.alloc(0)));
    zipped[0] = 1;
    assert.equal(await statusOf(SIGN, zipped), "12");
    assert.equal(await statusOf(SIGN, Buffer.alloc(0)), "12");
    assert.equal(await statusOf("/signer.v1.Signer/SignDigest", identity), "12");
  });

  test("another content type is no call", async () => {
    const stream = open().request({ ":method": "POST", ":path": SIGN, "content-type": "application/json" });
    const status = await new Promise((resolve) => stream.once("response", (headers) => resolve(headers[":status"])));
    assert.equal(status, 415);
    stream.close();
  });
});
