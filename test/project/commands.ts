import { execFile } from "node:child_process";

/** One start of npm that shows that a command is there and begins: the whole of it, or its shortest form. */
export interface Start {
  /** npm's own arguments. */
  readonly npm: readonly string[];
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The exit codes that it may end with. */
  readonly exit: readonly number[];
  /** What it prints, on either output, and no crash does. */
  readonly says: RegExp;
}

/** Vectors' words with no passphrase, for `inspect`. */
const WORDS =
  "about wolf boost other battle asthma refuse wedding few purchase track one smooth tunnel immune glass infant tag manual multiply diagram orient wrist agent\n\n";

const run = (script: string, ...args: string[]): string[] => ["run", "-s", script, "--", ...args];
const help = (script: string): Start => ({ npm: run(script, "--help"), exit: [0], says: usageOf(script) });
const usageOf = (script: string): RegExp => new RegExp(`^usage: npm run (?:-s )?${script}\\b`, "m");

/** The lock is the one of package.json, and all of it could be installed. */
const CI: Start = { npm: ["ci", "--dry-run"], exit: [0], says: /up to date|added|changed/ };

/**
 * Every command that the README tells people to type, and what is started of it here, in a folder with a transcript named
 * FILE. Where the whole takes minutes or machines, it is a form that loads all of it and ends: its work has tests of its
 * own.
 */
export const COMMANDS: Readonly<Record<string, readonly Start[]>> = {
  "npm test -- lsp/store": [{ npm: ["test", "--", "lsp/stores"], exit: [2], says: /\blsp\/store\b/ }],
  "npm test -- --quick": [{ npm: ["test", "--", "--quick", "no-such-part"], exit: [2], says: /^parts: --quick /m }],
  // Without a terminal it says so and ends: nothing is played here.
  "npm ci && npm start": [CI, { npm: ["start"], exit: [2], says: /^ceremony: needs a terminal of at least 80x24/m }],
  "npm ci && npm test": [CI, { npm: ["test", "--", "no-such-part"], exit: [2], says: /^no such part: no-such-part$/m }],
  "npm run -s ceremony -- --mode production --network mainnet --out DIR": [
    {
      npm: run("ceremony", "--mode", "production", "--network", "mainnet", "--out", "DIR"),
      exit: [2],
      says: /needs a terminal/,
    },
  ],
  "npm run -s ceremony -- inspect --network mainnet": [
    { npm: run("ceremony", "inspect", "--network", "mainnet"), input: WORDS, exit: [0], says: /\b0[23][0-9a-f ]{64,}/ },
  ],
  "npm run -s ceremony -- verify FILE --head WORDS": [
    { npm: run("ceremony", "verify", "FILE", "--head", "00".repeat(32)), exit: [1], says: /head/ },
  ],
  "npm run -s ceremony -- script": [{ npm: run("ceremony", "script"), exit: [0], says: /\bofficer\b/i }],
  "npm run -s ceremony -- hash": [
    { npm: run("ceremony", "hash"), exit: [0], says: /^ *1 {3}[0-9a-f]{4} [0-9a-f]{4} {3}\w+ \w+ \w+ \w+$/m },
  ],
  "npm run -s signer -- recipient --out FILE": [
    { npm: run("signer", "recipient", "--out", "IDENTITY"), exit: [0], says: /^age1[0-9a-z]{58}$/m },
  ],
  "npm run -s signer -- run --bundle identity.age --identity-file FILE --socket PATH --data DIR --network regtest": [
    {
      npm: run(
        "signer",
        ...["run", "--bundle", "identity.age", "--identity-file", "none", "--socket", "PATH", "--data", "DATA"],
        ...["--network", "regtest"],
      ),
      exit: [1, 2],
      says: /^signer: \[file_not_read\] .*none/m,
    },
  ],
  "npm run -s signer -- policy": [{ npm: run("signer", "policy"), exit: [0], says: /^form\.one-frame +on /m }],
  // The empty frame is refused: its signature would be universal.
  "npm run -s signer -- explain FRAME --method M": [
    { npm: run("signer", "explain", "0000000000", "--method", "/BtcLsp.Service/GetCfg"), exit: [1], says: /empty/ },
  ],
  "npm run -s signer -- audit verify --data DIR": [
    { npm: run("signer", "audit", "verify", "--data", "NONE"), exit: [1, 2], says: /^signer audit: .*ENOENT/m },
  ],
  "npm run demo": [help("demo")],
  "npm run -s lsp -- run --config FILE": [
    { npm: run("lsp", "run", "--config", "none"), exit: [1, 2], says: /^lsp: \[file_unreadable\] .*none/m },
  ],
  "npm run -s lsp -- config check --config FILE": [
    { npm: run("lsp", "config", "check", "--config", "none"), exit: [1, 2], says: /^lsp: \[file_unreadable\] .*none/m },
  ],
  "npm run -s lsp -- macaroon": [{ npm: run("lsp", "macaroon"), exit: [0], says: /\blncli bakemacaroon / }],
  "npm run -s lsp -- client get-cfg --address HOST:PORT --node-id ID --key-file FILE": [
    {
      npm: run("lsp", "client", "get-cfg", "--address", "localhost:1", "--node-id", "02aa", "--key-file", "none"),
      exit: [1, 2],
      says: /^lsp: \[file_unreadable\] .*none/m,
    },
  ],
  "npm run bench:seed": [help("bench:seed")],
  "npm run bench:start": [
    { npm: run("bench:start", "--runs", "1"), exit: [0], says: /^ceremony --version \d+\.?\d* ms, node -e 0 \d/m },
  ],
  "npm run bench:signer": [help("bench:signer")],
  "npm run bench:lsp": [help("bench:lsp")],
  "npm run build:binding": [help("build:binding")],
  "npm run iso": [help("iso")],
  // All its files are loaded, and none of their tests is run.
  "npm run test:iso": [
    {
      npm: ["run", "-s", "test:iso"],
      env: { NODE_OPTIONS: "--test-name-pattern=^no-such-test$" },
      exit: [0],
      says: /play\.test\.ts/,
    },
  ],
  "npm run attest": [help("attest")],
  "npm run verify-attestations": [
    // 0 as soon as three have attested this version.
    { npm: run("verify-attestations"), exit: [0, 1], says: /builders with \d+ keys, 3 are needed/ },
  ],
  "npm run provenance": [help("provenance")],
  "npm run test:deep": [
    { npm: run("test:deep", "no-such-part"), exit: [2], says: /^test:deep: no part is named no-such-part$/m },
  ],
  "npm run -s rehearse -- --out DIR": [{ npm: run("rehearse"), exit: [2], says: usageOf("rehearse") }],
  "npm run build": [{ npm: run("build", "--output", "OUT"), exit: [0], says: /^[0-9a-f]{64} {2}.*OUT\/ceremony$/m }],
};

