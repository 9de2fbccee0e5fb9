/**
 * `npm run test:mutants`: Stryker changes one thing at a time in the code whose every clause counts, and the module's own
 * fast tests must turn red. A module can be named: `npm run test:mutants -- signer/policy`. The survivors, each with its
 * reason, stand in docs/deep.md.
 *
 * Stryker's command runner, as it needs nothing of the test program. Its checker of types is off: it asks for an older
 * TypeScript than ours.
 */
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Stryker } from "@stryker-mutator/core";
import { ROOT } from "./tools/sources.ts";

/** A module, and the test files of its folder that are left out because a mutant would wait minutes for them. */
const MODULES: Readonly<Record<string, readonly string[]>> = {
  "signer/policy": ["fuzz.test.ts"],
  "lsp/wire": [],
  // Beside lnd's own packages, and through the command line: the vectors of those runs are in the other files.
  "ceremony/seed": [
    ...["differential.test.ts", "restore.test.ts", "inspect.test.ts", "accountsfile.test.ts", "locator.test.ts"],
  ],
  // A second program in Python, asked in a process of its own.
  "ceremony/mix": ["recompute.test.ts"],
};

/** Below this share of killed mutants, in percent, a module fails. */
const KILLED_MIN = 95;

/** A mutant that makes an endless loop has to be ended; a test on a busy machine has not. */
const MUTANT_MS_MAX = 60_000;

const chosen = process.argv.slice(2);
const names = Object.keys(MODULES).filter((name) => chosen.length === 0 || chosen.includes(name));
const unknown = chosen.filter((name) => MODULES[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(`test:mutants: no module is named ${unknown.join(", ")}\nmodules: ${names.join(" ")}\n`);
  process.exit(2);
}
for (const name of names) {
  console.log(`== ${name}`);
  await new Stryker(optionsOf(name)).runMutationTest();
}

function optionsOf(name: string): ConstructorParameters<typeof Stryker>[0] {
  const folder = join("test", name);
  const left = MODULES[name] ?? [];
  const files = readdirSync(join(ROOT, folder))
    .filter((file) => file.endsWith(".test.ts") && !left.includes(file))
    .map((file) => join(folder, file));
  return {
    mutate: [`${name}/**/*.ts`, "!**/*.d.ts"],
    testRunner: "command",
    // One process for all files, its compiled code kept: most of a mutant's time is the start of its test.
    commandRunner: {
      command: `NODE_COMPILE_CACHE=.compiled node --test --test-isolation=none --test-reporter=dot ${files.join(" ")}`,
    },
    tsconfigFile: "none",
    // The copy that is changed needs no build, no image and no download.
    ignorePatterns: ["dist", ".cache", "rehearsal-*", "reports", ".git"],
    concurrency: Number(process.env["MUTANTS_AT_ONCE"] ?? Math.max(1, availableParallelism() - 1)),
    timeoutMS: MUTANT_MS_MAX,
    reporters: ["clear-text", "json"],
    clearTextReporter: { allowColor: false, reportTests: false, reportScoreTable: true },
    jsonReporter: { fileName: join("reports", "mutants", `${name.replace("/", "-")}.json`) },
    tempDirName: ".mutants",
    thresholds: { high: 100, low: KILLED_MIN, break: KILLED_MIN },
    allowEmpty: false,
  };
}
