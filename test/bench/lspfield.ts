import { hash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import native from "secp256k1/bindings.js";
import { stringify } from "yaml";
import { SAMPLE_MS } from "../../lsp/limits.ts";
import { startSigner } from "../chain/signer.ts";
import { OURS, RIG_NODE_ID, RIG_WORDS, writeMacaroon, writeSecret, writeTls } from "../lsp/app/rig.ts";
import { startPostgres } from "../lsp/store/postgres.ts";
import type { Lnd } from "../regtest/lnd.ts";
import { freeAddress, startDaemon } from "../regtest/process.ts";
import { startRegtest } from "../regtest/regtest.ts";
import { writeBundle } from "../signer/service/bundle.ts";
import { ROOT } from "../tools/sources.ts";
import { type Cpu, cpuOf, cpuOfFamily, cpuOfThis, LSP_THREADS, SIGNER_THREADS, together } from "./cpu.ts";
import { openGun, type Shot } from "./gun.ts";
import type { Contender, Figures } from "./rounds.ts";
import { openSigned } from "./signed.ts";

/** One that has a process of its own, or none. */
export interface LspContender extends Contender {
  /** Of its process, for the soak; 0 where there is none. */
  residentBytes(): number;
}

export interface LspField {
  readonly contenders: readonly LspContender[];
  close(): Promise<void>;
}

const START_MS = 60_000;
const METHOD = "/BtcLsp.Service/GetCfg";
const LIMIT = 1_000_000;
/** Each of these has one signature of each kind of answer every `SAMPLE_MS`, which are in the log too (lsp/app/sample.ts). */
const LSPS_ON_SIGNER = 2;
const SAMPLES_MAX = 5;
/** So many requests are made ahead; more than was ever seen here. */
const LSP_PER_SECOND_MAX = 10_000;
const ECHO_PER_SECOND_MAX = 50_000;

/**
 * btcd and lnd, the signer, Postgres, three LSPs, an echo and the load program, each a process of its own. The signer's log
 * is in the checkout's `.cache`, because a folder for temporary files may be in memory.
 */
export async function openLspField(): Promise<LspField> {
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const folder = mkdtempSync(join(tmpdir(), "bench-lsp-"));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const cache = join(ROOT, ".cache");
    mkdirSync(cache, { recursive: true });
    const disk = mkdtempSync(join(cache, "bench-lsp-"));
    closers.push(() => rmSync(disk, { recursive: true, force: true }));
    const regtest = await startRegtest({ lnds: [{ name: "lsp", words: RIG_WORDS }] });
    closers.push(regtest.stop);
    const lnd = regtest.lnd("lsp");
    const postgres = await startPostgres();
    closers.push(postgres.stop);
    const signer = await startOurSigner(folder, disk, closers);
    const tls = writeTls(folder);
    const { fire: gun, close: closeGun, pid: gunPid } = await openGun();
    closers.push(closeGun);
    const load = (): Cpu => cpuOfFamily(gunPid, "load");
    const start = (plan: LspPlan): Promise<LspContender> =>
      startLsp({ ...plan, folder, lnd, tls, gun, load, closers, signer });
    const ofSigner = (): Cpu => cpuOf(signer.pid, SIGNER_THREADS);
    const ofPostgres = (): Cpu => cpuOfFamily(postgres.pid, "postgres");
    const contenders = [
      await start({
        name: "lsp-postgres",
        what: "our signer, its log on disk; nonces in Postgres",
        database: { "url-file": writeSecret(join(folder, "url-1"), postgres.url) },
        signedBy: { socket: signer.sockets[0] },
        beside: () => together(ofSigner(), ofPostgres()),
      }),
      await start({
        name: "lsp-pglite",
        what: "our signer, its log on disk; nonces in PGlite, which flushes nothing",
        database: { folder: join(disk, "pglite") },
        signedBy: { socket: signer.sockets[1] },
        beside: ofSigner,
      }),
      await start({
        name: "lsp-signed-by-lnd",
        what: "the same LSP on Postgres, signed by lnd's SignMessage",
        database: { "url-file": writeSecret(join(folder, "url-2"), await postgres.newDatabase()) },
        signedBy: "lnd",
        beside: () => together(cpuOfFamily(lnd.pid, "lnd"), ofPostgres()),
      }),
      await startEcho(tls, gun, load, closers),
      {
        name: "limit",
        what: "bare libsecp256k1, one thread: verify and sign",
        run: bare,
        cpu: () => cpuOfThis("main"),
        residentBytes: () => 0,
      },
    ];
    return { contenders, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Fire = (shot: Shot) => Promise<Figures>;
type Tls = ReturnType<typeof writeTls>;

interface OurSigner {
  readonly pid: number;
  readonly sockets: readonly [string, string];
  /** Records of signatures in its log. */
  signed(): number;
}

async function startOurSigner(folder: string, disk: string, closers: (() => unknown)[]): Promise<OurSigner> {
  const { bundle, identity } = await writeBundle(folder, "rehearsal", OURS);
  const data = join(disk, "signer");
  const sockets = [join(folder, "one", "lsp.sock"), join(folder, "two", "lsp.sock")] as const;
  const clients = sockets.map((socket, at) => ({ name: ["lsp-postgres", "lsp-pglite"][at], socket }));
  const config = join(folder, "signer.yaml");
  writeFileSync(config, stringify({ network: "regtest", bundle, "identity-file": identity, data, clients }));
  const signer = await startSigner(["--config", config]);
  closers.push(signer.stop);
  return { pid: signer.pid, sockets, signed: openSigned(join(data, "audit")) };
}

interface LspPlan {
  readonly name: string;
  readonly what: string;
  readonly database: Readonly<Record<string, string>>;
  readonly signedBy: "lnd" | { readonly socket: string };
  /** CPU of the other programs that work for it. */
  readonly beside: () => Cpu;
}

interface LspParts extends LspPlan {
  readonly folder: string;
  readonly lnd: Lnd;
  readonly tls: Tls;
  readonly gun: Fire;
  /** CPU of the load program. */
  readonly load: () => Cpu;
  readonly signer: OurSigner;
  readonly closers: (() => unknown)[];
}

async function startLsp(parts: LspParts): Promise<LspContender> {
  const { name, what, database, signedBy, beside, folder, lnd, tls, gun, load, signer, closers } = parts;
  const own = join(folder, name);
  mkdirSync(own, { mode: 0o700 });
  const address = await freeAddress();
  const [host = "", port = ""] = address.split(":");
  const [p2pHost = "", p2pPort = ""] = lnd.p2p.split(":");
  const features = signedBy === "lnd" ? (["info", "blocks", "sign"] as const) : (["info", "blocks"] as const);
  const config = join(own, "lsp.yaml");
  const text = stringify({
    network: "regtest",
    "node-id": RIG_NODE_ID,
    listen: { host, port: Number(port) },
    tls: { certificate: tls.certificate, "private-key": tls["private-key"] },
    advertise: { host: p2pHost, port: Number(p2pPort) },
    database,
    lnd: {
      address: lnd.target,
      certificate: lnd.certificate,
      "macaroon-file": await writeMacaroon(own, lnd, features),
    },
    signer: signedBy === "lnd" ? "lnd" : { ...signedBy, witness: join(own, "witness.jsonl") },
    admin: { port: 0 },
    limits: {
      "address-per-second": LIMIT,
      "address-burst": LIMIT,
      "address-answers-per-day": 1000 * LIMIT,
      "address-new-keys-per-day": 1000 * LIMIT,
      "key-per-second": LIMIT,
      "key-burst": LIMIT,
    },
    "log-level": "warn",
  });
  writeFileSync(config, text, { mode: 0o600 });
  const daemon = startDaemon(process.execPath, () => [join(ROOT, "lsp", "main.ts"), "run", "--config", config]);
  closers.push(daemon.stop);
  await daemon.until("listening", START_MS, () => /^listening on /m.test(daemon.output()) || undefined);
  const run = async (inFlight: number, ms: number): Promise<Figures> => {
    const [before, start] = [signer.signed(), performance.now()];
    const perSecondMax = LSP_PER_SECOND_MAX;
    const hit = await gun({
      address,
      authority: tls.authority,
      path: METHOD,
      nodeId: RIG_NODE_ID,
      inFlight,
      ms,
      perSecondMax,
    });
    const grown = signer.signed() - before;
    const expected = signedBy === "lnd" ? 0 : hit.answers;
    const probes = LSPS_ON_SIGNER * SAMPLES_MAX * (Math.floor((performance.now() - start) / SAMPLE_MS) + 1);
    if (grown < expected || grown > expected + probes)
      throw new Error(`${name}: ${hit.answers} answers, and the signer's log grew by ${grown}`);
    return hit;
  };
  const cpu = (): Cpu => together(cpuOf(daemon.pid, LSP_THREADS), beside(), load());
  return { name, what, run, cpu, residentBytes: () => residentBytes(daemon.pid) };
}

async function startEcho(tls: Tls, gun: Fire, load: () => Cpu, closers: (() => unknown)[]): Promise<LspContender> {
  const program = join(import.meta.dirname, "echo.ts");
  const daemon = startDaemon(process.execPath, () => [program, tls.certificate, tls["private-key"]]);
  closers.push(daemon.stop);
  const port = await daemon.until("port", START_MS, () => daemon.output().match(/^port (\d+)$/m)?.[1]);
  const place = { address: `127.0.0.1:${port}`, authority: tls.authority, path: "/bench.Echo/Echo" };
  const run = (inFlight: number, ms: number): Promise<Figures> =>
    gun({ ...place, inFlight, ms, perSecondMax: ECHO_PER_SECOND_MAX });
  const cpu = (): Cpu => together(cpuOf(daemon.pid, LSP_THREADS), load());
  return {
    name: "echo",
    what: "a bare grpc-js echo over TLS",
    run,
    cpu,
    residentBytes: () => residentBytes(daemon.pid),
  };
}

/** What a signed answer to a signed question costs at least: one verification, one signature, both digests. */
async function bare(_inFlight: number, ms: number): Promise<Figures> {
  const key = hash("sha256", "the limit", "buffer");
  const publicKey = native.publicKeyCreate(key, true);
  const frame = Buffer.alloc(55, 7);
  const times: number[] = [];
  const { signature } = native.ecdsaSign(hash("sha256", frame, "buffer"), key);
  const start = performance.now();
  for (let before = start; before < start + ms; ) {
    native.ecdsaVerify(signature, hash("sha256", frame, "buffer"), publicKey);
    native.signatureExport(native.ecdsaSign(hash("sha256", frame, "buffer"), key).signature);
    const now = performance.now();
    times.push(now - before);
    before = now;
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.ceil(times.length * share) - 1] ?? Number.NaN;
  return { perSecond: (times.length * 1000) / ms, p50ms: at(0.5), p99ms: at(0.99), answers: times.length };
}

function residentBytes(pid: number): number {
  const kib = readFileSync(`/proc/${pid}/status`, "latin1").match(/^VmRSS:\s+(\d+) kB$/m)?.[1];
  return Number(kib) * 1024;
}