/** Scripts that no page tells people to type, and what runs them. */
export const OTHER_SCRIPTS: Readonly<Record<string, string>> = {
  check: "npm test, as its second part",
  "test:mutants": "whoever changes a module of its list; it takes hours",
  generate: "whoever changes proto/; test/proto/generate.test.ts calls the same file",
};

/** A stack trace, or the version that Node prints below one: the program crashed, whatever its exit code. */
const CRASH = /^ {4}at .*:\d+:\d+\)?$|^Node\.js v\d+/m;

/** What is wrong with a start: sentences, none if it did as it should. */
export function judgeCommand(start: Start, exit: number, printed: string): string[] {
  return [
    ...(start.exit.includes(exit) ? [] : [`ended with ${exit} instead of ${start.exit.join(" or ")}`]),
    ...(start.says.test(printed) ? [] : [`printed nothing like ${start.says}`]),
    ...(CRASH.test(printed) ? ["crashed"] : []),
  ];
}

/**
 * Starts npm for the package in `root`, as somebody in `folder` would, and judges how it ends.
 * @returns what is wrong, and what was printed
 */
export function startNpm(root: string, folder: string, start: Start): Promise<{ wrong: string[]; printed: string }> {
  const { npm, input = "", env = {} } = start;
  // A test runner that finds itself in another one runs nothing and is content (NODE_TEST_CONTEXT).
  const { NODE_TEST_CONTEXT: _, ...own } = process.env;
  const settings = { cwd: folder, env: { ...own, ...env, INIT_CWD: folder } };
  return new Promise((resolve) => {
    const child = execFile("npm", ["--prefix", root, ...npm], settings, (error, stdout, stderr) => {
      const printed = `${stdout}${stderr}`;
      const exit = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ wrong: judgeCommand(start, exit, printed), printed });
    });
    child.stdin?.end(input);
  });
}
