import assert from "node:assert/strict";
import { test } from "node:test";
import { urlFault } from "../../../lsp/store/url.ts";

const HERE = import.meta.filename;

test("URLs that the driver reads as libpq would", () => {
  for (const url of [
    "postgresql://lsp:s3cret@db/lsp",
    "postgres://lsp@10.0.0.3:5432/lsp?sslmode=verify-full",
    "postgres://lsp@[::1]:5432/lsp",
    `postgres://lsp@db/lsp?sslmode=verify-full&sslrootcert=${HERE}`,
    "postgres:///lsp?host=/run/postgresql&user=lsp",
    "postgres://lsp@/lsp?host=/run/postgresql",
    "postgres://lsp:a%2Cb@db/lsp?application_name=a&options=-c%20search_path%3Dlsp",
  ])
    assert.equal(urlFault(url), undefined, url);
});

test("what the driver would not do is named, and nothing secret is repeated", () => {
  const faults: readonly (readonly [string, RegExp])[] = [
    ["mysql://lsp:s3cret@db/lsp", /^no postgresql:\/\/ URL$/],
    ["postgres://lsp:s3cret@a,b/lsp", /^more than one host/],
    ["postgres://lsp:s3cret@a:5432,b:5433/lsp", /^more than one host/],
    ["postgres://lsp:s3cret@db/lsp?host=a,b", /host names more than one host$/],
    ["postgres://lsp:s3cret@db:port/lsp", /^not understood$/],
    ["postgres://lsp:s3cret@db/lsp?sslmod=verify-full", /sslmod is not known$/],
    ["postgres://lsp:s3cret@db/lsp?sslmode=verify_full", /sslmode is none of libpq's$/],
    ["postgres://lsp:s3cret@db/lsp?sslmode=disable&sslmode=verify-full", /sslmode is there twice$/],
    ["postgres://lsp:s3cret@db/lsp?target_session_attrs=read-write", /target_session_attrs is not read here/],
    ["postgres://lsp:s3cret@db/lsp?sslrootcert=/none/ca.crt", /sslrootcert names \/none\/ca.crt: ENOENT$/],
    ["postgres://lsp:s3cret@db/lsp?s3cret%21=1", /with an odd name is not known$/],
  ];
  for (const [url, what] of faults) {
    const fault = urlFault(url) ?? "";
    assert.match(fault, what, url);
    assert.equal(fault.includes("s3cret"), false, fault);
  }
});
