import assert from "node:assert/strict";
import { hash } from "node:crypto";
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { ChannelCredentials, Client, credentials, Metadata } from "@grpc/grpc-js";
import native from "secp256k1/bindings.js";
import { ResponseSchema } from "../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import type { SignerPlace } from "../../signer/client/channel.ts";
import { openSigner } from "../../signer/client/client.ts";
import { runChainSigner, startSigner } from "../chain/signer.ts";
import { type Lnd, SIGN_MESSAGE, startLnd } from "../regtest/lnd.ts";
import { ghz, prepareGhz } from "../regtest/load.ts";
import { freePort } from "../regtest/process.ts";
import { writeBundle } from "../signer/service/bundle.ts";
import { FRAMES_NODE_ID, frameOf, freshNonce, KEY_HEX } from "../signer/service/frames.ts";
import { frameRequest } from "../signer/service/messages.ts";
import { ROOT } from "../tools/sources.ts";
import { type Cpu, cpuOf, cpuOfFamily, cpuOfThis, SIGNER_THREADS, together } from "./cpu.ts";
import type { Contender, Figures } from "./rounds.ts";

export interface SignerField {
  readonly contenders: readonly Contender[];
  /** Milliseconds of one `fdatasync` where the signer's log is: nothing with one in flight can be faster. */
  flushMs(): number;
  /** Every process and file goes. */
  close(): Promise<void>;
}

/** Different frames in turn, made before the clock runs: none is older than the policy's window within a turn. */
const FRAMES = 4096;
const FRAME_BYTES = 102;
const METHOD = "/BtcLsp.Service/GetCfg";
/** A record of the log is about so long. */
const RECORD_BYTES = 490;
const FLUSHES = 50;
const LND_WORDS =
  "about wolf boost other battle asthma refuse wedding few purchase track one " +
  "smooth tunnel immune glass infant tag manual multiply diagram orient wrist agent";

/**
 * Starts lnd and `signer run`, each as a process of its own as in production. The signer's log is in the checkout's
 * `.cache`, because a folder for temporary files may be in memory.
 */
