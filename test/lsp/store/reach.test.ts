import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeReach } from "../../../lsp/store/reach.ts";
import { openStore } from "../../../lsp/store/store.ts";
import { errorCode } from "./values.ts";

const codeFor = (url: string): string | undefined => {
  const judged = judgeReach(url);
  return judged.ok ? undefined : judged.error.code;
};

test("on this machine a database is reached in any way", () => {
  for (const place of ["127.0.0.1:5432", "127.0.0.9", "[::1]:5432", "localhost", "%2Frun%2Fpostgresql"])
    assert.equal(codeFor(`postgres://lsp:secret@${place}/lsp`), undefined, place);
  assert.equal(codeFor("postgresql://lsp@localhost/lsp?host=/run/postgresql"), undefined);
});

test("elsewhere with sslmode=verify-full, or not at all", () => {
  for (const place of ["db.example.com", "10.0.0.5:5432", "[2001:db8::1]:5432", "localhost.example.com", "0.0.0.0"]) {
    const url = `postgres://lsp:secret@${place}/lsp`;
    assert.equal(codeFor(`${url}?sslmode=verify-full`), undefined, place);
    for (const query of [
      "",
      ...["disable", "allow", "prefer", "require", "verify-ca", "no-verify", "VERIFY-FULL"].map((m) => `sslmode=${m}`),
      "ssl=true",
      "sslmode=verify-full&sslmode=disable",
      "sslmode=disable&sslmode=verify-full",
      "sslmode=verify-full&uselibpqcompat=true",
    ])
      assert.equal(codeFor(`${url}?${query}`), "store_plaintext", `${place} ${query}`);
  }
  assert.equal(codeFor("postgres://lsp@localhost/lsp?host=10.0.0.5"), "store_plaintext", "the host that counts");
  assert.equal(codeFor("postgres://lsp@localhost:1/lsp?host=db&sslmode=verify-full"), undefined);
});

test("what is no URL of Postgres, and no word of it in the error", async () => {
  for (const url of ["mysql://lsp@localhost/lsp", "postgres://lsp@localhost/lsp?sslrootcert=/not/there"])
    assert.equal(codeFor(url), "store_url", url);
  const opened = await openStore({
    url: "postgres://lsp:hunter2@db.example.com/lsp",
    network: "mainnet",
    clock: Date.now,
  });
  assert.equal(errorCode(opened), "store_plaintext");
  assert(!JSON.stringify(opened).includes("hunter2"));
});
