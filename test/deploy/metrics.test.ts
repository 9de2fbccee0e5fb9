import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { freePort } from "../regtest/process.ts";
import { startSignerProgram } from "../signer/service/program.ts";
import { newSignerFolder } from "../signer/service/rig.ts";
import { needs } from "../tools/need.ts";
import { ROOT } from "../tools/sources.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

test(
  "Prometheus gets from a TCP port to the signer's socket by systemd's proxy, as the units start it",
  needs("systemd"),
  async () => {
    const folder = newSignerFolder();
    const metrics = join(folder, "run", "metrics.sock");
    const signer = await startSignerProgram(folder, ["--metrics-socket", metrics]);
    const [, proxy = "", , path = ""] =
      /^ExecStart=(\S+) (\S+) (\S+)$/m.exec(read("deploy/signer-metrics.service")) ?? [];
    assert.equal(path, "/run/signer/metrics/metrics.sock");
    const port = await freePort();
    // What systemd does for a .socket unit, without its PID 1.
    const activated = spawn("systemd-socket-activate", ["-l", `127.0.0.1:${port}`, proxy, metrics], {
      stdio: "ignore",
    });
    await once(activated, "spawn");
    let text = "";
    while (text === "")
      text = await fetch(`http://127.0.0.1:${port}/metrics`).then(
        (answer) => answer.text(),
        // It does not listen yet.
        () => "",
      );
    assert.match(text, /^signer_serving 1$/m);
    activated.kill();
    await signer.stop();
    rmSync(folder, { recursive: true });
  },
);

test("the page's scrape configuration names the ports that the programs and units have", () => {
  const page = read("docs/operate.md");
  const block = /```yaml\n(scrape_configs[\s\S]*?)```/.exec(page)?.[1] ?? "";
  const { scrape_configs: jobs } = parse(block) as {
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
  };
  const targets = Object.fromEntries(
    jobs.map(({ job_name: name, static_configs: [first] }) => [name, first?.targets[0]]),
  );
  assert.equal(targets["lsp"], "127.0.0.1:9741");
  assert.equal(targets["signer"], /^ListenStream=(.*)$/m.exec(read("deploy/signer-metrics.socket"))?.[1]);
});
