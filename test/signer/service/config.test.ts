import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { RUN_OPTIONS, readSignerConfig, type SignerConfig } from "../../../signer/app/config.ts";
import { policySettings } from "../../../signer/app/settings.ts";
import { ROOT } from "../../tools/sources.ts";
import { FRAMES_NODE_ID, goodFrame, METHOD } from "./frames.ts";
import { signer } from "./program.ts";
import { newSignerFolder } from "./rig.ts";

const BASE = { network: "regtest", bundle: "b", "identity-file": "i", data: "d", socket: "s" };
const FINGERPRINT = "ab".repeat(32);
const ADVERTISED = {
  nodes: [{ host: "203.0.113.7", port: 9735 }],
  "swap-into-ln-min-msat": 22_000_000,
  "swap-into-ln-max-msat": 10_000_000_000,
  "swap-from-ln-min-msat": 22_000_000,
  "swap-from-ln-max-msat": 10_000_000_000,
  "fee-rate": { numerator: 1, denominator: 250 },
  "min-fee-msat": 2_000_000,
};
const TLS = { host: "127.0.0.1", port: 0, certificate: "c", "private-key": "k", authority: "a" };
const read = (keys: Readonly<Record<string, unknown>>, options: Record<string, string> = {}) =>
  readSignerConfig(JSON.stringify(keys), options);
const config = (keys: Readonly<Record<string, unknown>>): SignerConfig => {
  const result = read(keys);
  assert(result.ok, result.ok ? "" : result.error.faults.join());
  return result.value;
};

