import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseName } from "../../../iso/attest/bill.ts";
import { builtCeremony } from "../../deploy/release/artefact.ts";
import { ROOT } from "../../tools/sources.ts";

test("a store path's name and version", () => {
  for (const [full, name, version] of [
    ["glibc-2.42-10", "glibc", "2.42-10"],
    ["systemd-minimal-260.2", "systemd-minimal", "260.2"],
    ["nixos-system-ceremony-26.05", "nixos-system-ceremony", "26.05"],
    ["etc", "etc", ""],
    ["x11-fonts", "x11-fonts", ""],
  ] as const)
    assert.deepEqual(parseName(full), { name, version });
});

test("the image's bill has every path once, and the executable's bill in it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "bill-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const executable = await builtCeremony();
  const list = join(folder, "store-paths");
  const make = (paths: readonly string[]) => {
    writeFileSync(list, `${paths.join("\n")}\n`);
    const args = [join(ROOT, "iso/attest/bill.ts"), list, `${executable}.cdx.json`, "1.2.3"];
    return spawnSync(process.execPath, args, { encoding: "utf8" });
  };
  const [glibc, etc] = ["glibc-2.42", "etc"].map((name) => `/nix/store/${"0".repeat(32)}-${name}`) as [string, string];
  const { stdout } = make([glibc, etc, glibc]);
  assert.equal(make([etc, glibc]).stdout, stdout, "the order of the list is nothing");
  const bill = JSON.parse(stdout);
  assert.deepEqual(
    [bill.bomFormat, bill.metadata.component.name, bill.metadata.component.version],
    ["CycloneDX", "ceremony-image", "1.2.3"],
  );
  const [program, ...paths] = bill.components;
  assert.deepEqual(program.components, JSON.parse(readFileSync(`${executable}.cdx.json`, "utf8")).components);
  assert.deepEqual(
    paths.map(({ name, version, properties }: { name: string; version?: string; properties: { value: string }[] }) => [
      name,
      version,
      properties[0]?.value,
    ]),
    [
      ["etc", undefined, etc],
      ["glibc", "2.42", glibc],
    ],
  );
  const references = [program, ...paths].map((part: { "bom-ref": string }) => part["bom-ref"]);
  assert.deepEqual(bill.dependencies[0].dependsOn, references);
  for (const wrong of ["/usr/lib/x", "/nix/store/short-x", `${glibc}/lib`])
    assert.notEqual(make([wrong]).status, 0, wrong);
});
