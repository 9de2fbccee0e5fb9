import { isIP } from "node:net";
import { parse } from "yaml";
import { z } from "zod";
import { NETWORKS, networkRule } from "../../core/network.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import { ADDRESS_INDEX_MAX, CLIENT_NAME_MAX } from "../limits.ts";
import { ADDRESSES_AHEAD_MAX } from "../policy/limits.ts";

/** A client's name is a file name, a metric's label and a field of the log at once. */
const CLIENT_NAME = new RegExp(`^[a-z][a-z0-9-]{0,${CLIENT_NAME_MAX - 1}}$`);
const path = z.string().min(1).max(4_096);
const port = z.number().int().min(0).max(65_535);
const millisatoshi = z
  .union([z.number().int().nonnegative(), z.bigint().nonnegative()])
  .transform((value) => BigInt(value));

const budget = z.strictObject({
  "per-second": z.number().positive().optional(),
  "per-day": z.number().int().nonnegative().optional(),
  "refusals-per-second": z.number().positive().optional(),
  "pause-above": z.number().min(0).max(1).optional(),
});

const client = z
  .strictObject({
    name: z.string().regex(CLIENT_NAME, "is small letters, digits and hyphens, and begins with a letter"),
    socket: path.optional(),
    group: z
      .union([z.string().min(1), z.number().int().nonnegative()])
      .transform(String)
      .optional(),
    fingerprints: z
      .array(
        z
          .string()
          .transform((text) => text.replaceAll(":", "").toLowerCase())
          .pipe(z.string().regex(/^[0-9a-f]{64}$/, "is a SHA-256 fingerprint: 64 hex digits")),
      )
      .default([]),
    budget: budget.optional(),
  })
  .refine(({ socket, fingerprints }) => socket !== undefined || fingerprints.length > 0, {
    message: "has a socket, a fingerprint or both",
  });

const advertised = z.strictObject({
  nodes: z.array(z.strictObject({ host: z.string().min(1), port: port })).min(1),
  "swap-into-ln-min-msat": millisatoshi,
  "swap-into-ln-max-msat": millisatoshi,
  "swap-from-ln-min-msat": millisatoshi,
  "swap-from-ln-max-msat": millisatoshi,
  "fee-rate": z.strictObject({ numerator: millisatoshi, denominator: millisatoshi }),
  "min-fee-msat": millisatoshi,
});

const policy = z.strictObject({
  profiles: z
    .array(z.enum(["response", "request"]))
    .min(1)
    .default(["response"]),
  "nonce-window-ms": z.number().int().positive().max(86_400_000).optional(),
  "addresses-ahead": z.number().int().positive().max(ADDRESSES_AHEAD_MAX).optional(),
  "addresses-behind": z.number().int().nonnegative().max(100_000).optional(),
  "addresses-per-day": z.number().int().positive().max(10_000_000).optional(),
  "addresses-from": z.number().int().nonnegative().max(ADDRESS_INDEX_MAX).optional(),
  budget: budget.optional(),
  advertised: advertised.optional(),
});

const tls = z.strictObject({
  host: z.string().refine((text) => isIP(text) !== 0, "is an IP address of this machine"),
  port,
  certificate: path,
  "private-key": path,
  authority: path,
});

const ADDRESS_KEYS = ["addresses-ahead", "addresses-behind", "addresses-per-day", "addresses-from"] as const;

