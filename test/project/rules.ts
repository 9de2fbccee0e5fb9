import { PURE_FILES, ROOMS, roomOfFile } from "./rooms.ts";
import { codeWithoutText, importsOf, type SourceFile } from "./source.ts";

/** One rule of the architecture. */
export interface ArchitectureRule {
  readonly name: string;
  /** The files that it is about. */
  readonly on: (path: string) => boolean;
  /** What in a file breaks it. */
  readonly broken: (file: SourceFile) => string[];
  /** Small files that break it, one for each way that must be seen. */
  readonly examples: readonly SourceFile[];
}

/** node:crypto for its hashes; what it has of randomness is refused by name. */
const PURE_NODE_MODULES = ["node:crypto", "node:util", "node:buffer", "node:zlib"];
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

export const NETWORK_MODULES =
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
  ...[".ci", "ceremony", "core", "deploy", "docs", "iso", "lsp", "proto", "signer", "test"],
  ...[".gitignore", ".npmrc", "biome.json", "knip.json", "package-lock.json", "package.json", "tsconfig.json"],
  ...["LICENSE", "README.md", "SECURITY.md", "VERSION"],
]);

const LINES_MAX = 300;
/** A frozen format of the transcript: as long as a ceremony is. */
const TABLES = new Set(["ceremony/transcript/format1.ts"]);

export const ARCHITECTURE_RULES: readonly ArchitectureRule[] = [
  {
    name: "the ceremony loads nothing that opens a connection",
    on: (path) => isCode(path) && path.startsWith("ceremony/"),
    broken: (file) => [
      ...importsOf(file).filter((name) => NETWORK_MODULES.test(name) || RPC_PACKAGES.test(name)),
      ...matches(codeWithoutText(file), NETWORK_CODE),
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
    name: "a file imports what the table of rooms allows its room",
    on: (path) => isCode(path) && !path.startsWith("test/"),
    broken: (file) => {
      const room = roomOfFile(file.path);
      if (room === undefined) return ["a folder that the table of rooms does not have"];
      const may = ROOMS[room]?.may ?? [];
      return importsOf(file)
        .filter((name) => /^(?:core|proto|ceremony|signer|lsp|iso|deploy|test)\//.test(name))
        .filter((name) => {
          const other = roomOfFile(name);
          return other !== room && !(other !== undefined && may.includes(other));
        });
    },
    examples: [
      example("lsp/node/lnd.ts", 'import { method } from "../service/methods.ts";'),
      example("lsp/store/nonces.ts", 'import { CHECKS } from "../service/checks.ts";'),
      example("signer/policy/content.ts", 'import { clock } from "../../ceremony/host/clock.ts";'),
      example("signer/app/run.ts", 'import { channel } from "../../lsp/node/api.ts";'),
      example("ceremony/bundle/age.ts", 'import { openBundle } from "../../signer/bundle/open.ts";'),
      example("lsp/app/run.ts", 'import { fake } from "../../test/lsp/fake.ts";'),
      example("core/secret.ts", 'import { FRAME_HEADER } from "../proto/frame.ts";'),
      example("lsp/newroom/a.ts", ""),
      example("signer/extra.ts", ""),
    ],
  },
  {
    name: "the pure rooms have no clock, randomness, disk, network, environment or child process",
    on: (path) => isCode(path) && isPure(path),
    broken: (file) => [
      ...importsOf(file).filter((name) => isNodeModule(name) && !PURE_NODE_MODULES.includes(name)),
      ...importsOf(file).filter((name) => ADAPTERS.has(name)),
      ...matches(codeWithoutText(file), IMPURE_CODE),
    ],
    examples: [
      example("signer/policy/content.ts", "const now = Date.now();"),
      example("signer/policy/content.ts", 'import { readFileSync } from "node:fs";'),
      example("lsp/service/checks.ts", "const now = Date.now();"),
      example("lsp/wire/a.ts", 'import { connect } from "node:http2";'),
      example("lsp/wire/a.ts", "const now = Date.now();"),
      example("lsp/money/a.ts", "const { env } = process;"),
      example("lsp/states/a.ts", 'import { setTimeout } from "node:timers/promises";'),
      example("core/canonical.ts", 'import { readFileSync } from "node:fs";'),
      example("ceremony/seed/a.ts", 'import { readSmallFile } from "../../core/files.ts";'),
      example("ceremony/seed/a.ts", 'import { readFileSync } from "node:fs";'),
      example("ceremony/seed/a.ts", 'import { readFileSync } from "fs";'),
      example("ceremony/mix/a.ts", 'import { spawn } from "node:child_process";'),
      example("ceremony/mix/a.ts", 'import { randomBytes } from "node:crypto";'),
      example("ceremony/flow/a.ts", "const now = Date.now();"),
      example("ceremony/flow/a.ts", "const now = new Date();"),
      example("ceremony/flow/a.ts", `const at = \`\${new Date().toISOString()}\`;`),
      example("ceremony/screen/a.ts", "process.stdout.write(frame);"),
      example("ceremony/screen/a.ts", "setTimeout(blank, 1000);"),
      example("ceremony/check/a.ts", "const t = performance.now();"),
      example("ceremony/transcript/a.ts", "crypto.getRandomValues(bytes);"),
      example("ceremony/check/a.ts", "const now = Date();"),
      example("ceremony/table/a.ts", 'import { hostname } from "node:os";'),
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
        (name) => name.startsWith("ceremony/seed/") && name !== "core/secret.ts",
      ),
    examples: [example("ceremony/second/restore.ts", 'import { decipher } from "../seed/aezeed.ts";')],
  },
  {
    name: "Math.random is nowhere, not in tests either",
    on: isCode,
    broken: (file) => matches(codeWithoutText(file), [/\bMath\s*\.\s*random\b/]),
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
    name: "the tree has two levels of code, and below test/ the same two",
    on: isCode,
    broken: ({ path }) => (path.split("/").length > (path.startsWith("test/") ? 4 : 3) ? ["deeper"] : []),
    examples: [example("ceremony/seed/deep/a.ts", ""), example("test/ceremony/seed/deep/a.ts", "")],
  },
];

/** Files that touch the machine in rooms that else do not. */
const ADAPTERS: ReadonlySet<string> = new Set(
  Object.entries(ROOMS).flatMap(([room, { adapters = [] }]) => adapters.map((file) => `${room}/${file}`)),
);

function isPure(path: string): boolean {
  const room = roomOfFile(path);
  return PURE_FILES.has(path) || (room !== undefined && ROOMS[room]?.pure === true && !ADAPTERS.has(path));
}

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