export async function openSignerField(): Promise<SignerField> {
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    await prepareGhz();
    const lnd = await startLnd({ words: LND_WORDS.split(" ") });
    closers.push(lnd.stop);
    const places = await startOurs(closers);
    const contenders = [
      {
        name: "limit",
        what: "bare libsecp256k1, one thread: SHA-256, sign, DER",
        run: bare,
        cpu: () => cpuOfThis("sign"),
      },
      unary("sign-socket", "our Sign over a unix socket, grpc-js", places.socket, places, closers),
      unary("sign-tls", "our Sign over TLS 1.3 both ways, grpc-js", places.tls, places, closers),
      stream("stream-socket", "our SignStream over a unix socket, our client", places.socket, places, closers),
      stream("stream-tls", "our SignStream over TLS 1.3 both ways, our client", places.tls, places, closers),
      ...lnds(lnd, closers),
    ];
    return { contenders, flushMs: () => flushMs(places.data), close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Places {
  readonly socket: SignerPlace & { readonly socket: string };
  readonly tls: Exclude<SignerPlace, { readonly socket: string }>;
  readonly data: string;
  /** CPU of the signer, and of this process, which calls it. */
  readonly cpu: () => Cpu;
}

async function startOurs(closers: (() => unknown)[]): Promise<Places> {
  const folder = mkdtempSync(join(tmpdir(), "bench-signer-"));
  const cache = join(ROOT, ".cache");
  mkdirSync(cache, { recursive: true });
  const data = mkdtempSync(join(cache, "bench-log-"));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  closers.push(() => rmSync(data, { recursive: true, force: true }));
  const { bundle, identity } = await writeBundle(folder);
  const certificates = join(folder, "certs");
  const [, fingerprint] = runChainSigner(["certs", "--out", certificates]).trim().split(" ");
  const file = (name: string): string => join(certificates, name);
  const [socket, port] = [join(folder, "run", "lsp.sock"), await freePort()];
  const config = {
    ...{ network: "regtest", bundle, "identity-file": identity, data },
    clients: [{ name: "lsp", socket, fingerprints: [fingerprint] }],
    tls: {
      ...{ host: "127.0.0.1", port, authority: file("ca.crt") },
      ...{ certificate: file("server.crt"), "private-key": file("server.key") },
    },
  };
  // YAML takes JSON.
  writeFileSync(join(folder, "signer.yaml"), JSON.stringify(config));
  const signer = await startSigner(["--config", join(folder, "signer.yaml")]);
  closers.push(signer.stop);
  assert.equal(signer.nodeId, FRAMES_NODE_ID);
  const pem = (name: string): string => readFileSync(file(name), "utf8");
  const tls = { authority: pem("ca.crt"), certificate: pem("lsp.crt"), privateKey: pem("lsp.key") };
  const cpu = (): Cpu => together(cpuOf(signer.pid, SIGNER_THREADS), cpuOfThis("load"));
  return { socket: { socket }, tls: { host: "127.0.0.1", port, ...tls }, data, cpu };
}

/** The median of flushes of one record each over a file that is written already, as the log's are. */
function flushMs(folder: string): number {
  const path = join(folder, "flush");
  const file = openSync(path, "w");
  writeSync(file, Buffer.alloc(FLUSHES * RECORD_BYTES));
  fdatasyncSync(file);
  const times = Array.from({ length: FLUSHES }, (_, at) => {
    const start = performance.now();
    writeSync(file, Buffer.alloc(RECORD_BYTES, 1), 0, RECORD_BYTES, at * RECORD_BYTES);
    fdatasyncSync(file);
    return performance.now() - start;
  });
  closeSync(file);
  rmSync(path);
  return times.sort((a, b) => a - b)[FLUSHES / 2] ?? Number.NaN;
}

async function bare(_inFlight: number, ms: number): Promise<Figures> {
  const key = Buffer.from(KEY_HEX, "hex");
  const pool = frames();
  return measure(1, ms, (at) => {
    native.signatureExport(native.ecdsaSign(hash("sha256", pool[at % FRAMES] as Buffer, "buffer"), key).signature);
  });
}

function stream(
  name: string,
  what: string,
  place: SignerPlace,
  { cpu }: Places,
  closers: (() => unknown)[],
): Contender {
  const client = openSigner({ place, nodeId: FRAMES_NODE_ID, network: "regtest" });
  closers.push(() => client.close());
  const run = (inFlight: number, ms: number): Promise<Figures> => {
    const pool = frames();
    return measure(inFlight, ms, async (at) => {
      const result = await client.sign(pool[at % FRAMES] as Buffer, METHOD, "response", { deadlineMs: 10_000 });
      if (result.kind !== "signed") throw new Error(`${name}: ${JSON.stringify(result)}`);
    });
  };
  return { name, what, run, cpu };
}

/** One grpc-js client for all that is unary, ours and lnd's: bytes made beforehand, and nothing decoded but the tag. */
function unary(
  name: string,
  what: string,
  place: Places["socket" | "tls"],
  { cpu }: Places,
  closers: (() => unknown)[],
): Contender {
  const client =
    "socket" in place
      ? new Client(`unix:${place.socket}`, credentials.createInsecure())
      : new Client(
          `${place.host}:${place.port}`,
          ChannelCredentials.createSsl(...[place.authority, place.privateKey, place.certificate].map(Buffer.from)),
          { "grpc.ssl_target_name_override": "signer", "grpc.default_authority": "signer" },
        );
  closers.push(() => client.close());
  const requests = (): Buffer[] => frames().map((frame) => frameRequest(frame, METHOD));
  return { name, what, run: caller(client, "/signer.v1.Signer/Sign", new Metadata(), requests), cpu };
}

function lnds(lnd: Lnd, closers: (() => unknown)[]): Contender[] {
  const client = new Client(lnd.target, credentials.createSsl(readFileSync(lnd.certificate)), {
    "grpc.ssl_target_name_override": "localhost",
  });
  closers.push(() => client.close());
  const metadata = new Metadata();
  metadata.set("macaroon", lnd.macaroon);
  const requests = (): Buffer[] => frames().map((frame) => lnd.signRequest(frame));
  return [
    {
      name: "lnd-grpc-js",
      what: `lnd ${lnd.version.split(" ")[0]} SignMessage, TLS and macaroon, grpc-js`,
      run: caller(client, `/${SIGN_MESSAGE}`, metadata, requests),
      cpu: () => together(cpuOfFamily(lnd.pid, "lnd"), cpuOfThis("load")),
    },
    {
      name: "lnd-ghz",
      what: "the same lnd, called by ghz's runner (grpc-go)",
      run: async (inFlight, ms) => {
        const { count, ...figures } = await ghz(lnd, lnd.signRequest(newFrame()), inFlight, ms);
        return { ...figures, answers: count };
      },
      cpu: () => cpuOfFamily(lnd.pid, "lnd"),
    },
  ];
}

/** The first field of both answers is the signature, and its tag says so. */
const SIGNATURE_TAG = 0x0a;

function caller(client: Client, path: string, metadata: Metadata, requests: () => Buffer[]): Contender["run"] {
  const same = (bytes: Buffer): Buffer => bytes;
  return (inFlight, ms) => {
    const pool = requests();
    const call = (at: number): Promise<void> =>
      new Promise((resolve, reject) => {
        const request = pool[at % FRAMES] as Buffer;
        client.makeUnaryRequest(path, same, same, request, metadata, (error, answer) => {
          if (error === null && answer?.[0] === SIGNATURE_TAG) resolve();
          else reject(error ?? new Error(`${path}: no signature`));
        });
      });
    return measure(inFlight, ms, call);
  };
}

function frames(): Buffer[] {
  const made = Array.from({ length: FRAMES }, newFrame);
  assert.ok(made.every(({ length }) => length === FRAME_BYTES));
  return made;
}

/** A GetCfg success of this node under a short name, which makes it as long as it is to be. */
function newFrame(): Buffer {
  const lnPubKey = { val: Buffer.from(FRAMES_NODE_ID, "hex") };
  const node = { pubKey: lnPubKey, host: { val: "ln" } };
  const message = create(ResponseSchema, {
    ctx: { nonce: { val: freshNonce() }, lnPubKey },
    either: { case: "success", value: { lspLnNodes: [node] } },
  });
  return frameOf(toBinary(ResponseSchema, message));
}

/** `act` gets the number of the call. One that returns no promise is not waited for: that would cost as much as a hash. */
async function measure(inFlight: number, ms: number, act: (at: number) => Promise<void> | void): Promise<Figures> {
  const times: number[] = [];
  let calls = 0;
  const start = performance.now();
  const end = start + ms;
  const worker = async (): Promise<void> => {
    for (let before = performance.now(); before < end; ) {
      const acting = act(calls++);
      if (acting !== undefined) await acting;
      const now = performance.now();
      times.push(now - before);
      before = now;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const perSecond = times.length / ((performance.now() - start) / 1000);
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.ceil(times.length * share) - 1] ?? Number.NaN;
  return { perSecond, p50ms: at(0.5), p99ms: at(0.99), answers: times.length };
}
