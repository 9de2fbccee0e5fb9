import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { needs } from "../tools/need.ts";
import { ROOT } from "../tools/sources.ts";
import { copyCheckout, evaluate, newFolder } from "./nix.ts";

const STUB = `import ${ROOT}/iso/check.stub.nix`;

test(
  "the flake is one: Nix reads it and its lock, and evaluates it in pure mode, from a subfolder",
  needs("nix", "git"),
  (t) => {
    const folder = newFolder(t);
    const checkout = copyCheckout(join(folder, "checkout"));
    // nixpkgs is not here: the stub takes its place as a flake.
    const stub = join(folder, "nixpkgs");
    mkdirSync(stub);
    copyFileSync(join(ROOT, "iso/check.stub.nix"), join(stub, "check.stub.nix"));
    writeFileSync(join(stub, "flake.nix"), "{ outputs = _: (import ./check.stub.nix).nixpkgs; }\n");
    for (const args of [
      ["init", "-q"],
      ["add", "--all"],
    ])
      spawnSync("git", args, { cwd: checkout });
    const nix = (...args: string[]): string => {
      const options = ["--extra-experimental-features", "nix-command flakes", "--option", "build-users-group", ""];
      const run = spawnSync("nix", ["--offline", "--store", join(folder, "store"), ...options, ...args], {
        encoding: "utf8",
        env: { ...process.env, NIX_CONF_DIR: "/nonexistent", HOME: folder },
      });
      assert.equal(run.status, 0, run.stderr);
      return run.stdout;
    };
    const flake = `git+file://${checkout}?dir=iso`;
    const metadata = JSON.parse(nix("flake", "metadata", "--json", flake)) as { locks: unknown };
    assert.deepEqual(metadata.locks, JSON.parse(readFileSync(join(ROOT, "iso/flake.lock"), "utf8")));
    const read = (attribute: string): unknown =>
      JSON.parse(nix("eval", "--json", "--override-input", "nixpkgs", `path:${stub}`, `${flake}#${attribute}`));
    assert.equal(read("checks.x86_64-linux.policy-production"), "/built/policy");
    assert.equal(read("packages.x86_64-linux.iso"), "/built/ceremony-stub.iso");
    assert.match(String(read("packages.x86_64-linux.payload.drvPath")), /-ceremony-[0-9.]+\.drv$/);
  },
);

test("the lock pins the NixOS release by revision and hash, in the pair that others published", () => {
  const lock = JSON.parse(readFileSync(join(ROOT, "iso/flake.lock"), "utf8"));
  const { locked, original } = lock.nodes.nixpkgs;
  assert.deepEqual(Object.keys(lock.nodes), ["nixpkgs", "root"]);
  assert.equal(original.ref, "nixos-26.05");
  assert.equal(locked.rev, "fcb8fcd6bf2d0adecae5bd491afaaaf8311b758d");
  assert.equal(locked.narHash, "sha256-9BG7OgUWdu0ONDO5X2q6+K4bsuBITkX/3W4nNJu1Ito=");
});

test("the flake's checks fail by name: a rule that is broken, a service that nobody wrote down", needs("nix"), () => {
  const check = (name: string, path: string, value: string): string => {
    const expression = `
        let
          stub = ${STUB};
          production = stub.flake.nixosConfigurations.production;
          machine = { config = production.config // { ${path} = production.config.${path} // ${value}; }; };
        in (import ${ROOT}/iso/check.flake.nix {
          inherit (stub.nixpkgs) lib;
          pkgs = stub.nixpkgs.legacyPackages.x86_64-linux;
          machines = { production = machine; rehearsal = machine; };
          image = "/image";
        }).${name}`;
    try {
      return evaluate<string>(expression);
    } catch (error) {
      return /error: (.*)/.exec(String(error))?.[1] ?? String(error);
    }
  };
  assert.equal(check("policy-production", "nix", "{ }"), "/built/policy");
  assert.equal(check("services", "systemd", "{ }"), "/built/services");
  assert.equal(check("policy-production", "nix", "{ enable = true; }"), "policy: nix_off");
  assert.equal(check("policy-rehearsal", "nix", "{ enable = true; }"), "policy: nix_off");
  const services = '{ services = production.config.systemd.services // { sshd.wantedBy = [ "multi-user.target" ]; }; }';
  assert.equal(check("services", "systemd", services), "services: sshd");
  assert.equal(
    check("services", "systemd", services.replace("sshd.", "sshd.enable = false; sshd.")),
    "/built/services",
  );
});
