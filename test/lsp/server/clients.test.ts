import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import {
  Client,
  credentials,
  type Metadata,
  Metadata as MetadataClass,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { STATUS } from "../../../lsp/wire/status.ts";
import { bound } from "../../tools/speed.ts";
import { ECHO, makeFiles, SIGNATURE, startServerRig } from "./rig.ts";

interface Reply {
  readonly error: ServiceError | null;
  readonly message: Buffer | undefined;
  readonly trailers: Metadata;
}

const same = (bytes: Buffer): Buffer => bytes;

/** One call of grpc-js, as its users make it. */
function invoke(client: Client, payload: Buffer, path = ECHO, deadlineMs = bound(10_000)): Promise<Reply> {
  return new Promise((resolve) => {
    let reply: Pick<Reply, "error" | "message">;
    const deadline = Date.now() + deadlineMs;
    const call = client.makeUnaryRequest(
      path,
      same,
      same,
      payload,
      new MetadataClass(),
      { deadline },
      (error, message) => {
        reply = { error, message };
      },
    );
    call.on("status", ({ metadata }) => setImmediate(() => resolve({ ...reply, trailers: metadata })));
  });
}

function clientOf(t: TestContext, port: number, authority: string): Client {
  const client = new Client(`localhost:${port}`, credentials.createSsl(Buffer.from(authority)), {
    "grpc.ssl_target_name_override": "localhost",
  });
  t.after(() => client.close());
  return client;
}

test("grpc-js reads replies, their trailers and every kind of refusal, also of a body that it still sends", async (t) => {
  const files = makeFiles(t);
  const rig = await startServerRig(t, {
    tls: files,
    known: (path) => path !== "/test.Echo/Unknown",
    handle: async ({ path, wire }) => {
      if (path === "/test.Echo/Throws") throw new Error("inside");
      if (path === "/test.Echo/Status") return { kind: "status", status: STATUS.unavailable, message: "ünavailable" };
      if (path === "/test.Echo/Never") return new Promise(() => undefined);
      return { kind: "reply", wire, signature: SIGNATURE, gzip: false };
    },
  });
  const client = clientOf(t, rig.port, files.authority);
  for (let at = 0; at < 3; at += 1) {
    const { error, message, trailers } = await invoke(client, Buffer.from("hello"));
    assert.equal(error, null);
    assert.deepEqual(message, Buffer.from("hello"));
    assert.deepEqual(trailers.get("sig-bin"), [SIGNATURE]);
  }
  const refused = async (
    path: string,
    payload = Buffer.alloc(5),
  ): Promise<[number | undefined, string | undefined]> => {
    const { error } = await invoke(client, payload, path);
    return [error?.code, error?.details];
  };
  assert.deepEqual(await refused("/test.Echo/Unknown"), [status.UNIMPLEMENTED, "no such method"]);
  assert.deepEqual(await refused("/test.Echo/Throws"), [status.INTERNAL, "internal error"]);
  assert.deepEqual(await refused("/test.Echo/Status"), [status.UNAVAILABLE, "ünavailable"]);
  const large = await refused(ECHO, Buffer.alloc(1_000_000));
  assert.deepEqual(large, [status.RESOURCE_EXHAUSTED, "the request is too large"]);
  const late = await invoke(client, Buffer.alloc(5), "/test.Echo/Never", 200);
  assert.equal(late.error?.code, status.DEADLINE_EXCEEDED);
  assert.equal((await invoke(client, Buffer.from("still"))).message?.toString(), "still");
  assert.equal(rig.server.connections(), 1, "all on one connection");
});

test("grpc-js reconnects by itself to a server that was restarted on its port", async (t) => {
  const files = makeFiles(t);
  const first = await startServerRig(t, { tls: files });
  const client = clientOf(t, first.port, files.authority);
  assert.equal((await invoke(client, Buffer.from("one"))).error, null);
  await first.server.close(bound(5_000));
  await startServerRig(t, { tls: files, listen: { host: "127.0.0.1", port: first.port } });
  let reply = await invoke(client, Buffer.from("two"));
  while (reply.error?.code === status.UNAVAILABLE) reply = await invoke(client, Buffer.from("two"));
  assert.equal(reply.message?.toString(), "two");
});