/** Every key; those that are options of `signer run` too have the option's name. */
const schema = z
  .strictObject({
    network: z.enum(NETWORKS, { error: ({ input }) => networkRule(String(input)) }),
    mode: z.enum(["rehearsal", "production"]).optional(),
    bundle: path,
    "identity-file": path,
    "passphrase-fd": z.number().int().min(0).max(1_023).optional(),
    halves: z.boolean().default(false),
    data: path,
    socket: path.optional(),
    "admin-socket": path.optional(),
    "metrics-port": port.optional(),
    "metrics-socket": path.optional(),
    accounts: path.optional(),
    "log-level": z.enum(["debug", "info", "warn", "error"]).default("info"),
    clients: z.array(client).default([]),
    tls: tls.optional(),
    policy: policy.prefault({}),
  })
  .superRefine((value, context) => {
    const wrong = (at: string, message: string): void => context.addIssue({ code: "custom", path: [at], message });
    if (value.socket === undefined && value.clients.length === 0) wrong("socket", "or clients is needed");
    if (value.socket !== undefined && value.clients.length > 0)
      wrong("socket", "stands for one client; leave out clients");
    if (value["metrics-port"] !== undefined && value["metrics-socket"] !== undefined)
      wrong("metrics-port", "and metrics-socket exclude each other");
    const unique = (at: string, values: readonly string[]): void => {
      if (new Set(values).size < values.length) wrong(at, "repeats a name, a socket or a fingerprint");
    };
    unique(
      "clients",
      value.clients.map(({ name }) => name),
    );
    unique(
      "clients",
      value.clients.flatMap(({ socket }) => socket ?? []),
    );
    unique(
      "clients",
      value.clients.flatMap(({ fingerprints }) => fingerprints),
    );
    // A key that would judge nothing is not passed over: whoever wrote it believes that it does.
    for (const key of ADDRESS_KEYS) {
      if (value.accounts === undefined && value.policy[key] !== undefined)
        context.addIssue({
          code: "custom",
          path: ["policy", key],
          message: "needs accounts: without it no address is judged",
        });
    }
    for (const [at, { socket, group }] of value.clients.entries()) {
      if (socket === undefined && group !== undefined)
        context.addIssue({ code: "custom", path: ["clients", at, "group"], message: "needs a socket" });
    }
    if (value.tls === undefined && value.clients.some(({ socket }) => socket === undefined))
      wrong("tls", "is needed by a client without a socket");
    if (value.tls !== undefined && value.clients.every(({ fingerprints }) => fingerprints.length === 0))
      wrong("tls", "lets nobody in: no client has a fingerprint");
  })
  .transform(({ socket, clients, ...rest }) => ({
    ...rest,
    mode: rest.mode ?? (rest.network === "regtest" ? ("rehearsal" as const) : ("production" as const)),
    "admin-socket": rest["admin-socket"] ?? `${rest.data}/admin.sock`,
    clients:
      socket === undefined ? clients : [{ name: "lsp", socket, group: undefined, fingerprints: [], budget: undefined }],
  }));

export type SignerConfig = z.output<typeof schema>;
export type ClientConfig = SignerConfig["clients"][number];

export interface SignerConfigError {
  readonly code: "config_syntax" | "config_invalid";
  /** One line for each fault: the key and what is wrong with it. Never a value. */
  readonly faults: readonly string[];
}

/** Options of `signer run` that are keys of the file. */
export const RUN_OPTIONS = [
  ...["network", "mode", "bundle", "identity-file", "passphrase-fd", "halves", "data", "socket"],
  ...["admin-socket", "metrics-port", "metrics-socket", "accounts", "log-level"],
] as const;
const NUMBERS = new Set(["passphrase-fd", "metrics-port"]);

/**
 * The configuration from a YAML text, from options, or from both: an option overrides its key.
 * @param text undefined when no file was given
 */
export function readSignerConfig(
  text: string | undefined,
  options: Readonly<Record<string, string | boolean | undefined>>,
): Result<SignerConfig, SignerConfigError> {
  const keys = text === undefined ? ok({}) : readYaml(text);
  if (!keys.ok) return keys;
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const merged = {
    ...keys.value,
    ...Object.fromEntries(given.map(([name, value]) => [name, optionValue(name, value)])),
  };
  const checked = schema.safeParse(merged);
  if (checked.success) return ok(checked.data);
  const faults = checked.error.issues.map((issue) => `${issue.path.join(".") || "configuration"}: ${issue.message}`);
  return fail({ code: "config_invalid", faults });
}

function readYaml(text: string): Result<Record<string, unknown>, SignerConfigError> {
  try {
    // A key twice is an error, no tags that build objects, no aliases, and no warning that quotes the text.
    const value: unknown = parse(text, { uniqueKeys: true, schema: "core", maxAliasCount: 0, logLevel: "error" });
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return ok({ ...value });
  } catch {
    // The parser's message quotes the text, and a configuration may name what is nobody's business.
  }
  return fail({ code: "config_syntax", faults: ["not a YAML mapping"] });
}

function optionValue(name: string, value: string | boolean | undefined): unknown {
  return NUMBERS.has(name) && typeof value === "string" && /^\d{1,6}$/.test(value) ? Number(value) : value;
}
