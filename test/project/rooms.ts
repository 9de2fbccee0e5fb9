/**
 * The rooms of the house, and what each may import: the one table of the architecture. A room is a folder of at most two
 * levels, or a single file that a whole program reads. `docs/code.md` says where a new line belongs.
 */
export interface HouseRoom {
  readonly may: readonly string[];
  /** A value in, a value out: no clock, randomness, disk, network, environment or child process. */
  readonly pure?: true;
  /** Files of a pure room that touch the machine all the same, by name: its adapters. */
  readonly adapters?: readonly string[];
}

export const ROOMS: Readonly<Record<string, HouseRoom>> = {
  core: {
    may: [],
    pure: true,
    adapters: ["files.ts", "hosts.ts", "lock.ts", "notify.ts", "sockets.ts", "tlspair.ts", "version.ts"],
  },
  "proto/gen": { may: [] },
  proto: { may: ["core", "proto/gen"], pure: true, adapters: ["generate.ts"] },

  "ceremony/limits.ts": { may: [], pure: true },
  "ceremony/table": { may: ["core", "ceremony/limits.ts"], pure: true },
  "ceremony/seed": { may: ["core", "ceremony/limits.ts"], pure: true },
  "ceremony/steps": { may: ["core", "ceremony/limits.ts", "ceremony/table", "ceremony/seed"], pure: true },
  "ceremony/second": { may: ["core"], pure: true },
  "ceremony/mix": { may: ["core", "ceremony/limits.ts", "ceremony/seed"], pure: true },
  "ceremony/bundle": { may: ["core", "ceremony/table", "ceremony/seed", "ceremony/mix"], pure: true },
  "ceremony/screen": { may: ["core", "ceremony/limits.ts", "ceremony/steps"], pure: true },
  "ceremony/transcript": { may: ["core", "ceremony/limits.ts", "ceremony/table", "ceremony/steps"], pure: true },
  "ceremony/check": {
    may: [
      ...["core", "ceremony/limits.ts", "ceremony/table", "ceremony/seed", "ceremony/second", "ceremony/mix"],
      "ceremony/bundle",
    ],
    pure: true,
  },
  "ceremony/flow": {
    may: [
      ...["core", "ceremony/limits.ts", "ceremony/table", "ceremony/seed", "ceremony/second", "ceremony/mix"],
      ...["ceremony/bundle", "ceremony/check", "ceremony/screen", "ceremony/steps"],
    ],
    pure: true,
  },
  "ceremony/inspect": { may: ["core", "ceremony/seed"], pure: true },
  "ceremony/host": {
    may: [
      ...["core", "ceremony/limits.ts", "ceremony/table", "ceremony/check", "ceremony/flow", "ceremony/screen"],
      ...["ceremony/transcript", "ceremony/inspect", "ceremony/steps"],
    ],
  },
  "ceremony/app": {
    may: [
      ...["core", "ceremony/limits.ts", "ceremony/flow", "ceremony/host", "ceremony/inspect", "ceremony/screen"],
      "ceremony/transcript",
    ],
  },
  "ceremony/main.ts": { may: ["ceremony/app", "ceremony/host"] },

  "signer/limits.ts": { may: [], pure: true },
  "signer/policy": { may: ["core", "proto", "proto/gen"], pure: true },
  "signer/wire": { may: ["proto", "signer/policy"], pure: true },
  "signer/audit": { may: ["core"] },
  "signer/key": { may: ["core"] },
  "signer/bundle": { may: ["core"] },
  "signer/pki": { may: [] },
  "signer/engine": {
    may: ["core", "signer/limits.ts", "signer/policy", "signer/audit", "signer/key", "signer/wire"],
  },
  "signer/transport": {
    may: ["core", "proto", "proto/gen", "signer/limits.ts", "signer/audit", "signer/engine", "signer/wire"],
  },
  "signer/app": {
    may: [
      ...["core", "proto/gen", "signer/limits.ts", "signer/policy", "signer/audit", "signer/bundle", "signer/pki"],
      ...["signer/engine", "signer/transport"],
    ],
  },
  "signer/client": { may: ["core", "proto", "proto/gen", "signer/limits.ts", "signer/policy", "signer/wire"] },
  "signer/main.ts": { may: ["signer/app"] },

  "lsp/limits.ts": { may: [], pure: true },
  "lsp/errors.ts": { may: ["core"], pure: true },
  "lsp/files.ts": { may: ["core", "lsp/limits.ts", "lsp/errors.ts"] },
  "lsp/wire": { may: ["core", "proto", "proto/gen", "lsp/limits.ts"], pure: true },
  "lsp/money": { may: ["core", "lsp/limits.ts", "lsp/wire"], pure: true },
  "lsp/states": { may: ["core"], pure: true },
  "lsp/tx": { may: ["core", "lsp/limits.ts", "lsp/money"], pure: true },
  "lsp/node": { may: ["core", "proto/gen", "lsp/limits.ts"] },
  "lsp/sign": { may: ["core", "lsp/limits.ts", "lsp/node", "signer/client"] },
  "lsp/store": { may: ["core", "lsp/limits.ts", "lsp/errors.ts", "lsp/states"] },
  "lsp/work": { may: ["core", "lsp/limits.ts"] },
  "lsp/chain": { may: ["core", "lsp/limits.ts", "lsp/node"] },
  "lsp/swap": {
    may: [
      ...["core", "lsp/limits.ts", "lsp/money", "lsp/states", "lsp/tx", "lsp/chain", "lsp/node", "lsp/store"],
      "lsp/work",
    ],
  },
  "lsp/server": { may: ["core", "proto", "lsp/limits.ts", "lsp/files.ts", "lsp/wire"] },
  "lsp/service": {
    may: [
      ...["core", "proto", "proto/gen", "lsp/limits.ts", "lsp/wire", "lsp/money", "lsp/node", "lsp/server"],
      ...["lsp/sign", "lsp/store", "lsp/swap"],
    ],
  },
  "lsp/operator": {
    may: ["core", "lsp/limits.ts", "lsp/errors.ts", "lsp/files.ts", "lsp/money", "lsp/states", "lsp/store", "lsp/swap"],
  },
  "lsp/client": {
    may: [
      ...["core", "proto", "proto/gen", "signer/key", "lsp/limits.ts", "lsp/errors.ts", "lsp/files.ts", "lsp/wire"],
      ...["lsp/money", "lsp/node"],
    ],
  },
  "lsp/app": {
    may: [
      ...["core", "signer/client", "lsp/limits.ts", "lsp/errors.ts", "lsp/files.ts", "lsp/wire", "lsp/money"],
      ...["lsp/states", "lsp/node", "lsp/sign", "lsp/store", "lsp/work", "lsp/chain", "lsp/swap", "lsp/server"],
      ...["lsp/service", "lsp/operator", "lsp/client"],
    ],
  },
  "lsp/main.ts": { may: ["lsp/app"] },

  iso: { may: ["deploy/release"] },
  "iso/boot": { may: [] },
  "iso/attest": { may: ["core", "ceremony/limits.ts", "ceremony/flow", "ceremony/screen"] },
  "deploy/release": { may: ["ceremony/host"] },
  "deploy/kubernetes": { may: [] },
  "deploy/cloud": { may: [] },
};

