import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createFileRegistry, type DescMethod, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { bakeCommand, type Feature, PERMISSIONS } from "../../../lsp/node/macaroon.ts";
import { ChainKit, ChainNotifier } from "../../../proto/gen/lnd/chain_pb.js";
import { Lightning } from "../../../proto/gen/lnd/lightning_pb.js";
import { Signer } from "../../../proto/gen/lnd/signer_pb.js";
import { State, WalletUnlocker } from "../../../proto/gen/lnd/wallet_pb.js";
import { WalletKit } from "../../../proto/gen/lnd/walletkit_pb.js";
import { regtestPrograms } from "../../regtest/build.ts";
import type { Lnd } from "../../regtest/lnd.ts";
import { type Regtest, startRegtest } from "../../regtest/regtest.ts";
import { openRpc } from "../../regtest/rpc.ts";
import { needs } from "../../tools/need.ts";
import { sourceFiles } from "../../tools/sources.ts";
import { bound } from "../../tools/speed.ts";
import { eventually } from "../../tools/wait.ts";
import { bad, good, nodeOn } from "./rig.ts";

const FEATURES = Object.keys(PERMISSIONS) as Feature[];

const SERVICES = { ChainKit, ChainNotifier, Lightning, Signer, State, WalletUnlocker, WalletKit };

/** lnd answers these to everybody who reaches it (rpcperms/interceptor.go, macaroonWhitelist). */
const OPEN = /^lnrpc\.(?:State|WalletUnlocker)\//;

/** In lnd's .proto files, and not in the lnd that test/regtest builds: other tags, or other programs. */
const NOT_SERVED = ["autopilotrpc.Autopilot", "devrpc.Dev", "neutrinorpc.NeutrinoKit", "watchtowerrpc.Watchtower"];

/** Served, and without an entry in lnd's table of permissions: its own admin macaroon does not open them. */
const CLOSED_TO_ALL = ["routerrpc.Router/XFindBaseLocalChanAlias"];

test("the line, for the LSP with a signer and for one whose lnd signs", () => {
  assert.equal(
    bakeCommand(["info", "blocks"]),
    "(umask 077; lncli bakemacaroon --root_key_id=8444 --save_to=lsp.macaroon " +
      "uri:/lnrpc.Lightning/GetInfo uri:/chainrpc.ChainNotifier/RegisterBlockEpochNtfn)",
  );
  assert.match(bakeCommand(["sign"]), / uri:\/signrpc\.Signer\/SignMessage\)$/);
  assert.doesNotMatch(bakeCommand(["info", "blocks"]), /signrpc/);
  assert.doesNotMatch(bakeCommand(["info", "blocks", "sign"]), /walletrpc|OpenChannel/);
});

test("every method that the LSP calls is a permission, and every permission is called", () => {
  const called = sourceFiles("lsp/node").flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/\b([A-Z]\w+)\.method\.(\w+)/g)].map(([, service = "", method = ""]) => {
      const found = SERVICES[service as keyof typeof SERVICES].methods.find(({ localName }) => localName === method);
      assert.ok(found !== undefined, `${service} has no ${method}`);
      return `/${nameOf(found)}`;
    }),
  );
  const wanted = new Set(called.filter((path) => !OPEN.test(path.slice(1))));
  assert.deepEqual([...wanted].sort(), FEATURES.flatMap((feature) => [...PERMISSIONS[feature]]).sort());
});

