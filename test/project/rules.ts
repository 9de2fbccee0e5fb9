import { codeOf, importsOf, type SourceFile } from "./source.ts";

/** One rule of the architecture. */
export interface Rule {
  readonly name: string;
  /** The files that it is about. */
  readonly on: (path: string) => boolean;
  /** What in a file breaks it. */
  readonly broken: (file: SourceFile) => string[];
  /** Small files that break it, one for each way that must be seen. */
  readonly examples: readonly SourceFile[];
}

/** Folders and files of ceremony/ that hold no clock, randomness, disk, terminal or child: a value in, a value out. */
const PURE =
  /^ceremony\/(?:(?:seed|mix|bundle|transcript|check|flow|screen|second|inspect)\/|(?:config|limits|lists|options|refusals|result|script)\.ts$)/;
/** node:crypto for its hashes; what it has of randomness is refused by name. */
const PURE_NODE_MODULES = ["node:crypto", "node:util", "node:buffer"];
const IMPURE_CODE = [
  /\bDate\.now\b/,
  /\bnew Date\s*\(\s*\)/,
  /(?<!\bnew )\bDate\s*\(/,
  /\bglobalThis\b/,
  // The globals, not a field of that name.
  /(?<![.\w])(?:performance|process|crypto)\s*(?:[.[;,)]|$)/m,
  /\bset(?:Timeout|Interval|Immediate)\b/,
  /\b(?:randomBytes|randomInt|randomUUID|randomFill|randomFillSync|getRandomValues|webcrypto|generateKey\w*)\b/,
  /\bimport\s*\(/,
];

const NETWORK_MODULES =
  /^(?:node:)?(?:net|tls|https?|http2|dgram|dns|dns\/promises|quic|cluster|inspector|inspector\/promises)$/;
const RPC_PACKAGES = /^(?:@grpc\/|@connectrpc\/|grpc\b|protobufjs\b|ws\b|undici\b|lightning\b)/;
const NETWORK_CODE = [/\bfetch\s*\(/, /\b(?:WebSocket|EventSource|XMLHttpRequest)\b/];

/** Written in pieces, so that this file does not break the rule itself. */
const MACHINE_PATHS = new RegExp(`(?:^|[\\s"'\`(=:])/(?:${["work", "home", "root", "Users"].join("|")})/`);
const REGISTRY_HOSTS = new RegExp(
  [
    ["registry", "npmjs", "org"],
    ["registry", "yarnpkg", "com"],
    ["proxy", "golang", "org"],
    ["pypi", "org"],
    ["deb", "debian", "org"],
  ]
    .map((host) => host.join("\\."))
    .join("|"),
);

const TOP_LEVEL = new Set([
  ...[".ci", "ceremony", "deploy", "docs", "iso", "lsp", "proto", "signer", "test"],
  ...[".gitignore", ".npmrc", "biome.json", "knip.json", "package-lock.json", "package.json", "tsconfig.json"],
  ...["LICENSE", "README.md", "SECURITY.md", "VERSION"],
]);

const SHARED_WITH_SERVICE =
  /^(?:signer\/(?:client|channel|notify|witness|key\/key|bundle\/files|audit\/lock|service\/(?:pair|sockets))|ceremony\/(?:result|seed\/(?:network|secret)))\.ts$/;

const LINES_MAX = 300;
/** The ceremony as one table: as long as a ceremony is. */
const TABLES = new Set(["ceremony/script.ts"]);

export const RULES: readonly Rule[] = [
  {
    name: "the ceremony loads nothing that opens a connection",
    on: (path) => isCode(path) && path.startsWith("ceremony/"),
    broken: (file) => [
      ...importsOf(file).filter((name) => NETWORK_MODULES.test(name) || RPC_PACKAGES.test(name)),
      ...matches(codeOf(file), NETWORK_CODE),
    ],
    examples: [
      ...["node:net", "net", "node:tls", "node:http", "https", "node:http2", "node:dgram", "node:dns", "dns/promises"],
      ...["node:cluster", "node:inspector", "@grpc/grpc-js", "protobufjs"],
    ]
      .map((name) => example("ceremony/host/a.ts", `import { x } from "${name}";`))
      .concat([
        example("ceremony/main.ts", 'const net = await import("node:net");'),
        example("ceremony/main.ts", 'const net = require("net");'),
        example("ceremony/main.ts", 'export { connect } from "node:net";'),
        example("ceremony/main.ts", 'import "node:http";'),
        example("ceremony/main.ts", "await fetch(url);"),
        example("ceremony/main.ts", "new WebSocket(url);"),
      ]),
  },
  {
    name: "the pure folders have no clock, randomness, disk, terminal or child process",
    on: (path) => isCode(path) && PURE.test(path),
    broken: (file) => [
      ...importsOf(file).filter((name) => isNodeModule(name) && !PURE_NODE_MODULES.includes(name)),
      ...importsOf(file).filter((name) => name.startsWith("ceremony/") && !PURE.test(name)),
      ...matches(codeOf(file), IMPURE_CODE),
    ],
    examples: [
      example("ceremony/seed/a.ts", 'import { readFileSync } from "node:fs";'),
      example("ceremony/seed/a.ts", 'import { readFileSync } from "fs";'),
      example("ceremony/mix/a.ts", 'import { spawn } from "node:child_process";'),
      example("ceremony/mix/a.ts", 'import { randomBytes } from "node:crypto";'),
      example("ceremony/flow/a.ts", 'import { clock } from "../host/clock.ts";'),
      example("ceremony/flow/a.ts", "const now = Date.now();"),
      example("ceremony/flow/a.ts", "const now = new Date();"),
      example("ceremony/flow/a.ts", `const at = \`\${new Date().toISOString()}\`;`),
      example("ceremony/screen/a.ts", "process.stdout.write(frame);"),
      example("ceremony/screen/a.ts", "setTimeout(blank, 1000);"),
      example("ceremony/check/a.ts", "const t = performance.now();"),
      example("ceremony/transcript/a.ts", "crypto.getRandomValues(bytes);"),
      example("ceremony/check/a.ts", "const { env } = process;"),
      example("ceremony/check/a.ts", "const now = Date();"),
      example("ceremony/script.ts", 'import { hostname } from "node:os";'),
    ],
  },
  {
    name: "the second derivation shares nothing with the first",
    on: (path) => path === "ceremony/second/derivation.ts",
    broken: (file) => importsOf(file).filter((name) => name.startsWith("ceremony/")),
    examples: [example("ceremony/second/derivation.ts", 'import { coinType } from "../seed/network.ts";')],
  },
  {
    name: "the second implementation takes types from the seed core, and no code but the secret's",
    on: (path) => isCode(path) && path.startsWith("ceremony/second/"),
    broken: (file) =>
      importsOf({ ...file, text: file.text.replace(/^import type .*$/gm, "") }).filter(
        (name) => name.startsWith("ceremony/seed/") && name !== "ceremony/seed/secret.ts",
      ),
    examples: [example("ceremony/second/restore.ts", 'import { decipher } from "../seed/aezeed.ts";')],
  },
  {
    name: "no program imports the service: what it needs of it is a protocol",
    on: (path) => isCode(path) && !path.startsWith("lsp/") && !path.startsWith("test/"),
    broken: (file) => importsOf(file).filter((name) => name.startsWith("lsp/")),
    examples: [
      example("signer/main.ts", 'import { channel } from "../lsp/channel.ts";'),
      example("ceremony/seed/a.ts", 'import { channel } from "../../lsp/channel.ts";'),
    ],
  },
  {
    name: "the ceremony takes nothing of the signer but the form of the bundle, and no library for age",
    on: (path) => isCode(path) && path.startsWith("ceremony/"),
    broken: (file) =>
      importsOf(file).filter(
        (name) => name === "age-encryption" || (name.startsWith("signer/") && name !== "signer/bundle/payload.ts"),
      ),
    examples: [
      example("ceremony/bundle/age.ts", 'import { Encrypter } from "age-encryption";'),
      example("ceremony/flow/a.ts", 'import { openBundle } from "../../signer/bundle/open.ts";'),
    ],
  },
  {
    name: "the service takes of the other programs the signer's client and its helpers, and values of the ceremony",
    on: (path) => isCode(path) && path.startsWith("lsp/"),
    broken: (file) =>
      importsOf(file).filter((name) => /^(?:signer|ceremony)\//.test(name) && !SHARED_WITH_SERVICE.test(name)),
    examples: [
      example("lsp/run.ts", 'import { openJudge } from "../signer/service/judge.ts";'),
      example("lsp/wire/a.ts", 'import { aezeed } from "../../ceremony/seed/aezeed.ts";'),
    ],
  },
  {
    name: "what the service does with a request's bytes is pure",
    on: (path) => isCode(path) && path.startsWith("lsp/wire/"),
    broken: (file) => [
      ...importsOf(file).filter((name) => isNodeModule(name) && ![...PURE_NODE_MODULES, "node:zlib"].includes(name)),
      ...matches(codeOf(file), IMPURE_CODE),
    ],
    examples: [
      example("lsp/wire/a.ts", 'import { connect } from "node:http2";'),
      example("lsp/wire/a.ts", "const now = Date.now();"),
    ],
  },
  {
    name: "no program imports a test",
    on: (path) => isCode(path) && !path.startsWith("test/"),
    broken: (file) => importsOf(file).filter((name) => name.startsWith("test/")),
    examples: [example("ceremony/main.ts", 'import { fake } from "../test/host/fake.ts";')],
  },
  {
    name: "Math.random is nowhere, not in tests either",
    on: isCode,
    broken: (file) => matches(codeOf(file), [/\bMath\s*\.\s*random\b/]),
    examples: [example("test/seed/a.test.ts", "const die = Math.random() * 6;")],
  },
  {
    name: "nothing switches the type checker off",
    on: isCode,
    broken: ({ text }) => matches(text, [/@ts-(?:ignore|nocheck|expect-error)/]),
    examples: [example("ceremony/a.ts", ["// @ts", "ignore"].join("-"))],
  },
  {
    name: "a file has one concern: no more than 300 lines of code",
    on: (path) => isCode(path) && !TABLES.has(path),
    broken: ({ text }) => {
      const lines = text.split("\n").length - 1;
      return lines > LINES_MAX ? [`${lines} lines`] : [];
    },
    examples: [example("ceremony/a.ts", "a();\n".repeat(LINES_MAX + 1))],
  },
  {
    name: "no file names a folder of somebody's machine or the host of a registry",
    on: () => true,
    broken: ({ text }) => matches(text, [MACHINE_PATHS, REGISTRY_HOSTS]),
    examples: [
      example("README.md", ["see ", "work", "main"].join("/")),
      example("docs/a.md", `"${["", "home", "me", "a"].join("/")}"`),
      example(".npmrc", ["registry=https://registry", "npmjs", "org"].join(".")),
    ],
  },
  {
    name: "the top of the tree holds what the README's map shows",
    on: () => true,
    broken: ({ path }) => [path.split("/")[0] ?? ""].filter((top) => !TOP_LEVEL.has(top)),
    examples: [example("src/a.ts", ""), example("notes.txt", "")],
  },
  {
    name: "the tree has two levels of code",
    on: isCode,
    broken: ({ path }) => (path.split("/").length > 3 ? ["deeper"] : []),
    examples: [example("ceremony/seed/deep/a.ts", "")],
  },
];

function example(path: string, text: string): SourceFile {
  return { path, text };
}

/** What a generator writes is held to its source by a test of its own (test/proto), and to no rule of style. */
function isCode(path: string): boolean {
  return path.endsWith(".ts") && !path.startsWith("proto/gen/");
}

function isNodeModule(name: string): boolean {
  return (
    name.startsWith("node:") ||
    /^(?:fs|os|child_process|crypto|tty|readline|timers|worker_threads|process|vm)(?:\/|$)/.test(name)
  );
}

function matches(text: string, patterns: readonly RegExp[]): string[] {
  return patterns.flatMap((pattern) => pattern.exec(text)?.[0] ?? []);
}
