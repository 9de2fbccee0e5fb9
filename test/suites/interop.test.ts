import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import type { Incoming, Outgoing } from "../../lsp/server/exchange.ts";
import { STATUS, type Status } from "../../lsp/wire/status.ts";
import { encodeFrame, parseFrame } from "../../proto/frame.ts";
import { type ServerRig, SIGNATURE, startServerRig } from "../lsp/server/rig.ts";
import { needs } from "../tools/need.ts";
import { bound } from "../tools/speed.ts";
import { suitePrograms } from "./programs.ts";
import { lengthDelimited, readMessage } from "./protobuf.ts";

// grpc-go's interop client against the LSP's listener, behind which is the service that the client expects.

const SERVICE = "/grpc.testing.TestService";
const METHODS = [`${SERVICE}/EmptyCall`, `${SERVICE}/UnaryCall`];
/** The largest message of the cases is 314,159 bytes: the listener's own bound is a fifth of that. */
const LARGE = 400_000;

/** Of the cases with `soak` in their name: several calls of a size that the LSP takes. */
const SOAK = ["-soak_iterations", "20", "-soak_request_size", "60000", "-soak_response_size", "60000"];

/** All cases of the client that are unary and need no credentials: what is left of them is streaming. */
const UNARY = [
  "empty_unary",
  "large_unary",
  "special_status_message",
  "unimplemented_method",
  "unimplemented_service",
  "pick_first_unary",
  "rpc_soak",
  "channel_soak",
] as const;

/** `grpc.testing.SimpleRequest` and `SimpleResponse` (grpc/testing/messages.proto). */
async function answer({ path, wire }: Incoming): Promise<Outgoing> {
  const frame = parseFrame(wire);
  assert(frame.ok);
  const reply = (message: Buffer): Outgoing => ({
    kind: "reply",
    wire: encodeFrame(message),
    signature: SIGNATURE,
    gzip: false,
  });
  if (path === METHODS[0]) return reply(Buffer.alloc(0));
  const request = readMessage(frame.value.payload);
  const [status] = request.bytes(7).map(readMessage);
  if (status !== undefined) {
    const code = STATUS_CODES.find((each) => each === Number(status.number(1)));
    assert(code !== undefined);
    return { kind: "status", status: code, message: status.bytes(2)[0]?.toString() ?? "" };
  }
  const body = lengthDelimited(1, lengthDelimited(2, Buffer.alloc(Number(request.number(2)))));
  const serverId = request.number(9) === 1n ? lengthDelimited(4, Buffer.from("one")) : Buffer.alloc(0);
  return reply(Buffer.concat([body, serverId]));
}

const STATUS_CODES: readonly Status[] = Object.values(STATUS);

async function runCase(name: string, { port }: ServerRig): Promise<void> {
  const { interop } = await suitePrograms();
  const args = ["-server_host", "127.0.0.1", "-server_port", String(port), "-test_case", name, ...SOAK];
  await promisify(execFile)(interop, args, { timeout: bound(60_000) });
}

const startService = (t: TestContext, limits = {}): Promise<ServerRig> =>
  startServerRig(t, { handle: answer, known: (path) => METHODS.includes(path), limits });

for (const name of UNARY) {
  test(`grpc-go's interop client: ${name}`, needs("go"), async (t) => {
    const rig = await startService(t, { bodyBytes: LARGE });
    await runCase(name, rig);
    assert(rig.reports.length > 0);
    assert(rig.reports.every(({ error }) => error === undefined));
  });
}

test("grpc-go's interop client: its large call is refused by the listener's own bound", needs("go"), async (t) => {
  const rig = await startService(t);
  await assert.rejects(runCase("large_unary", rig), /code = ResourceExhausted desc = the request is too large/);
});