/** Single files of a room of rules in a folder that is not pure as a whole. */
export const PURE_FILES: ReadonlySet<string> = new Set(["lsp/service/checks.ts", "lsp/swap/decide.ts"]);

/** The room of a file, by the longest row that fits; undefined for a file that has none. */
export function roomOfFile(path: string, rooms: Readonly<Record<string, HouseRoom>> = ROOMS): string | undefined {
  const fits = (row: string): boolean => {
    if (row.endsWith(".ts")) return path === row;
    // A room of one level holds the files in it and not the folders.
    return path.startsWith(`${row}/`) && (row.includes("/") || !path.slice(row.length + 1).includes("/"));
  };
  return Object.keys(rooms)
    .filter(fits)
    .sort((a, b) => b.length - a.length)[0];
}

/** A way through the table that comes back to where it began, or undefined. */
export function circleIn(rooms: Readonly<Record<string, HouseRoom>>): readonly string[] | undefined {
  const done = new Set<string>();
  const walk = (row: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(row)) return [...way.slice(way.indexOf(row)), row];
    if (done.has(row)) return undefined;
    for (const next of rooms[row]?.may ?? []) {
      const circle = walk(next, [...way, row]);
      if (circle !== undefined) return circle;
    }
    done.add(row);
    return undefined;
  };
  for (const row of Object.keys(rooms)) {
    const circle = walk(row, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
