import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { readPair, untimely, validityOf } from "../../../core/tlspair.ts";
import { makeAuthority, makeServer, validFor } from "../../../signer/pki/authority.ts";
import { needs } from "../../tools/need.ts";
import { writeBundle } from "./bundle.ts";
import { FRAMES_NODE_ID } from "./frames.ts";
import { signer, startSignerProgram } from "./program.ts";
import { newSignerFolder } from "./rig.ts";

const DAY = 86_400_000;

describe("`signer config check` finds what `run` would refuse", () => {
  let folder: string;
  let bundle: string;
  let identity: string;
  before(async () => {
    folder = newSignerFolder();
    ({ bundle, identity } = await writeBundle(folder));
  });
  after(() => rmSync(folder, { recursive: true }));

  const base = () => ({
    network: "regtest",
    bundle,
    "identity-file": identity,
    data: join(folder, "data"),
    socket: join(folder, "run", "lsp.sock"),
  });
  const write = (keys: object): string => {
    const path = join(folder, "signer.json");
    writeFileSync(path, JSON.stringify({ ...base(), ...keys }));
    return path;
  };
  const check = (keys: object = {}) => signer("config", "check", "--config", write(keys));
  /** Both end with the same code; the check may find more than one. */
  const refused = (keys: object, code: string, about: RegExp = /./): void => {
    const run = signer("run", "--config", write(keys));
    assert.deepEqual([run.status, /\[(\w+)\]/.exec(run.stderr)?.[1]], [1, code], run.stderr);
    const found = check(keys);
    assert.equal(found.status, 1, found.stderr);
    assert(found.stderr.includes(`[${code}]`), found.stderr);
    for (const text of [run.stderr, found.stderr]) assert.match(text, about);
  };

  test("and nothing where there is nothing; it makes no folder and no socket", () => {
    const { status, stdout, stderr } = check();
    assert.equal(status, 0, stderr);
    assert.match(stdout, new RegExp(`^ok: rehearsal on regtest\nclient lsp: .*lsp.sock\nnode id ${FRAMES_NODE_ID}\n$`));
    assert.throws(() => readFileSync(join(folder, "data")), /ENOENT/);
    assert.throws(() => readFileSync(join(folder, "run")), /ENOENT/);
  });

  test("a bundle and an identity that do not open, or are not there", async () => {
    const other = join(folder, "other");
    mkdirSync(other);
    const { identity: otherIdentity } = await writeBundle(other);
    refused({ "identity-file": otherIdentity }, "bundle_recipient");
    refused({ bundle: identity }, "bundle_damaged");
    refused({ "identity-file": bundle }, "file_mode", /mode 644/);
    refused({ "identity-file": join(folder, "none") }, "file_not_read", /none: ENOENT/);
    refused({ mode: "production" }, "bundle_mode");
  });

  test("a data folder that is open, and one that holds the log of another node", async () => {
    const open = join(folder, "open");
    mkdirSync(open);
    chmodSync(open, 0o755);
    refused({ data: open }, "data_folder", /open: mode 755, owner/);
    const file = join(folder, "file");
    writeFileSync(file, "");
    refused({ data: join(file, "data") }, "data_folder", /ENOTDIR/);
    const used = join(folder, "used");
    const program = await startSignerProgram(folder, ["--data", used]);
    await program.stop();
    const segment = join(used, "audit", "00000001.jsonl");
    writeFileSync(
      segment,
      readFileSync(segment, "latin1").replace('"decision"', '"decisiom"').replace("checkpoint", "checkpoinT"),
    );
    refused({ data: used }, "audit_damaged", /00000001/);
  });

  test("sockets: path too long, folder open, group unknown, something else in the place", () => {
    refused({ socket: join(folder, "run", "x".repeat(108)) }, "socket_path");
    refused({ "metrics-socket": join(folder, "run", "x".repeat(108)) }, "socket_path");
    refused({ "admin-socket": join(folder, "run", "x".repeat(108)) }, "socket_path");
    const clients = [{ name: "lsp", socket: join(folder, "run", "lsp.sock"), group: "nobody-has-this-group" }];
    refused({ socket: undefined, clients }, "socket_group", /nobody-has-this-group/);
    const open = join(folder, "wide");
    mkdirSync(open);
    chmodSync(open, 0o777);
    refused({ socket: join(open, "lsp.sock") }, "socket_folder", /wide: mode 777/);
    writeFileSync(join(folder, "taken"), "");
    refused({ socket: join(folder, "taken") }, "socket_taken");
  });

  test("ports that are taken; not those of a signer that runs", async () => {
    const holder = createServer();
    const port = await new Promise<number>((resolve) => {
      holder.listen(0, "127.0.0.1", () => resolve((holder.address() as { port: number }).port));
    });
    refused({ "metrics-port": port }, "metrics_listen", new RegExp(`127.0.0.1:${port}: EADDRINUSE`));
    await new Promise((resolve) => holder.close(resolve));
    const program = await startSignerProgram(folder, ["--metrics-port", String(port)]);
    const { status, stdout, stderr } = check({ data: program.data, "metrics-port": port });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /a signer runs .* ports were not tried/);
    await program.stop();
  });

  test(
    "TLS: a key that is another's, also one of another type, and what no client would take",
    needs("openssl"),
    () => {
      const authority = makeAuthority("CA", validFor(30, Date.now()));
      const place = { host: "127.0.0.1", port: 0, authority: join(folder, "ca.crt") };
      writeFileSync(place.authority, authority.certificate);
      const clients = [{ name: "lsp", fingerprints: ["ab".repeat(32)] }];
      const tls = (certificate: string, key: string): object => {
        const paths = { certificate: join(folder, "s.crt"), "private-key": join(folder, "s.key") };
        writeFileSync(paths.certificate, certificate);
        writeFileSync(paths["private-key"], key, { mode: 0o600 });
        return { socket: undefined, clients, tls: { ...place, ...paths } };
      };
      const good = makeServer(authority, ["signer"], validFor(30, Date.now()));
      const found = check(tls(good.certificate, good.privateKey));
      assert.equal(found.status, 0, found.stderr);
      assert.match(found.stdout, /TLS certificate: (?:29|30) days left/);
      const rsa = execFileSync("openssl", ["genrsa", "2048"], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      for (const key of [rsa, makeServer(authority, ["signer"], validFor(1, Date.now())).privateKey])
        refused(tls(good.certificate, key), "tls_material", /s\.key: the key is not the certificate's/);
      refused(tls(good.certificate, good.certificate), "tls_material", /no private key in PEM/);
      refused(tls(good.privateKey, good.privateKey), "tls_material", /no certificate in PEM/);
      const over = makeServer(authority, ["signer"], validFor(1, Date.now() - 10 * DAY));
      assert.match(check(tls(over.certificate, over.privateKey)).stderr, /\[tls_expired\].*s\.crt/);
      const early = makeServer(authority, ["signer"], validFor(9, Date.now() + 10 * DAY));
      assert.match(check(tls(early.certificate, early.privateKey)).stderr, /\[tls_not_yet\].*s\.crt/);
    },
  );

  test("all that is wrong is said, not the first alone", () => {
    const { stderr } = check({ bundle: join(folder, "none"), socket: join(folder, "run", "x".repeat(108)) });
    assert.match(stderr, /\[file_not_read\][\s\S]*\[socket_path\]/);
  });
});

test("a chain holds as long as its shortest certificate", () => {
  const now = Date.now();
  const authority = makeAuthority("CA", validFor(5, now));
  const server = makeServer(authority, ["signer"], validFor(30, now));
  const chain = server.certificate + authority.certificate;
  const validity = validityOf(chain);
  assert(validity !== undefined);
  assert.equal(untimely(validity, now + 4 * DAY), undefined);
  assert.equal(untimely(validity, now + 6 * DAY), "tls_expired");
  assert.equal(untimely(validity, now - 2 * DAY), "tls_not_yet");
  assert(readPair(chain, server.privateKey).ok);
  assert.equal(
    validityOf(`${server.certificate}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----`),
    undefined,
  );
});
