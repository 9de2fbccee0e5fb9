/**
 * `npm run bench:seed -- [--json] [--rounds N]`: what one decipher costs, from 24 words to the seed, beside the scrypt
 * in it, npm `aezeed` and lnd's Go code.
 *
 * All four take turns in every round of one run, forward and backward, so that a machine that slows down slows all of
 * them down and none always comes after the same other. A turn is the median of three, npm's one; a ratio is the median
 * over the rounds of the time against bare scrypt in the same round.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { scryptSync } from "node:crypto";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { CipherSeed } from "aezeed";
import { decipher, SCRYPT_N } from "../../ceremony/seed/aezeed.ts";
import { parsePhrase } from "../../ceremony/seed/phrase.ts";
import { Secret } from "../../core/secret.ts";
import { openOracle } from "../ceremony/oracle/oracle.ts";
import { endWithHelp } from "../tools/help.ts";

/** Reach: the cipher, checksum and words may add a tenth to the scrypt that nobody can avoid. */
const AT_MOST = 1.1;

const WORDS =
  "about wolf boost other battle asthma refuse wedding few purchase track one " +
  "smooth tunnel immune glass infant tag manual multiply diagram orient wrist agent";

endWithHelp("usage: npm run bench:seed -- [--json] [--rounds N]\n");
const { values } = parseArgs({ options: { json: { type: "boolean" }, rounds: { type: "string", default: "15" } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError("--rounds is a number from 1");

interface Contender {
  readonly name: string;
  readonly what: string;
  /** Does it once and returns the milliseconds. */
  readonly run: () => number;
}

const salt = Buffer.from("a61dc8b3cf", "hex");
const options = { N: SCRYPT_N, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
const contenders: Contender[] = [
  {
    name: "scrypt",
    what: `node:crypto scryptSync alone, N = ${SCRYPT_N}, r = 8, p = 1`,
    run: thrice(timed(() => scryptSync("aezeed", salt, 32, options))),
  },
  {
    name: "ceremony",
    what: "ceremony/seed: parsePhrase and decipher",
    run: thrice(
      timed(() => {
        const phrase = parsePhrase(Buffer.from(WORDS));
        if (!phrase.ok || !decipher(phrase.value, Secret.copyOf(Buffer.alloc(0))).ok) throw new Error("not deciphered");
      }),
    ),
  },
  { name: "npm", what: "npm aezeed: CipherSeed.fromMnemonic", run: timed(() => CipherSeed.fromMnemonic(WORDS)) },
  ...lnd(),
];

const times = new Map(contenders.map(({ name }) => [name, [] as number[]]));
for (const { run } of contenders) run();
for (let round = 0; round < rounds; round++) {
  const order = round % 2 === 0 ? contenders : contenders.toReversed();
  for (const { name, run } of order) times.get(name)?.push(run());
}

const scrypt = times.get("scrypt") ?? [];
const results = contenders.map(({ name, what }) => {
  const own = times.get(name) ?? [];
  const ratio = median(own.map((time, round) => time / (scrypt[round] ?? Number.NaN)));
  return { name, what, medianMs: Number(median(own).toFixed(2)), toScrypt: Number(ratio.toFixed(3)) };
});
const ours = results.find(({ name }) => name === "ceremony")?.toScrypt ?? Number.NaN;
const met = ours <= AT_MOST;
process.exitCode = met ? 0 : 1;

if (values.json === true) {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  process.stdout.write(`${JSON.stringify({ machine, rounds, results, reach: { atMost: AT_MOST, met } })}\n`);
} else {
  const rows = results.map(
    ({ name, what, medianMs, toScrypt }) =>
      `${name.padEnd(10)}${medianMs.toFixed(1).padStart(8)} ms${toScrypt.toFixed(2).padStart(8)}x  ${what}\n`,
  );
  process.stdout.write(`npm run bench:seed -- --rounds ${rounds}
one decipher, from 24 words to the seed; medians of ${rounds} alternating rounds on
${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}; the ratio is to bare scrypt in the same round

${rows.join("")}${results.length === 3 ? "lnd       not measured: there is no go on this machine\n" : ""}
reach: at most ${AT_MOST}x bare scrypt: ${met ? "met" : "missed"}, ${ours.toFixed(2)}x
`);
}

/** The same number of times as lnd's program takes it in one turn. */
function thrice(run: () => number): () => number {
  return () => median([run(), run(), run()]);
}

function timed(work: () => unknown): () => number {
  return () => {
    const start = process.hrtime.bigint();
    work();
    return Number(process.hrtime.bigint() - start) / 1e6;
  };
}

/** lnd's own package, if Go is there to build it. It times itself: the start of its process is not counted. */
function lnd(): Contender[] {
  if (spawnSync("go", ["version"]).status !== 0) return [];
  const { program } = openOracle();
  const run = () => JSON.parse(execFileSync(program, ["bench", "3"], { encoding: "utf8" })).decipherNs / 1e6;
  return [{ name: "lnd", what: "lnd aezeed, Go: Mnemonic.Decipher, median of 3", run }];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
