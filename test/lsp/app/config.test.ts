import assert from "node:assert/strict";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { configKeys, type LspConfig, readLspConfig } from "../../../lsp/app/config.ts";
import { loadMaterials } from "../../../lsp/app/materials.ts";
import { CHAN_CAP_MSAT_MAX, CHAN_CAP_MSAT_MIN } from "../../../lsp/limits.ts";
import { amountsFor } from "../../../lsp/money/amounts.ts";
import { readSignerConfig } from "../../../signer/app/config.ts";
import { ROOT } from "../../tools/sources.ts";
import { lsp } from "./program.ts";
import { newLspFolder, RIG_NODE_ID, writeSecret, writeTls } from "./rig.ts";

const LND = { address: "127.0.0.1:10009", certificate: "c", "macaroon-file": "m" };
const BASE = {
  network: "regtest",
  "node-id": RIG_NODE_ID,
  tls: { certificate: "c", "private-key": "k" },
  database: { "url-file": "u" },
  lnd: LND,
  signer: { socket: "s" },
};
const SIGNER_TLS = { host: "10.0.0.2", port: 9740, authority: "a", certificate: "c", "private-key": "k" };
const docs = readFileSync(join(ROOT, "docs/lsp.md"), "utf8");

const read = (keys: Readonly<Record<string, unknown>>) => readLspConfig(JSON.stringify(keys));
const config = (keys: Readonly<Record<string, unknown>>): LspConfig => {
  const result = read(keys);
  assert(result.ok, result.ok ? "" : result.error.faults.join());
  return result.value;
};

