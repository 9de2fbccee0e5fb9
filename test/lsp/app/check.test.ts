import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { makeAuthority, makeServer, validFor } from "../../../signer/pki/authority.ts";
import { lsp } from "./program.ts";
import { newLspFolder, RIG_NODE_ID, writeSecret, writeTls } from "./rig.ts";

describe("`lsp config check` finds what `run` would refuse", () => {
  const folder = newLspFolder();
  const { authority: _, ...tls } = writeTls(folder);
  const keys: Record<string, unknown> = {
    network: "regtest",
    "node-id": RIG_NODE_ID,
    listen: { port: 0 },
    admin: { port: 0 },
    tls,
    database: { "url-file": writeSecret(join(folder, "url"), "postgresql://lsp:s3cret@db/lsp?sslmode=verify-full\n") },
    lnd: {
      address: "127.0.0.1:10009",
      certificate: tls.certificate,
      "macaroon-file": writeSecret(join(folder, "macaroon"), Buffer.from("0201036c6e64", "hex")),
    },
    signer: { socket: join(folder, "signer.sock") },
  };
  after(() => rmSync(folder, { recursive: true }));
  const check = (more: Record<string, unknown>) => {
    const file = join(folder, "lsp.json");
    writeFileSync(file, JSON.stringify({ ...keys, ...more }));
    return lsp("config", "check", "--config", file);
  };

  test("it names certificates that nobody would take, lnd's and the signer's too", () => {
    const at = (name: string, begins: number): { certificate: string; "private-key": string } => {
      const authority = makeAuthority("CA", validFor(30, begins));
      const { certificate, privateKey } = makeServer(authority, ["localhost"], validFor(1, begins));
      return {
        certificate: writeSecret(join(folder, `${name}.crt`), certificate),
        "private-key": writeSecret(join(folder, `${name}.key`), privateKey),
      };
    };
    const day = 86_400_000;
    const [over, early] = [at("over", Date.now() - 5 * day), at("early", Date.now() + 5 * day)];
    const signer = { host: "10.0.0.2", port: 1, authority: (keys["tls"] as typeof over).certificate };
    for (const [pair, code] of [
      [over, "tls_expired"],
      [early, "tls_not_yet"],
    ] as const)
      for (const more of [
        { tls: pair },
        { lnd: { ...(keys["lnd"] as object), certificate: pair.certificate } },
        { signer: { ...signer, ...pair } },
      ]) {
        const { status, stderr } = check(more);
        assert.equal(status, 1);
        assert(stderr.includes(`[${code}]`) && stderr.includes(pair.certificate), stderr);
      }
  });

  test("it names every file that is wrong, and not the first alone", () => {
    const absent = (name: string): string => join(folder, `no-${name}`);
    const { status, stderr } = check({
      tls: { certificate: absent("certificate"), "private-key": absent("key") },
      lnd: { address: "127.0.0.1:10009", certificate: absent("lnd"), "macaroon-file": absent("macaroon") },
      database: { "url-file": absent("url") },
      signer: { socket: join(folder, "x".repeat(107)) },
    });
    assert.equal(status, 1);
    for (const name of ["certificate", "key", "lnd", "macaroon", "url"])
      assert(stderr.includes(absent(name)), `${name}: ${stderr}`);
    assert.match(stderr, /signer\.socket: is longer/);
  });

  test("it finds ports that are taken, or named twice", async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
    const { port } = holder.address() as { port: number };
    assert.match(
      check({ listen: { host: "127.0.0.1", port } }).stderr,
      new RegExp(`\\[server_listen\\].*127.0.0.1:${port}: EADDRINUSE`),
    );
    assert.match(check({ admin: { port } }).stderr, new RegExp(`\\[admin_listen\\].*127.0.0.1:${port}: EADDRINUSE`));
    await new Promise((resolve) => holder.close(resolve));
    assert.match(
      check({ listen: { host: "127.0.0.1", port }, admin: { port } }).stderr,
      /\[admin_listen\].*EADDRINUSE/,
    );
  });

  test("it names URLs, sockets, witnesses and keys that `run` would end with", () => {
    const file = (name: string, text: string): string => writeSecret(join(folder, name), text);
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" });
    const cases: readonly (readonly [Record<string, unknown>, string])[] = [
      ...["mysql://lsp:s3cret@db/lsp", "postgres://lsp:s3cret@a,b/lsp", "postgres://lsp:s3cret@a/b?sslmod=x"].map(
        (url, at) => [{ database: { "url-file": file(`url-${at}`, url) } }, "store_url"] as const,
      ),
      [{ signer: { socket: `/${"x".repeat(107)}` } }, "config_invalid"],
      [{ signer: { socket: "s", witness: file("witness", "not a line") } }, "signer_witness"],
      [{ signer: { socket: "s", witness: join(folder, "none", "witness") } }, "signer_witness"],
      [{ tls: { ...tls, "private-key": file("rsa", String(rsa)) } }, "file_form"],
    ];
    for (const [more, code] of cases) {
      const { status, stderr } = check(more);
      assert.deepEqual([status, stderr.includes(`[${code}]`), stderr.includes("s3cret")], [1, true, false], stderr);
    }
  });
});
