import assert from "node:assert/strict";
import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Counter, Histogram, Registry } from "prom-client";
import { fail } from "../../../core/result.ts";
import { describeError, openLog, openOccasions } from "../../../lsp/app/log.ts";
import { openLspMetrics } from "../../../lsp/app/metrics.ts";
import { openCounter, openHistogram } from "../../../lsp/app/tally.ts";
import { watchFiles } from "../../../lsp/app/tlsfiles.ts";
import { lndError } from "../../../lsp/node/trouble.ts";
import { ROOT } from "../../tools/sources.ts";
import { newLspFolder } from "./rig.ts";

describe("metrics", () => {
  test("docs have every metric with its labels and its help", async () => {
    const metrics = openLspMetrics("1");
    metrics.watch({ troubles: () => [], connections: () => 0 });
    const docs = readFileSync(join(ROOT, "docs/lsp.md"), "utf8");
    const rows = [...docs.matchAll(/^\| `(lsp_\w+)` \| (.*) \| (.*) \|$/gm)].map((row) => row.slice(1));
    const own = [...(await metrics.metrics()).matchAll(/^# HELP (lsp_(?!process_|nodejs_)\w+) (.*)$/gm)];
    assert.deepEqual(
      rows.map(([name, , help]) => [name, help]),
      own.map((match) => match.slice(1)),
    );
    // A label is in the text once it has a value, so labels are read where they are declared.
    const source = readFileSync(join(ROOT, "lsp/app/metrics.ts"), "utf8");
    for (const [name = "", labels = ""] of rows) {
      const declared = source.slice(source.indexOf(`"${name}"`)).split(/\);|\),|\};/, 1)[0] ?? "";
      for (const [, label] of labels.matchAll(/`(\w+)`/g)) assert(declared.includes(`"${label}"`), `${name} ${label}`);
    }
  });

  test("have labels of ours alone: a path that is not served is one word, whatever it is", async () => {
    const metrics = openLspMetrics("1");
    metrics.requested({ status: 12, ms: 1 }, undefined);
    metrics.requested({ status: 0, ms: 1 }, "GetCfg");
    metrics.answered("GetCfg", "nonce_stale", 2);
    metrics.worked("verify", "invalid", 0.04);
    metrics.worked("database", "stale", 2);
    metrics.nonceRefused();
    metrics.turnedAway("handshake");
    metrics.lndAnswered(fail(lndError("locked", "wallet locked")), 3);
    metrics.signed({ kind: "refused", rule: "content.key", reason: "" }, 4);
    const text = await metrics.metrics();
    for (const line of [
      'lsp_requests_total{method="other",status="unimplemented"} 1',
      'lsp_requests_total{method="GetCfg",status="ok"} 1',
      'lsp_answers_total{method="GetCfg",outcome="nonce_stale"} 1',
      'lsp_verify_seconds_bucket{le="0.00005",outcome="invalid"} 1',
      'lsp_database_seconds_count{outcome="stale"} 1',
      "lsp_nonces_refused_total 1",
      'lsp_connections_refused_total{reason="handshake"} 1',
      'lsp_lnd_seconds_count{outcome="lnd_locked"} 1',
      'lsp_sign_seconds_count{outcome="refused"} 1',
      'lsp_info{version="1"} 1',
    ])
      assert(text.split("\n").includes(line), line);
  });

  test("count and print as prom-client does, whatever the labels and values", async () => {
    const label = fc.string({ maxLength: 5 });
    const seen = fc.array(fc.tuple(label, label, fc.double({ min: 0, max: 4, noNaN: true })), { maxLength: 30 });
    const property = fc.asyncProperty(seen, async (events) => {
      const registers = [new Registry()];
      const labelNames = ["a", "b"];
      const theirs = {
        counter: new Counter({ name: "c_total", help: "C.", labelNames, registers }),
        histogram: new Histogram({ name: "h_seconds", help: "H.", labelNames, buckets: [0.5, 1, 2], registers }),
        plain: new Counter({ name: "p_total", help: "P.", registers }),
      };
      const ours = [
        openCounter("c_total", "C.", ...labelNames),
        openHistogram("h_seconds", "H.", [0.5, 1, 2], ...labelNames),
        openCounter("p_total", "P."),
      ] as const;
      for (const [a, b, value] of events) {
        theirs.counter.inc({ a, b });
        theirs.histogram.observe({ a, b }, value);
        theirs.plain.inc();
        ours[0].of(a, b).inc();
        ours[1].of(a, b).observe(value);
        ours[2].of().inc();
      }
      const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");
      const expected = lines((await registers[0]?.metrics()) ?? "");
      assert.deepEqual(lines(ours.map((each) => each.text()).join("\n")).sort(), expected.sort());
    });
    await fc.assert(property);
  });
});

test("what every request would say is said once, and again after a while", () => {
  let now = 0;
  const isNew = openOccasions(10, () => now);
  assert.deepEqual([isNew("a"), isNew("a"), isNew("b")], [true, false, true]);
  now = 9;
  assert.equal(isNew("a"), false);
  now = 10;
  assert.deepEqual([isNew("a"), isNew("a")], [true, false]);
});

test("an exception is logged without its text, also where the text looks like a stack", () => {
  const lines: string[] = [];
  const log = openLog("info", { write: (line: string) => void lines.push(line) });
  const error = Object.assign(new TypeError("s3cret\n    at s3cret (s3cret:1:1)"), { code: "EXAMPLE" });
  log.error({ error: describeError(error) }, "failed");
  log.error({ error: describeError("s3cret") }, "failed");
  const text = lines.join("");
  assert.equal(text.includes("s3cret"), false);
  assert.match(text, /"type":"TypeError","code":"EXAMPLE","at":\["at .*observe\.test\.ts/);
});

test("a file that is written over, replaced or linked elsewhere is seen", async () => {
  const folder = newLspFolder();
  const [certificate, key] = [join(folder, "certificate"), join(folder, "key")];
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  symlinkSync(write("first", "-"), certificate);
  write("key", "-");
  let changes = 0;
  const watched = watchFiles([certificate, key], 20, () => {
    changes += 1;
  });
  /** Done until it is seen: the first look of all is made in the background. */
  const seen = async (change: (text: string) => void): Promise<void> => {
    const before = changes;
    for (let tries = 1; changes === before; tries += 1) {
      change("-".repeat(tries));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  await seen((text) => write("first", text));
  await seen((text) => renameSync(write("next", text), key));
  await seen((text) => {
    symlinkSync(write(text, text), join(folder, "link"));
    renameSync(join(folder, "link"), certificate);
  });
  watched.close();
  rmSync(folder, { recursive: true });
});