describe("the configuration", () => {
  test("a socket is one client named lsp; the mode follows the network", () => {
    const { clients, mode, "admin-socket": admin } = config(BASE);
    assert.deepEqual(
      clients.map(({ name, socket }) => [name, socket]),
      [["lsp", "s"]],
    );
    assert.deepEqual([mode, admin], ["rehearsal", "d/admin.sock"]);
    assert.equal(config({ ...BASE, network: "mainnet" }).mode, "production");
    assert.equal(config({ ...BASE, network: "mainnet", mode: "rehearsal" }).mode, "rehearsal");
  });

  test("options alone are enough, and stand over their keys", () => {
    const options = readSignerConfig(undefined, { ...BASE, "metrics-port": "9100" });
    assert(options.ok);
    assert.equal(options.value["metrics-port"], 9100);
    const both = read(BASE, { network: "signet" });
    assert(both.ok);
    assert.equal(both.value.network, "signet");
    for (const name of RUN_OPTIONS) assert(signer("--help").stdout.includes(`--${name}`), name);
  });

  const faults: readonly [string, Record<string, unknown>, RegExp][] = [
    ["a key that is not known", { ...BASE, sockets: "x" }, /sockets/],
    ["no network", { ...BASE, network: undefined }, /network/],
    ["a network that lnd does not know", { ...BASE, network: "bitcoin" }, /network/],
    ["neither socket nor clients", { ...BASE, socket: undefined }, /socket/],
    ["socket and clients", { ...BASE, clients: [{ name: "a", socket: "x" }] }, /socket/],
    ["a client without a way in", { ...BASE, socket: undefined, clients: [{ name: "a" }] }, /clients\.0/],
    [
      "a name that is no name",
      { ...BASE, socket: undefined, clients: [{ name: "A/../b", socket: "x" }] },
      /clients\.0\.name/,
    ],
    [
      "a name twice",
      {
        ...BASE,
        socket: undefined,
        clients: [
          { name: "a", socket: "x" },
          { name: "a", socket: "y" },
        ],
      },
      /clients/,
    ],
    [
      "a fingerprint of two clients",
      {
        ...BASE,
        socket: undefined,
        clients: ["a", "b"].map((name) => ({ name, socket: name, fingerprints: [FINGERPRINT] })),
      },
      /clients/,
    ],
    [
      "a fingerprint that is none",
      { ...BASE, socket: undefined, clients: [{ name: "a", fingerprints: ["xyz"] }] },
      /fingerprints/,
    ],
    [
      "a client of TLS without TLS",
      { ...BASE, socket: undefined, clients: [{ name: "a", fingerprints: [FINGERPRINT] }] },
      /tls/,
    ],
    [
      "TLS that lets nobody in",
      { ...BASE, tls: { host: "127.0.0.1", port: 1, certificate: "c", "private-key": "k", authority: "a" } },
      /tls/,
    ],
    [
      "TLS on a name",
      { ...BASE, tls: { host: "localhost", port: 1, certificate: "c", "private-key": "k", authority: "a" } },
      /tls\.host/,
    ],
    ["two places for metrics", { ...BASE, "metrics-port": 1, "metrics-socket": "m" }, /metrics/],
    ["no profile at all", { ...BASE, policy: { profiles: [] } }, /policy\.profiles/],
    ["a budget below zero", { ...BASE, policy: { budget: { "per-second": -1 } } }, /per-second/],
  ];
  for (const [what, keys, where] of faults) {
    test(`refuses ${what}`, () => {
      const result = read(keys);
      assert(!result.ok);
      assert.match(result.error.faults.join("\n"), where);
    });
  }

  test("refuses what is no mapping, a key twice, and an alias", () => {
    for (const text of ["", "- a", "a: [", "network: regtest\nnetwork: mainnet", "a: &a [x]\nb: *a"]) {
      const result = readSignerConfig(text, BASE);
      assert(!result.ok, text);
    }
  });

  test("any text is an answer, never an exception, and the answer quotes no value", () => {
    fc.assert(fc.property(fc.string(), (text) => void readSignerConfig(text, {})));
    const result = read({ ...BASE, network: "s3cret-value" });
    assert(!result.ok);
    assert.equal(result.error.faults.join().includes("s3cret"), false);
  });

  test("becomes the policy's settings, with the general budget under a client's own", () => {
    const keys = {
      ...BASE,
      socket: undefined,
      clients: [
        { name: "a", socket: "x", budget: { "per-second": 5 } },
        { name: "b", socket: "y" },
      ],
      policy: { budget: { "per-day": 7, "pause-above": 0.5 }, "nonce-window-ms": 9 },
    };
    const settings = policySettings(config(keys), undefined);
    assert.equal(settings.nonceWindowMs, 9);
    assert.deepEqual(Object.keys(settings.clients), ["a"]);
    assert.deepEqual(
      [settings.clients["a"]?.perSecond, settings.clients["a"]?.perDay, settings.clients["a"]?.pauseAbove],
      [5, 7, 0.5],
    );
    assert.equal(settings.budget.perDay, 7);
    assert.equal(settings.meaning, undefined);
  });

  test("hosts, limits and fees are judged where they are configured, with accounts.json or without", () => {
    const account = { publicKey: new Uint8Array(33), chainCode: new Uint8Array(32) };
    const told = { ...BASE, policy: { advertised: ADVERTISED } };
    for (const key of [undefined, account]) {
      const { advertised } = policySettings(config(told), key);
      assert.equal(typeof advertised === "object" && advertised.feeRate.denominator, 250n);
    }
    const nothing = policySettings(config(BASE), account);
    assert.equal(nothing.advertised, undefined, "whoever gave accounts.json and no limits has no GetCfg signed");
    assert.equal(policySettings(config({ ...BASE, mode: "production" }), undefined).advertised, undefined);
    assert.equal(policySettings(config(BASE), undefined).advertised, "any");
  });

  test("a key that would judge nothing is an error", () => {
    for (const key of ["addresses-ahead", "addresses-behind", "addresses-per-day", "addresses-from"]) {
      const result = read({ ...BASE, policy: { [key]: 7 } });
      assert.deepEqual(result.ok ? [] : result.error.faults, [
        `policy.${key}: needs accounts: without it no address is judged`,
      ]);
      assert.equal(read({ ...BASE, accounts: "accounts.json", policy: { [key]: 7 } }).ok, true);
    }
    const clients = [{ name: "a", fingerprints: [FINGERPRINT], group: "lsp" }];
    assert.equal(read({ ...BASE, socket: undefined, clients, tls: TLS }).ok, false);
  });

  test("the example of the docs is a configuration", () => {
    const example = /```yaml\n([^`]*)```/.exec(readFileSync(join(ROOT, "docs/signer.md"), "utf8"))?.[1] ?? "";
    const keys = parse(example.replace('"5594…"', JSON.stringify(FINGERPRINT))) as Record<string, unknown>;
    const settings = policySettings(config(keys), { publicKey: new Uint8Array(33), chainCode: new Uint8Array(32) });
    assert.equal(typeof settings.advertised === "object" && settings.advertised.swapIntoLnMinMsat, 22_000_000n);
    assert.equal(settings.clients["lsp"]?.pauseAbove, 0.5);
  });
});

describe("commands", () => {
  test("config check has a line for each key that is wrong", () => {
    const folder = newSignerFolder();
    const file = join(folder, "signer.yaml");
    writeFileSync(file, JSON.stringify({ ...BASE, network: "x", more: 1 }));
    const { status, stderr } = signer("config", "check", "--config", file);
    assert.equal(status, 1);
    assert.match(stderr, /\[config_invalid\][\s\S]*network[\s\S]*more/);
    rmSync(folder, { recursive: true });
  });

  test("explain judges a frame without key or log", () => {
    const frame = goodFrame().toString("hex");
    const good = signer("explain", frame, "--method", METHOD);
    assert.equal(good.status, 0, good.stderr);
    assert.match(good.stdout, new RegExp(`signer of ${FRAMES_NODE_ID}\\n\\nsigned\\n$`));
    const late = signer("explain", frame, "--method", METHOD, "--at", "2020-01-01T00:00:00Z");
    assert.equal(late.status, 1);
    assert.match(late.stdout, /content\.nonce-clock +refuse[\s\S]*refused: content\.nonce-clock/);
    const other = signer("explain", frame, "--method", METHOD, "--node-id", `02${"11".repeat(32)}`);
    assert.match(other.stdout, /refused: content\.key/);
  });

  test("policy prints the table and what is off", () => {
    const { status, stdout } = signer("policy", "--network", "regtest");
    assert.equal(status, 0);
    assert.match(stdout, /^content\.key +on /m);
    assert.match(stdout, /meaning is off/);
  });

  test("certs makes what run can use, and overwrites nothing", () => {
    const folder = newSignerFolder();
    const out = join(folder, "tls");
    const first = signer("certs", "--out", out, "--client", "lsp", "--host", "127.0.0.1");
    assert.match(first.stdout, /^lsp [0-9a-f]{64}\n$/);
    const key = readFileSync(join(out, "lsp.key"), "utf8");
    assert.equal(signer("certs", "--out", out, "--client", "lsp").status, 1);
    assert.match(signer("certs", "--out", out, "--client", "other").stdout, /^other [0-9a-f]{64}\n$/);
    assert.equal(readFileSync(join(out, "lsp.key"), "utf8"), key);
    rmSync(folder, { recursive: true });
  });

  test("what is no command is usage", () => {
    for (const args of [
      ["sign"],
      ["run", "--sockets", "x"],
      ["config"],
      ["status"],
      ["explain"],
      ["certs"],
      ["policy", "extra"],
    ])
      assert.equal(signer(...args).status, 2, args.join(" "));
    assert.equal(signer("--version").stdout, readFileSync(join(ROOT, "VERSION"), "utf8"));
    assert.match(signer().stdout, /^usage: signer run/);
  });
});
