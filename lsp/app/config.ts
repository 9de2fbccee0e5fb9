import { isIP } from "node:net";
import { parse } from "yaml";
import { z } from "zod";
import { isLoopback } from "../../core/hosts.ts";
import { NETWORKS, networkRule } from "../../core/network.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import {
  ADDRESS_ANSWERS_PER_DAY,
  ADDRESS_BURST,
  ADDRESS_NEW_KEYS_PER_DAY,
  ADDRESS_PER_SECOND,
  CHAN_CAP_MSAT_MAX,
  CHAN_CAP_MSAT_MIN,
  KEY_BURST,
  KEY_PER_SECOND,
  START_TIMEOUT_SECONDS,
} from "../limits.ts";
import { isCompressedKey } from "../wire/signature.ts";

const path = z.string().min(1).max(4_096);
const port = z.number().int().min(0).max(65_535);
const ip = z.string().refine((text) => isIP(text) !== 0, "is an IP address of this machine");
const perSecond = z.number().positive().max(1_000_000);
const burst = z.number().int().min(1).max(1_000_000);
const perDay = z.number().int().min(1).max(100_000_000_000);

const tls = z.strictObject({
  certificate: path.describe("PEM: the certificate and its chain; read again when the file changes and at SIGHUP"),
  "private-key": path.describe("PEM; not readable by everybody"),
});

const advertise = z.strictObject({
  host: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, "is a name or address without spaces")
    .describe("where customers' nodes reach this node; without it `GetCfg` has the addresses that lnd tells"),
  port: port.min(1).default(9_735).describe("the port there"),
});

const database = z
  .strictObject({
    "url-file": path.optional().describe("holds the libpq URL of Postgres; not readable by everybody"),
    folder: path.optional().describe("of an embedded Postgres (PGlite), instead of a URL; regtest and simnet only"),
  })
  .refine((value) => (value.folder === undefined) !== (value["url-file"] === undefined), {
    message: "has either url-file or folder",
  });

const lnd = z.strictObject({
  address: z
    .string()
    .regex(/^(?:\[[0-9a-f:.]+\]|[\w.-]+):\d{1,5}$/i, "is host:port")
    .describe("host:port of lnd's gRPC"),
  certificate: path.describe("PEM: lnd's own tls.cert, the only one that is trusted"),
  "macaroon-file": path.describe(
    "made by the line that `lsp macaroon` prints, as bytes or hex; not readable by everybody",
  ),
  "password-file": path.optional().describe("unlocks the wallet when lnd is locked; not readable by everybody"),
});

const signer = z
  .strictObject({
    socket: path.optional().describe("the signer's unix socket for this client"),
    host: z.string().min(1).max(255).optional().describe("of a signer over TLS, instead of a socket"),
    port: port.min(1).optional().describe("of a signer over TLS"),
    authority: path.optional().describe("PEM: `ca.crt` of `signer certs`"),
    certificate: path.optional().describe("PEM: this client's certificate"),
    "private-key": path.optional().describe("PEM: this client's key; not readable by everybody"),
    witness: path.optional().describe("remembers the end of the signer's log, to see when it goes back"),
  })
  .transform((value, context) => placeOf(value) ?? badPlace(context));

interface SignerKeys {
  readonly socket?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly authority?: string | undefined;
  readonly certificate?: string | undefined;
  readonly "private-key"?: string | undefined;
  readonly witness?: string | undefined;
}

/** A socket and nothing of TLS, or all of TLS and no socket. */
function placeOf({ socket, host, port, authority, certificate, "private-key": privateKey, witness }: SignerKeys) {
  const ofTls = [host, port, authority, certificate, privateKey];
  if (socket !== undefined) return ofTls.every((value) => value === undefined) ? { socket, witness } : undefined;
  if (host === undefined || port === undefined || authority === undefined) return undefined;
  if (certificate === undefined || privateKey === undefined) return undefined;
  return { host, port, authority, certificate, privateKey, witness };
}

function badPlace(context: z.RefinementCtx): never {
  context.addIssue({ code: "custom", message: "has socket, or host, port, authority, certificate and private-key" });
  return z.NEVER;
}

