import assert from "node:assert/strict";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { needs } from "../../tools/need.ts";
import { ROOT } from "../../tools/sources.ts";
import { evaluate } from "./nix.ts";

const STUB = `import ${ROOT}/iso/check.stub.nix`;

test("iso/README.md lists every option that the module sets, and how far it was looked at", needs("nix"), () => {
  // Options whose value is a set of the user's own names.
  const WHOLE = [
    "boot.kernel.sysctl",
    "boot.kernelPackages",
    "environment.etc",
    "hardware.firmware",
    "networking.interfaces",
    "security.wrappers",
    "services.logind.settings",
    "system.build",
    "systemd.services",
    "systemd.timers",
    "systemd.tmpfiles.settings",
    "users.groups",
    "users.users",
  ];
  const options = evaluate<string[]>(`
    let
      config = builtins.removeAttrs (${STUB}).flake.nixosConfigurations.production.config [ "ceremony" ];
      whole = [ ${WHOLE.map((name) => `"${name}"`).join(" ")} ];
      walk = path: value:
        if path == "system.nixos" then [ ]
        else if builtins.elem path whole || !builtins.isAttrs value then [ path ]
        else builtins.concatMap (name: walk (if path == "" then name else "\${path}.\${name}") value.\${name}) (builtins.attrNames value);
    in walk "" config`);
  const page = readFileSync(join(ROOT, "iso/README.md"), "utf8");
  const table = /<!-- options -->([\s\S]*?)<!-- \/options -->/.exec(page)?.[1] ?? "";
  assert.deepEqual(
    [...table.matchAll(/^\| `([^`]+)` \| (?:evaluated|read) \|$/gm)].map(([, option]) => option),
    options,
  );
});

test("iso/README.md names every file that is there, and no other", () => {
  const page = readFileSync(join(ROOT, "iso/README.md"), "utf8");
  const table = page.slice(page.indexOf("## The files"), page.indexOf("## Bill"));
  const named = [...table.matchAll(/`([^`\s]+)`/g)]
    .map(([, name = ""]) => name.replace(/\/$/, ""))
    .flatMap((name) => globSync(name, { cwd: join(ROOT, "iso") }));
  assert.deepEqual(
    [...new Set(named)].sort(),
    readdirSync(join(ROOT, "iso"))
      .filter((name) => name !== "README.md")
      .sort(),
  );
  for (const [, file = ""] of page.matchAll(/`(test\/[^`]+)`/g)) assert(existsSync(join(ROOT, file)), file);
});