describe("the configuration", () => {
  test("has defaults for all but who, where and with whose keys", () => {
    const { listen, admin, plaintext, advertise, limits, ...rest } = config(BASE);
    assert.deepEqual(listen, { host: "0.0.0.0", port: 8443 });
    assert.deepEqual(admin, { host: "127.0.0.1", port: 9741 });
    assert.deepEqual([plaintext, advertise], [false, undefined]);
    assert.deepEqual(Object.keys(limits).length, 6);
    assert.equal(rest["min-chan-cap-msat"], 40_000_000n);
    assert.equal(rest["log-level"], "info");
  });

  test("takes a signer on a socket, one over TLS, and lnd", () => {
    assert.deepEqual(config(BASE).signer, { socket: "s", witness: undefined });
    const { signer } = config({ ...BASE, signer: { ...SIGNER_TLS, witness: "w" } });
    assert.deepEqual(signer, {
      host: "10.0.0.2",
      port: 9740,
      authority: "a",
      certificate: "c",
      privateKey: "k",
      witness: "w",
    });
    assert.equal(config({ ...BASE, signer: "lnd" }).signer, "lnd");
  });

  test("takes plaintext on every loopback address, and an embedded database on the networks for play", () => {
    for (const host of ["127.0.0.1", "127.8.8.8", "::1"])
      assert(config({ ...BASE, tls: undefined, plaintext: true, listen: { host } }).plaintext);
    for (const network of ["regtest", "simnet"])
      assert.equal(config({ ...BASE, network, database: { folder: "f" } }).database.folder, "f");
  });

  const faults: readonly [string, Record<string, unknown>, RegExp][] = [
    ["a key that is not known", { ...BASE, listens: {} }, /listens/],
    ["no network", { ...BASE, network: undefined }, /^network/],
    ["a network that lnd does not know", { ...BASE, network: "bitcoin" }, /^network/],
    ["a node id that is no hex", { ...BASE, "node-id": "0x" }, /^node-id/],
    ["a node id that is no point of the curve", { ...BASE, "node-id": `02${"00".repeat(32)}` }, /^node-id.*public key/],
    ["an uncompressed node id", { ...BASE, "node-id": `04${"11".repeat(64)}` }, /^node-id/],
    ["neither TLS nor plaintext", { ...BASE, tls: undefined }, /^tls/],
    ["TLS and plaintext", { ...BASE, plaintext: true, listen: { host: "127.0.0.1" } }, /^plaintext/],
    ["plaintext off loopback", { ...BASE, tls: undefined, plaintext: true }, /^listen\.host/],
    ["a listener with a name", { ...BASE, listen: { host: "localhost" } }, /^listen\.host/],
    ["a port that is none", { ...BASE, listen: { port: 65_536 } }, /^listen\.port/],
    ["no database", { ...BASE, database: {} }, /^database/],
    ["two databases", { ...BASE, database: { "url-file": "u", folder: "f" } }, /^database/],
    [
      "an embedded database on mainnet",
      { ...BASE, network: "mainnet", database: { folder: "f" } },
      /^database\.folder/,
    ],
    ["an embedded database on signet", { ...BASE, network: "signet", database: { folder: "f" } }, /^database\.folder/],
    ["a URL in the file itself", { ...BASE, database: { url: "postgres://" } }, /^database/],
    ["lnd without a port", { ...BASE, lnd: { ...LND, address: "localhost" } }, /^lnd\.address/],
    ["a signer without a way", { ...BASE, signer: {} }, /^signer: has socket/],
    ["a signer with two ways", { ...BASE, signer: { ...SIGNER_TLS, socket: "s" } }, /^signer: has socket/],
    ["a signer with half of TLS", { ...BASE, signer: { ...SIGNER_TLS, authority: undefined } }, /^signer: has socket/],
    ["a signer with a wrong key", { ...BASE, signer: { sockets: "s" } }, /^signer: .*sockets/],
    ["a signer with a wrong value", { ...BASE, signer: { socket: 7 } }, /^signer\.socket/],
    ["a signer that is another word", { ...BASE, signer: "vault" }, /^signer/],
    ["an advertised host with spaces", { ...BASE, advertise: { host: "a b" } }, /^advertise\.host/],
    ["an advertised port 0", { ...BASE, advertise: { host: "a", port: 0 } }, /^advertise\.port/],
    ["a rate of nothing", { ...BASE, limits: { "key-per-second": 0 } }, /^limits\.key-per-second/],
    ["a channel below lnd's smallest", { ...BASE, "min-chan-cap-msat": 19_999_999 }, /^min-chan-cap-msat/],
    ["a channel that no deposit reaches", { ...BASE, "min-chan-cap-msat": 2e10 }, /^min-chan-cap-msat/],
    ["a channel of a fraction", { ...BASE, "min-chan-cap-msat": 4e7 + 0.5 }, /^min-chan-cap-msat/],
  ];
  for (const [what, keys, where] of faults) {
    test(`refuses ${what}`, () => {
      const result = read(keys);
      assert(!result.ok);
      assert.match(result.error.faults.join("\n"), where);
    });
  }

  test("has amounts for the smallest and the largest channel that it takes, and none beyond", () => {
    assert.notEqual(amountsFor(CHAN_CAP_MSAT_MIN), undefined);
    assert.notEqual(amountsFor(CHAN_CAP_MSAT_MAX), undefined);
    assert.equal(amountsFor(CHAN_CAP_MSAT_MAX + 1_000n), undefined);
  });

  test("refuses what is no mapping, a key twice, and an alias", () => {
    for (const text of ["", "- a", "a: [", "network: regtest\nnetwork: mainnet", "a: &a [x]\nb: *a"])
      assert(!readLspConfig(text).ok, text);
  });

  test("any text is an answer, never an exception, and the answer quotes no value", () => {
    fc.assert(fc.property(fc.string(), (text) => void readLspConfig(text)));
    fc.assert(fc.property(fc.jsonValue(), (value) => void readLspConfig(JSON.stringify(value))));
    const secret = "s3cret-value";
    const places = ["network", "node-id", "listen", "tls", "database", "lnd", "signer", "log-level", "limits"];
    for (const at of places) {
      for (const value of [secret, { host: secret, folder: [secret], socket: [secret] }]) {
        const result = read({ ...BASE, [at]: value });
        assert(!result.ok, at);
        assert.equal(result.error.faults.join().includes("s3cret"), false, at);
      }
    }
  });

  test("docs have every key with its default and its meaning, in the order of the schema", () => {
    const rows = [...docs.matchAll(/^\| `([a-z.-]+)` \| (needed|–|`[^`]*`) \| (.*) \|$/gm)].map((row) => row.slice(1));
    assert.deepEqual(
      rows,
      configKeys().map(({ name, value, meaning }) => [
        name,
        value === "needed" || value === "–" ? value : `\`${value.replaceAll('"', "")}\``,
        meaning,
      ]),
    );
  });

  test("the example of the docs is a configuration", () => {
    const example = /```yaml\n([^`]*)```/.exec(docs)?.[1] ?? "";
    const result = readLspConfig(example);
    assert(result.ok, result.ok ? "" : result.error.faults.join());
    assert.equal(result.value.network, "mainnet");
  });
});

describe("commands", () => {
  const folder = newLspFolder();
  const file = join(folder, "lsp.yaml");
  let keys: Record<string, unknown>;

  before(() => {
    const { authority, ...tls } = writeTls(folder);
    const macaroon = writeSecret(join(folder, "macaroon"), Buffer.from("0201036c6e64", "hex"));
    keys = {
      ...BASE,
      tls,
      database: {
        "url-file": writeSecret(join(folder, "url"), "postgresql://lsp:s3cret@db/lsp?sslmode=verify-full\n"),
      },
      lnd: { ...LND, certificate: tls.certificate, "macaroon-file": macaroon },
      signer: { socket: join(folder, "signer.sock") },
    };
    assert(authority.includes("CERTIFICATE"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const check = (more: Record<string, unknown> = {}) => {
    const ports = { listen: { port: 0 }, admin: { port: 0 } };
    writeFileSync(file, JSON.stringify({ ...ports, ...keys, ...more }));
    return lsp("config", "check", "--config", file);
  };

  test("config check says what it reads", () => {
    const { status, stdout, stderr } = check();
    assert.deepEqual([status, stderr], [0, ""]);
    const lines = stdout.split("\n");
    assert.equal(lines[0], "ok: regtest, TLS on 0.0.0.0:0, Postgres, signed by the signer");
    assert.match(
      lines.slice(1).join("\n"),
      /^# certificate of listener: [01] days left\n# certificate of lnd: [01] days left\n$/,
    );
    const plain = { tls: undefined, plaintext: true, listen: { host: "::1", port: 0 }, signer: "lnd" };
    assert.match(
      check({ ...plain, database: { folder: "f" } }).stdout,
      /^ok: regtest, plaintext on \[::1\]:0, PGlite, signed by lnd\n/,
    );
  });

  test("config check prints what the signer must be told, in the signer's own form", () => {
    const { stdout } = check({ advertise: { host: "203.0.113.7" }, "min-chan-cap-msat": 1_000_000_000 });
    const { policy } = parse(stdout.slice(stdout.indexOf("policy:"))) as { policy: object };
    const signer = { network: "regtest", bundle: "b", "identity-file": "i", data: "d", socket: "s", policy };
    const told = readSignerConfig(JSON.stringify(signer), {});
    assert(told.ok, told.ok ? "" : told.error.faults.join());
    const { advertised } = told.value.policy;
    assert.deepEqual(advertised?.nodes, [{ host: "203.0.113.7", port: 9735 }]);
    assert.equal(advertised?.["swap-into-ln-min-msat"], 502_009_000n);
    assert.deepEqual(advertised?.["fee-rate"], { numerator: 1n, denominator: 250n });
  });

  test("config check names a file that cannot be used, with its code", () => {
    const { status, stderr } = check({ database: { "url-file": join(folder, "none") } });
    assert.equal(status, 1);
    assert.match(stderr, /^lsp: \[file_unreadable\] .*\(.*none: ENOENT\)\n$/);
  });

  test("config check has a line for each key that is wrong", () => {
    const { status, stderr } = check({ network: "x", more: 1 });
    assert.equal(status, 1);
    assert.match(stderr, /^lsp: \[config_invalid\] .*\n {2}network: .*\n {2}configuration: .*more/);
  });

  test("every file is read and judged before anything is opened", () => {
    const code = (more: Record<string, unknown>): string => {
      const loaded = loadMaterials(config({ ...keys, ...more }));
      assert(!loaded.ok);
      assert.equal(JSON.stringify(loaded).includes("s3cret"), false);
      return loaded.error.code;
    };
    const secret = (name: string, content: string, mode = 0o600): string => {
      const path = writeSecret(join(folder, name), content);
      chmodSync(path, mode);
      return path;
    };
    const other = writeTls(newLspFolder());
    const lnd = keys["lnd"] as object;
    assert.equal(code({ database: { "url-file": join(folder, "none") } }), "file_unreadable");
    assert.equal(code({ database: { "url-file": folder } }), "file_unreadable");
    assert.equal(
      code({ database: { "url-file": secret("open", "postgres://lsp:s3cret@db/lsp", 0o644) } }),
      "file_mode",
    );
    assert.equal(code({ database: { "url-file": secret("empty", "\n") } }), "file_form");
    assert.equal(code({ database: { "url-file": secret("large", "x".repeat(300_000)) } }), "file_size");
    assert.equal(code({ tls: { ...(keys["tls"] as object), certificate: other.certificate } }), "file_form");
    assert.equal(code({ tls: { ...(keys["tls"] as object), certificate: secret("pem", "s3cret") } }), "file_form");
    assert.equal(code({ lnd: { ...lnd, certificate: secret("pem", "s3cret") } }), "file_form");
    assert.equal(code({ lnd: { ...lnd, "macaroon-file": secret("mac", "s3cret") } }), "file_form");
    assert.equal(code({ lnd: { ...lnd, "password-file": secret("pass", "s3cret", 0o604) } }), "file_mode");
    assert.equal(code({ signer: { ...SIGNER_TLS, certificate: other.certificate } }), "file_unreadable");
    rmSync(join(other.certificate, ".."), { recursive: true });
  });

  test("a group may read a secret, and a macaroon may be hex", () => {
    const path = writeSecret(join(folder, "hex"), "0201036C6E64\n");
    chmodSync(path, 0o640);
    const loaded = loadMaterials(config({ ...keys, lnd: { ...(keys["lnd"] as object), "macaroon-file": path } }));
    assert(loaded.ok && loaded.value.lnd.macaroon === "0201036c6e64");
    assert.equal(loaded.value.databaseUrl, "postgresql://lsp:s3cret@db/lsp?sslmode=verify-full");
  });

  test("a macaroon keeps its last byte, whatever it is", () => {
    for (const last of ["0a", "0d", "20", "00"]) {
      const path = writeSecret(join(folder, "bytes"), Buffer.from(`0201036c6e64${last}`, "hex"));
      const loaded = loadMaterials(config({ ...keys, lnd: { ...(keys["lnd"] as object), "macaroon-file": path } }));
      assert(loaded.ok && loaded.value.lnd.macaroon === `0201036c6e64${last}`);
    }
  });

  test("macaroon prints one line of lncli; only --sign has SignMessage in it", () => {
    const line = /^\(umask 077; lncli bakemacaroon --root_key_id=\d+ --save_to=lsp\.macaroon( uri:\/\S+)+\)\n$/;
    const plain = lsp("macaroon").stdout;
    assert.match(plain, line);
    assert.equal(plain.includes("SignMessage"), false);
    assert.match(lsp("macaroon", "--sign").stdout, line);
    assert.match(lsp("macaroon", "--sign").stdout, / uri:\/signrpc\.Signer\/SignMessage\)\n$/);
    assert(docs.includes(plain.trim()));
  });

  test("config keys lists what the docs list", () => {
    const { stdout } = lsp("config", "keys");
    for (const { name, meaning } of configKeys()) assert(stdout.includes(`${name} `) && stdout.includes(meaning), name);
  });

  test("what is no command is usage", () => {
    for (const args of [
      ["serve"],
      ["run"],
      ["run", "--config"],
      ["run", "--port", "1"],
      ["config"],
      ["config", "keys", "x"],
    ])
      assert.equal(lsp(...args).status, 2, args.join(" "));
    assert.equal(lsp("macaroon", "--all").status, 2);
    assert.equal(lsp("--version").stdout, readFileSync(join(ROOT, "VERSION"), "utf8"));
    assert.match(lsp().stdout, /^usage: lsp run/);
  });
});