describe("the macaroon that the line makes, on a real lnd", needs("go"), () => {
  let regtest: Regtest;
  let lnd: Lnd;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "macaroon-"));
    regtest = await startRegtest({ lnds: [{ name: "lsp" }] });
    lnd = regtest.lnd("lsp");
  });
  after(async () => {
    await regtest?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs the line in a shell whose lncli knows where this lnd is; the macaroon as hex. */
  async function bake(features: readonly Feature[]): Promise<string> {
    const { lncli } = await regtestPrograms();
    const options = [`--rpcserver=${lnd.target}`, `--lnddir=${lnd.folder}`, "--network=regtest"];
    const shell = `lncli() { "$LNCLI" ${options.map((option) => `'${option}'`).join(" ")} "$@"; }; ${bakeCommand(features)}`;
    execFileSync("sh", ["-c", shell], { cwd: folder, env: { ...process.env, LNCLI: lncli }, stdio: "pipe" });
    const path = join(folder, "lsp.macaroon");
    assert.equal(statSync(path).mode & 0o777, 0o600);
    return readFileSync(path).toString("hex");
  }

  test("is enough for all that the LSP does, and no signature without `sign`", async () => {
    for (const features of [["info", "blocks"], FEATURES] as const) {
      const node = nodeOn(lnd, { macaroon: await bake(features) });
      assert.equal((await good(node.info())).nodeId, lnd.nodeId);
      let height = 0;
      const watch = node.watchBlocks({ onBlock: (block) => (height = block.height) });
      await eventually("the tip", async () => height === (await regtest.chain.height()));
      watch.close();
      const message = Buffer.from("a frame");
      if (features === FEATURES) {
        assert.equal(await lnd.verifyMessage(message, await good(node.signMessage(message)), lnd.nodeId), true);
      } else {
        assert.equal(await bad(node.signMessage(message)), "lnd_denied");
      }
      node.close();
    }
  });

  test("each call of a swap gets past it, and none of them past one without `swaps`", async () => {
    for (const [features, denied] of [
      [["swaps"], []],
      [["info", "blocks", "sign"], PERMISSIONS.swaps.map((path) => path.slice(1))],
    ] as const) {
      const caller = openCaller(lnd, await bake(features));
      const refused: string[] = [];
      for (const method of methodsOf(lnd)) {
        if (!PERMISSIONS.swaps.some((path) => path === `/${nameOf(method)}`)) continue;
        const { details } = await caller.call(method);
        if (details === "permission denied") refused.push(nameOf(method));
      }
      caller.close();
      assert.deepEqual(refused.sort(), [...denied].sort());
    }
  });

  test("every other method of every service of lnd is refused", async () => {
    const caller = openCaller(lnd, await bake(FEATURES));
    const allowed = new Set(FEATURES.flatMap((feature) => PERMISSIONS[feature].map((path) => path.slice(1))));
    const outcomes = new Map<string, string>();
    for (const method of methodsOf(lnd)) {
      const name = nameOf(method);
      if (allowed.has(name) || OPEN.test(name)) continue;
      const { code, details } = await caller.call(method);
      outcomes.set(name, `${status[code]}: ${details}`);
    }
    caller.close();
    const notServed = new Set<string>();
    const closed: string[] = [];
    for (const [name, outcome] of outcomes) {
      const service = name.slice(0, name.indexOf("/"));
      if (outcome === `UNIMPLEMENTED: unknown service ${service}`) notServed.add(service);
      else if (outcome === `UNKNOWN: /${name}: unknown permissions required for method`) closed.push(name);
      else assert.equal(outcome, "UNKNOWN: permission denied", name);
    }
    assert.deepEqual([...notServed].sort(), NOT_SERVED);
    assert.deepEqual(closed, CLOSED_TO_ALL);
    // Nothing that this lnd serves was left out: it has a list of its own.
    const listed = await lnd.call<{ method_permissions: object }>("lnrpc.Lightning/ListPermissions");
    const served = Object.keys(listed.method_permissions).map((path) => path.slice(1));
    assert.deepEqual(
      served.filter((name) => !outcomes.has(name) && !allowed.has(name) && !OPEN.test(name)),
      [],
    );
    assert.ok(served.includes("lnrpc.Lightning/SendCoins") && outcomes.has("lnrpc.Lightning/SendCoins"));
  });

  test("what lnd opens to everybody needs a password, or says only whether the wallet is open", () => {
    const open = methodsOf(lnd)
      .map(nameOf)
      .filter((name) => OPEN.test(name));
    assert.deepEqual(open.sort(), [
      "lnrpc.State/GetState",
      "lnrpc.State/SubscribeState",
      "lnrpc.WalletUnlocker/ChangePassword",
      "lnrpc.WalletUnlocker/GenSeed",
      "lnrpc.WalletUnlocker/InitWallet",
      "lnrpc.WalletUnlocker/UnlockWallet",
    ]);
  });

  test("with `sign` it signs any bytes, twice hashed as well, with any key of lnd's: what SECURITY.md says of it", async () => {
    const rpc = openRpc(lnd.target, lnd.certificate, lnd.protos);
    rpc.authorize(await bake(["sign"]));
    const msg = Buffer.from("any 32 bytes, so a sighash too..").toString("base64");
    for (const key_family of [0, 3, 6]) {
      const request = { msg, key_loc: { key_family, key_index: 7 }, double_hash: true };
      assert.ok((await rpc.call<{ signature: string }>("signrpc.Signer/SignMessage", request)).signature.length > 90);
    }
    rpc.close();
  });

  test("is revoked alone by its root key", async () => {
    const node = nodeOn(lnd, { macaroon: await bake(["info"]) });
    await good(node.info());
    await lnd.call("lnrpc.Lightning/DeleteMacaroonID", { root_key_id: "8444" });
    assert.equal(await bad(node.info()), "lnd_denied");
    node.close();
    const admin = nodeOn(lnd);
    await good(admin.info());
    admin.close();
  });

  test("whoever has the wallet's password and finds it locked needs no macaroon: lnd hands out its admin's", async () => {
    await lnd.restart({ locked: true });
    const rpc = openRpc(lnd.target, lnd.certificate, lnd.protos);
    const password = readFileSync(lnd.passwordFile).toString("base64");
    const { admin_macaroon } = await rpc.call<{ admin_macaroon: string }>("lnrpc.WalletUnlocker/ChangePassword", {
      current_password: password,
      new_password: password,
    });
    const node = nodeOn(lnd, { macaroon: Buffer.from(admin_macaroon, "base64").toString("hex") });
    await eventually("an answer to the admin", async () => (await node.signMessage(Buffer.from("anything"))).ok);
    node.close();
    rpc.close();
  });
});

function methodsOf(lnd: Lnd): readonly DescMethod[] {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(lnd.protos)));
  return [...registry].flatMap((one) => (one.kind === "service" ? one.methods : []));
}

function nameOf(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

interface Caller {
  /** Sends an empty request; how the call ended. One that works and goes on is cancelled by its deadline. */
  call(method: DescMethod): Promise<Pick<ServiceError, "code" | "details">>;
  close(): void;
}

/** Calls any method as a stream in both directions: on the wire the four kinds of a call begin alike. */
function openCaller(lnd: Lnd, macaroon: string): Caller {
  const ssl = credentials.createSsl(readFileSync(lnd.certificate));
  const client = new Client(lnd.target, ssl, { "grpc.ssl_target_name_override": "localhost" });
  const metadata = new Metadata();
  metadata.set("macaroon", macaroon);
  const same = (bytes: Buffer): Buffer => bytes;
  return {
    call: (method) =>
      new Promise((resolve) => {
        const options = { deadline: Date.now() + bound(10_000) };
        const stream = client.makeBidiStreamRequest(`/${nameOf(method)}`, same, same, metadata, options);
        stream.on("data", () => undefined);
        stream.on("error", () => undefined);
        stream.on("status", resolve);
        stream.end(Buffer.alloc(0));
      }),
    close: () => client.close(),
  };
}