const schema = z
  .strictObject({
    network: z
      .enum(NETWORKS, { error: ({ input }) => networkRule(String(input)) })
      .describe("mainnet, testnet, signet, simnet or regtest; lnd's and the signer's must be the same"),
    "node-id": z
      .string()
      .regex(/^[0-9a-f]{66}$/, "is 66 small hex digits")
      .refine((hex) => isCompressedKey(Buffer.from(hex, "hex")), "is a compressed public key")
      .describe("the node identity key as the ceremony printed it; lnd's and the signer's must be the same"),
    listen: z
      .strictObject({
        host: ip.default("0.0.0.0").describe("of the public gRPC listener"),
        port: port.default(8_443).describe("of the public gRPC listener; 0 takes any"),
      })
      .prefault({}),
    tls: tls.optional(),
    plaintext: z.boolean().default(false).describe("no TLS; `listen.host` must then be loopback"),
    advertise: advertise.optional(),
    "min-chan-cap-msat": z
      .number()
      .int()
      .min(Number(CHAN_CAP_MSAT_MIN))
      .max(Number(CHAN_CAP_MSAT_MAX))
      .default(40_000_000)
      .transform(BigInt)
      .describe("smallest channel that a swap opens, millisatoshi; the minimum of `GetCfg` follows from it"),
    database,
    lnd,
    signer: z
      .union([z.literal("lnd"), signer])
      .describe("`lnd` has lnd's SignMessage sign the responses, instead of the keys below"),
    admin: z
      .strictObject({
        host: ip.default("127.0.0.1").describe("of `/livez`, `/readyz` and `/metrics`: no TLS, no password, read only"),
        port: port.default(9_741).describe("of the admin listener; 0 takes any"),
      })
      .prefault({}),
    limits: z
      .strictObject({
        "address-per-second": perSecond
          .default(ADDRESS_PER_SECOND)
          .describe("requests of one IP address (of one /64 of IPv6), before anything is read"),
        "address-burst": burst.default(ADDRESS_BURST).describe("of them at once"),
        "address-answers-per-day": perDay.default(ADDRESS_ANSWERS_PER_DAY).describe("signed answers of one IP address"),
        "address-new-keys-per-day": perDay
          .default(ADDRESS_NEW_KEYS_PER_DAY)
          .describe("keys of one IP address that the database does not know yet"),
        "key-per-second": perSecond
          .default(KEY_PER_SECOND)
          .describe("verified requests of one key, but for those whose nonce was used before"),
        "key-burst": burst.default(KEY_BURST).describe("of them at once"),
      })
      .prefault({}),
    "start-timeout-seconds": z
      .number()
      .positive()
      .max(3_600)
      .default(START_TIMEOUT_SECONDS)
      .describe("how long a start waits for lnd, the signer and the database before it gives up"),
    "log-level": z
      .enum(["debug", "info", "warn", "error"])
      .default("info")
      .describe("`debug` has a line for each request"),
  })
  .superRefine((value, context) => {
    const wrong = (at: readonly string[], message: string): void =>
      context.addIssue({ code: "custom", path: [...at], message });
    if (value.plaintext && value.tls !== undefined) wrong(["plaintext"], "and tls exclude each other");
    if (!value.plaintext && value.tls === undefined) wrong(["tls"], "is needed, or plaintext: true on loopback");
    if (value.plaintext && !isLoopback(value.listen.host)) wrong(["listen", "host"], "is not loopback: plaintext is");
    // PGlite makes no fsync call at all: what it acknowledged may be gone after a power cut.
    if (value.database.folder !== undefined && value.network !== "regtest" && value.network !== "simnet")
      wrong(["database", "folder"], "is for regtest and simnet: PGlite never flushes to disk");
  });

export type LspConfig = z.output<typeof schema>;

export interface LspConfigError {
  readonly code: "config_syntax" | "config_invalid";
  /** One line for each fault: the key and what is wrong with it. Never a value. */
  readonly faults: readonly string[];
}

/** The whole configuration from the text of its one file. */
export function readLspConfig(text: string): Result<LspConfig, LspConfigError> {
  const keys = readYaml(text);
  if (!keys.ok) return keys;
  const checked = schema.safeParse(keys.value);
  if (checked.success) return ok(checked.data);
  return fail({ code: "config_invalid", faults: checked.error.issues.flatMap((issue) => faultsOf(issue, [])) });
}

/** One key of the file, as the docs have it. */
export interface ConfigKey {
  readonly name: string;
  readonly value: "needed" | "–" | string;
  readonly meaning: string;
}

/** Every key with its default, from the schema itself. */
export function configKeys(): readonly ConfigKey[] {
  return keysOf(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }), "", true);
}

type Node = z.core.JSONSchema.JSONSchema;

function keysOf({ properties = {}, required = [] }: Node, prefix: string, needed: boolean): ConfigKey[] {
  return Object.entries(properties).flatMap(([key, value]) => {
    if (typeof value === "boolean") return [];
    const name = `${prefix}${key}`;
    const isNeeded = needed && required.includes(key);
    const shown = value.default === undefined ? (isNeeded ? "needed" : "–") : JSON.stringify(value.default);
    const self = value.description === undefined ? [] : [{ name, value: shown, meaning: value.description }];
    const inner = [value, ...(value.anyOf ?? [])].flatMap((node) =>
      typeof node === "boolean" ? [] : keysOf(node, `${name}.`, isNeeded),
    );
    return [...self, ...inner];
  });
}

function readYaml(text: string): Result<Record<string, unknown>, LspConfigError> {
  try {
    // A key twice is an error, no tags that build objects, no aliases, and no warning that quotes the text.
    const value: unknown = parse(text, { uniqueKeys: true, schema: "core", maxAliasCount: 0, logLevel: "error" });
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return ok({ ...value });
  } catch {
    // The parser's message quotes the text, and a configuration may name what is nobody's business.
  }
  return fail({ code: "config_syntax", faults: ["not a YAML mapping"] });
}

/** A union's own message says nothing: the alternative that got furthest into the value says what is wrong with it. */
function faultsOf(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): string[] {
  const at = [...above, ...issue.path];
  if (issue.code === "invalid_union") {
    const best = issue.errors.find((faults) => faults.some(({ code }) => code !== "invalid_value"));
    if (best !== undefined) return best.flatMap((fault) => faultsOf(fault, at));
  }
  return [`${at.join(".") || "configuration"}: ${issue.message}`];
}
