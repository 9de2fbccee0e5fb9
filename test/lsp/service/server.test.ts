import assert from "node:assert/strict";
import { connect } from "node:http2";
import { after, before, describe, test } from "node:test";
import type { Incoming } from "../../../lsp/server/exchange.ts";
import { openServer, type Server } from "../../../lsp/server/server.ts";
import { openProcessSigner } from "../../../lsp/sign/process.ts";
import type { ResponseSigner } from "../../../lsp/sign/signer.ts";
import type { Store } from "../../../lsp/store/store.ts";
import { STATUS } from "../../../lsp/wire/status.ts";
import { ResponseSchema } from "../../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import { openSigner } from "../../../signer/client/client.ts";
import { FRAMES_NODE_ID } from "../../signer/service/frames.ts";
import { type SignerRig, startSignerRig } from "../../signer/service/rig.ts";
import { eventually } from "../../tools/wait.ts";
import { askAs } from "./requests.ts";
import { newCustomer, openRig, openTestStore, readReply, type ServiceRigOptions } from "./rig.ts";

interface Answer {
  readonly status: string | undefined;
  readonly message: string | undefined;
  readonly signature: string | undefined;
  readonly wire: Buffer;
}

describe("the service behind its server, signed by the signer process", () => {
  let store: Store;
  let end: () => Promise<void>;
  let process: SignerRig;
  let signer: ResponseSigner;
  before(async () => {
    ({ store, end } = await openTestStore());
    process = await startSignerRig();
    signer = openProcessSigner(
      openSigner({ place: { socket: process.socket }, nodeId: FRAMES_NODE_ID, network: "regtest" }),
      {
        monotonic: () => performance.now(),
      },
    );
    await eventually("a signer that is healthy", () => signer.healthy(), { pauseMs: 5 });
  });
  after(async () => {
    await signer.close();
    await process.end();
    await end();
  });

  async function serve(options: ServiceRigOptions): Promise<Server> {
    const { service } = openRig(store, { signer, ...options });
    const server = await openServer({
      listen: { host: "127.0.0.1", port: 0 },
      tls: undefined,
      handle: (incoming) => service.handle(incoming),
      known: (path) => service.known(path),
      admit: (address) => service.admit(address),
    });
    assert(server.ok, JSON.stringify(server));
    return server.value;
  }

  async function call(server: Server, requests: readonly Incoming[]): Promise<Answer[]> {
    const session = connect(`http://127.0.0.1:${server.port}`);
    const answers = requests.map(
      ({ path, headers, wire }) =>
        new Promise<Answer>((resolve, reject) => {
          const stream = session.request({
            ":method": "POST",
            ":path": path,
            "content-type": "application/grpc+proto",
            te: "trailers",
            ...headers,
          });
          const chunks: Buffer[] = [];
          const fields: Record<string, unknown> = {};
          for (const event of ["response", "trailers"]) stream.on(event, (more) => void Object.assign(fields, more));
          stream.on("data", (chunk: Buffer) => void chunks.push(chunk));
          stream.on("error", reject);
          stream.on("end", () => {
            const field = (name: string): string | undefined => fields[name]?.toString();
            resolve({
              status: field("grpc-status"),
              message: field("grpc-message"),
              signature: field("sig-bin"),
              wire: Buffer.concat(chunks),
            });
          });
          stream.end(wire);
        }),
    );
    const all = await Promise.all(answers);
    session.close();
    return all;
  }

  function read({ signature, wire }: Answer): ReturnType<typeof readReply<typeof ResponseSchema>> {
    const outgoing = { kind: "reply", wire, signature: Buffer.from(signature ?? "", "base64"), gzip: false } as const;
    return readReply(ResponseSchema, outgoing);
  }

  test("64 customers at once: each has a success and a signature of its own", async () => {
    const server = await serve({});
    const answers = await call(
      server,
      Array.from({ length: 64 }, () => askAs(newCustomer())),
    );
    const nonces = answers.map((answer) => {
      assert.equal(answer.status, "0");
      const { message, nonce } = read(answer);
      assert.equal(message.either.case, "success");
      return nonce;
    });
    assert.equal(new Set(nonces).size, 64);
    assert.equal(new Set(answers.map(({ signature }) => signature)).size, 64);
    await server.close(0);
  });

  test("a status is unsigned and has the row's code; a path that is not known, an address over its rate", async () => {
    const server = await serve({ settings: { perAddress: { perSecond: 1e-6, burst: 2 } } });
    const { path, ...rest } = askAs(newCustomer());
    const codes: (string | undefined)[] = [];
    for (const asked of [`${path}s`, path, path]) {
      const [answer] = await call(server, [{ ...rest, path: asked }]);
      codes.push(answer?.status);
      if (answer?.status !== "0") assert.equal(answer?.signature, undefined);
    }
    assert.deepEqual(codes, [STATUS.unimplemented, STATUS.ok, STATUS.resourceExhausted].map(String));
    await server.close(0);
  });

  test("an exception is INTERNAL, and its text stays here", async () => {
    const take = (): never => {
      throw new Error("a secret");
    };
    const server = await serve({ store: { nonces: { take } } });
    const [answer] = await call(server, [askAs(newCustomer())]);
    assert.equal(answer?.status, String(STATUS.internal));
    assert.ok(!answer?.message?.includes("secret"));
    await server.close(0);
  });
});
