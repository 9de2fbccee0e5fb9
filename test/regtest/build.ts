import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { ROOT } from "../tools/sources.ts";

/** A cold build of lnd takes minutes: whoever waits sees that it goes on. */
const STILL_BUILDING_MS = 15_000;

/** Without these tags lnd has no SignMessage and funds no PSBT. */
const LND_TAGS = "signrpc,walletrpc,chainrpc,invoicesrpc,peersrpc";

export interface RegtestPrograms {
  readonly lnd: string;
  readonly lncli: string;
  readonly btcd: string;
  /** lnd's own .proto files as one FileDescriptorSet. */
  readonly protos: string;
}

/**
 * lnd, lncli and btcd of the versions that `test/regtest/go.mod` pins: built, or found built from the same module sums
 * with the same Go. The first build needs `go` and the Go module proxy, and takes minutes; it says so on standard error.
 */
export async function regtestPrograms(): Promise<RegtestPrograms> {
  const folder = await buildOnce(join(ROOT, "test", "regtest"), "regtest", async (out, run) => {
    const packages = ["github.com/lightningnetwork/lnd/cmd/lnd", "github.com/lightningnetwork/lnd/cmd/lncli"];
    await run("go", ["build", "-tags", LND_TAGS, "-o", `${out}/`, ...packages, "github.com/btcsuite/btcd"]);
    const lnd = (await run("go", ["list", "-m", "-f", "{{.Dir}}", "github.com/lightningnetwork/lnd"])).trim();
    await run("buf", ["build", join(lnd, "lnrpc"), "-o", join(out, "lnd.binpb")]);
  });
  const [lnd, lncli, btcd] = [join(folder, "lnd"), join(folder, "lncli"), join(folder, "btcd")];
  return { lnd, lncli, btcd, protos: join(folder, "lnd.binpb") };
}

/** The load generator on ghz's runner, in a module of its own: ghz and lnd want different versions of much. */
export async function loadGenerator(): Promise<string> {
  const folder = await buildOnce(join(ROOT, "test", "ghz"), "ghz", async (out, run) => {
    await run("go", ["build", "-o", join(out, "load"), "."]);
  });
  return join(folder, "load");
}

/** The load program of `bench:lsp`, which writes HTTP/2 itself. */
export async function gunProgram(): Promise<string> {
  const folder = await buildOnce(join(ROOT, "test", "gun"), "gun", async (out, run) => {
    await run("go", ["build", "-o", join(out, "gun"), "."]);
  });
  return join(folder, "gun");
}

/** A client on current grpc-go, which shares nothing with the project. */
export async function goClient(): Promise<string> {
  const folder = await buildOnce(join(ROOT, "test", "goclient"), "goclient", async (out, run) => {
    await run("go", ["build", "-o", join(out, "goclient"), "."]);
  });
  return join(folder, "goclient");
}

/** In a module of its own: its versions are not those of lnd, ghz or the client above. */
export async function grpcurl(): Promise<string> {
  const folder = await buildOnce(join(ROOT, "test", "grpcurl"), "grpcurl", async (out, run) => {
    await run("go", ["build", "-o", join(out, "grpcurl"), "github.com/fullstorydev/grpcurl/cmd/grpcurl"]);
  });
  return join(folder, "grpcurl");
}

/** Runs a program in the folder of the sources, with npm's programs on its path. Its standard output, or what it wrote as an error. */
export type BuildRun = (program: string, args: readonly string[]) => Promise<string>;
type Build = (out: string, run: BuildRun) => Promise<void>;

/** Of this process: two that ask at the same moment wait for one build. */
const builds = new Map<string, Promise<string>>();

/** What a build is made of: the files of a module of Go, a crate or a Maven project. */
const SOURCES = "{go.mod,go.sum,Cargo.*,pom.xml,*.sha256,*.go,*.rs,*.java,src/*.rs}";

/**
 * The folder `.cache/NAME/KEY`, which `build` has filled. KEY is of the sources and of what the compiler says of its version.
 */
export function buildOnce(
  source: string,
  name: string,
  build: Build,
  compiler: readonly [program: string, arg: string] = ["go", "version"],
): Promise<string> {
  const folder = builds.get(name) ?? findOrBuild(source, name, build, compiler);
  builds.set(name, folder);
  return folder;
}

async function findOrBuild(
  source: string,
  name: string,
  build: Build,
  [compiler, version]: readonly [string, string],
): Promise<string> {
  const run: BuildRun = (program, args) => output(program, args, source);
  const key = createHash("sha256").update(await run(compiler, [version]));
  for (const file of globSync(SOURCES, { cwd: source }).sort()) {
    key.update(`${file}\n`).update(readFileSync(join(source, file)));
  }
  const folder = join(ROOT, ".cache", name, key.digest("hex").slice(0, 16));
  if (existsSync(folder)) return folder;
  const start = performance.now();
  const seconds = (): string => `${Math.round((performance.now() - start) / 1000)} s`;
  const note = (text: string): void => void process.stderr.write(`${name}: ${text}\n`);
  note(`building its programs, this once${name === "regtest" ? "; lnd takes four minutes on two free cores" : ""}`);
  const ticking = setInterval(() => note(`still building, ${seconds()}`), STILL_BUILDING_MS);
  mkdirSync(dirname(folder), { recursive: true });
  const unlock = await lock(`${folder}.lock`);
  // Only a whole folder ever has the name.
  const unfinished = `${folder}.unfinished`;
  try {
    if (existsSync(folder)) return folder;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished);
    await build(unfinished, run);
    renameSync(unfinished, folder);
    note(`built in ${seconds()}`);
    return folder;
  } finally {
    clearInterval(ticking);
    unlock();
  }
}

/**
 * Test files run at the same time, and two builds of lnd take longer than twice one. The kernel's lock (flock of
 * util-linux) goes with the process that holds it, and that one ends with us: its standard input does.
 */
async function lock(path: string): Promise<() => void> {
  const holder = spawn("flock", [path, "sh", "-c", "echo held; exec cat"], { stdio: ["pipe", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  return () => holder.stdin.end();
}

function output(program: string, args: readonly string[], cwd: string): Promise<string> {
  const path = [join(ROOT, "node_modules", ".bin"), process.env["PATH"]].join(delimiter);
  const env = { ...process.env, PATH: path, GOFLAGS: "", GOWORK: "off" };
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${program} ${args.join(" ")} failed:\n${stderr}`));
    });
  });
}
