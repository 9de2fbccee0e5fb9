import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { openLspMetrics } from "../../lsp/app/metrics.ts";
import { PARTS } from "../../lsp/app/readiness.ts";
import { openSignerMetrics } from "../../signer/app/metrics.ts";
import { ROOT } from "../tools/sources.ts";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly action: string };
}

interface Metric {
  readonly help: string;
  readonly kind: string;
  readonly labels: readonly string[];
}

/** Words of PromQL that are no metrics, and Prometheus' own metric. */
const WORDS = new Set(["sum", "by", "rate", "increase", "histogram_quantile", "le", "up", "job"]);
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const rules = (parse(read("deploy/alerts.yml")) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const panels = (
  JSON.parse(read("deploy/dashboard.json")) as {
    panels: { id: number; title: string; targets: { expr: string; legendFormat: string }[] }[];
  }
).panels;

/** All metrics of both programs, from their own registries. */
async function metrics(): Promise<Map<string, Metric>> {
  const lsp = openLspMetrics("test");
  lsp.watch({ troubles: () => [], connections: () => 0 });
  lsp.certificate("lnd", { from: 0, to: 0 });
  for (const kind of ["log_went_back"]) lsp.alarmed(kind);
  const signer = openSignerMetrics();
  signer.watch({
    inFlight: () => 0,
    diskFreeBytes: () => 0,
    diskSecondsLeft: () => 0,
    auditSeq: () => 0,
    serving: () => true,
  });
  signer.certificate(() => 0);
  const text = `${await lsp.metrics()}\n${await signer.registry.metrics()}`;
  const docs = `${read("docs/lsp.md")}\n${read("docs/operate.md")}`;
  const found = new Map<string, Metric>();
  for (const [, name = "", help = ""] of text.matchAll(/^# HELP (\S+) (.*)$/gm)) {
    const kind = new RegExp(`^# TYPE ${name} (\\w+)$`, "m").exec(text)?.[1] ?? "";
    const row = new RegExp(`^\\| \`${name}\` \\| (.*?) \\| `, "m").exec(docs)?.[1] ?? "";
    found.set(name, { help, kind, labels: [...row.matchAll(/`(\w+)`/g)].map(([, label = ""]) => label) });
  }
  return found;
}

describe("alert rules and dashboard", () => {
  const expressions = [
    ...rules.map(({ alert, expr, annotations }) => ({ of: alert, expr, legend: `${annotations.summary}` })),
    ...panels.flatMap(({ title, targets }) =>
      targets.map(({ expr, legendFormat }) => ({ of: title, expr, legend: legendFormat })),
    ),
  ];

  test("ask for metrics that exist, by labels that they have", async () => {
    const known = await metrics();
    assert(known.size > 30);
    for (const { of, expr, legend } of expressions) {
      const names = [...expr.replaceAll(/\[\w+\]|"[^"]*"/g, "").matchAll(/[a-z][a-z0-9_]*/g)].map(([name]) => name);
      const asked = names.filter((name) => /^(?:lsp|signer)_/.test(name));
      for (const name of asked) {
        const metric = known.get(name) ?? known.get(name.replace(/_bucket$/, ""));
        assert(metric !== undefined, `${of}: ${name}`);
        assert.equal(metric.kind === "histogram", name.endsWith("_bucket"), `${of}: ${name} is a ${metric.kind}`);
        const isCounted = /\b(?:rate|increase)\($/.test(expr.slice(0, expr.indexOf(name)));
        assert.equal(isCounted, metric.kind !== "gauge", `${of}: ${name} is a ${metric.kind}`);
      }
      const labels = new Set(
        asked.flatMap((name) => (known.get(name) ?? known.get(name.replace(/_bucket$/, "")))?.labels ?? []),
      );
      for (const name of names)
        assert(
          WORDS.has(name) || asked.includes(name) || labels.has(name),
          `${of}: ${name} is neither metric nor label`,
        );
      for (const [, label = ""] of legend.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g))
        assert(labels.has(label), `${of}: ${label}`);
    }
  });

  test("every metric of ours is on the dashboard, but those that say it in other words", async () => {
    const shown = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join("\n");
    const missing = [...(await metrics()).keys()].filter(
      (name) => !/^lsp_(?:nodejs|process)_/.test(name) && !shown.includes(name),
    );
    assert.deepEqual(missing, ["lsp_answer_seconds", "lsp_info"]);
  });

  test("each rule says what is wrong, what to do, and how much it hurries; names are there once", () => {
    for (const { alert, labels, annotations } of rules) {
      assert(["page", "ticket"].includes(labels.severity), alert);
      assert(annotations.summary.endsWith(".") && annotations.action.length > 20, alert);
    }
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    assert(PARTS.includes("process"));
  });

  test("the docs have every metric of the signer, with its labels and its help", async () => {
    const rows = [...read("docs/operate.md").matchAll(/^\| `(signer_\w+)` \| .*? \| (.*) \|$/gm)];
    const own = [...(await metrics())].filter(([name]) => name.startsWith("signer_"));
    assert.deepEqual(
      new Map(rows.map(([, name, help]) => [name, help])),
      new Map(own.map(([name, { help }]) => [name, help])),
    );
  });
});
