import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { needs } from "../../tools/need.ts";
import { ROOT } from "../../tools/sources.ts";
import { writeBundle } from "./bundle.ts";

/** A user and groups that nobody is. The group of a client, whose member the signer may be made. */
const SIGNER = 61_001;
const CLIENTS = 61_003;

/** What has to be root's to be handed over to somebody else. */
const asRoot = { skip: process.getuid?.() === 0 ? false : "only root can hand files over to another user" };
const skip = asRoot.skip === false ? needs("python3").skip : asRoot.skip;

/** acl(5) as the kernel stores it (linux/posix_acl_xattr.h): owner, one user, group, mask, others. */
const ACL = `
import os, struct, sys
rows = [(1, 4, -1), (2, 4, int(sys.argv[2])), (4, 0, -1), (16, 4, -1), (32, 0, -1)]
acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *row) for row in rows)
os.setxattr(sys.argv[1], "system.posix_acl_access", acl)
print(oct(os.stat(sys.argv[1]).st_mode & 0o777))
`;

describe("a secret file that was handed to the signer", { skip }, () => {
  let folder: string;
  let bundle: string;
  let identity: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "handed-"));
    chmodSync(folder, 0o711);
    ({ bundle, identity } = await writeBundle(folder));
    chmodSync(bundle, 0o644);
    mkdirSync(join(folder, "data"), { mode: 0o700 });
    chownSync(join(folder, "data"), SIGNER, SIGNER);
    mkdirSync(join(folder, "cred"), { mode: 0o711 });
  });
  after(() => rmSync(folder, { recursive: true }));

  /** A copy of the identity: root's, of a group, with a mode. */
  const hand = (name: string, gid: number, mode: number): string => {
    const path = join(folder, name);
    copyFileSync(identity, path);
    chownSync(path, 0, gid);
    chmodSync(path, mode);
    return path;
  };
  /** As systemd 254 and newer does: 0400, root's, and an ACL that lets the service's user read. */
  const grant = (name: string): string => {
    const path = hand(name, 0, 0o400);
    const { stdout, stderr } = spawnSync("python3", ["-c", ACL, path, String(SIGNER)], { encoding: "utf8" });
    assert.equal(stdout, "0o440\n", stderr);
    return path;
  };
  const check = (path: string, env: Record<string, string> = {}, groups = "--clear-groups") =>
    asSigner(["config", "check", ...optionsFor(path)], env, groups);
  const optionsFor = (path: string): string[] => [
    ...["--network", "regtest", "--bundle", bundle, "--identity-file", path],
    ...["--data", join(folder, "data", "signer"), "--socket", join(folder, "data", "run", "lsp.sock")],
  ];
  const credentials = (): Record<string, string> => ({ CREDENTIALS_DIRECTORY: join(folder, "cred") });

  test("by systemd, with an ACL: it is taken below $CREDENTIALS_DIRECTORY, and nowhere else", () => {
    const path = grant("cred/signer-identity");
    assert.equal(check(path, credentials()).status, 0, check(path, credentials()).stderr);
    assert.match(check(path).stderr, /\[file_mode\].*mode 440, owner 0:0/);
    const beside = grant("beside");
    assert.match(check(beside, credentials()).stderr, /\[file_mode\]/);
    // Where the file is counts, and not where a link to it is.
    symlinkSync(beside, join(folder, "cred/link"));
    assert.match(check(join(folder, "cred/link"), credentials()).stderr, /\[file_mode\]/);
    const similar = join(folder, "cred-other");
    mkdirSync(similar, { mode: 0o711 });
    assert.match(check(grant("cred-other/signer-identity"), credentials()).stderr, /\[file_mode\]/);
  });

  test("`run` starts with it, too", async () => {
    const path = grant("cred/again");
    const child = spawn("setpriv", setpriv(["run", ...optionsFor(path)]), {
      env: { ...process.env, ...credentials() },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exit = once(child, "exit") as Promise<[number | null]>;
    const [line] = await Promise.race([once(createInterface({ input: child.stdout }), "line"), exit]);
    assert.match(String(line), /^node id /);
    child.kill("SIGTERM");
    assert.deepEqual((await exit)[0], 0);
  });

  test("by kubelet, 0440: it is taken when its group is the signer's own, and not one that it shares", () => {
    assert.equal(check(hand("pod", SIGNER, 0o440)).status, 0);
    assert.match(check(hand("shared", CLIENTS, 0o440), {}, `--groups=${CLIENTS}`).stderr, /\[file_mode\]/);
    for (const mode of [0o444, 0o460, 0o640, 0o450])
      assert.match(check(hand(`pod-${mode}`, SIGNER, mode)).stderr, /\[file_mode\]/, mode.toString(8));
    const own = hand("own", SIGNER, 0o440);
    chownSync(own, SIGNER, SIGNER);
    assert.match(check(own).stderr, /\[file_mode\]/);
  });

  test("a client's socket gets a group that the signer is in; for another one the start ends, and says why", async () => {
    const path = hand("for-group", SIGNER, 0o440);
    const config = join(folder, "data", "signer.json");
    const socket = join(folder, "data", "clients", "lsp.sock");
    writeFileSync(config, JSON.stringify({ clients: [{ name: "lsp", socket, group: CLIENTS }] }));
    const options = [...optionsFor(path).slice(0, -2), "--config", config];
    // Were it to hang, it would be killed after a minute, and have no exit code.
    const refused = asSigner(["run", ...options]);
    assert.deepEqual([refused.status, refused.signal], [1, null]);
    assert(
      refused.stderr.includes(
        `[socket_failed] a socket cannot be made (${socket}: chown: EPERM: this process is not in the group ${CLIENTS})`,
      ),
      refused.stderr,
    );
    assert.match(asSigner(["config", "check", ...options]).stderr, /\[socket_failed\].*chown: EPERM/);
    const child = spawn("setpriv", setpriv(["run", ...options], `--groups=${CLIENTS}`), {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exit = once(child, "exit") as Promise<[number | null]>;
    const [line] = await Promise.race([once(createInterface({ input: child.stdout }), "line"), exit]);
    assert.match(String(line), /^node id /);
    const { gid, mode } = statSync(socket);
    assert.deepEqual([gid, mode & 0o777], [CLIENTS, 0o660]);
    child.kill("SIGTERM");
    assert.equal((await exit)[0], 0);
  });

  test("where only the system says no, after the socket is there, the listener is closed", () => {
    const path = join(folder, "root", "lsp.sock");
    // The program ends itself: what a failed call leaves open shows in one that does not.
    const script = `
      const { listenUnix } = await import(${JSON.stringify(join(ROOT, "core/sockets.ts"))});
      const found = await listenUnix({ path: ${JSON.stringify(path)}, mode: 0o660, group: "${CLIENTS}" }, () => undefined);
      console.log(JSON.stringify(found.error));`;
    mkdirSync(join(folder, "root"), { mode: 0o750 });
    const args = [
      "--bounding-set=-chown",
      "--inh-caps=-chown",
      "--",
      process.execPath,
      "--input-type=module",
      "-e",
      script,
    ];
    const { stdout, stderr, signal } = spawnSync("setpriv", args, { encoding: "utf8", timeout: 60_000 });
    assert.deepEqual(
      [stdout, signal],
      [`${JSON.stringify({ code: "socket_failed", path, reason: "chown: EPERM" })}\n`, null],
      stderr,
    );
    assert.equal(existsSync(path), false);
  });
});

const AS_SIGNER = ["--reuid", String(SIGNER), "--regid", String(SIGNER)];

function setpriv(args: readonly string[], groups = "--clear-groups"): string[] {
  return [...AS_SIGNER, groups, "--", process.execPath, join(ROOT, "signer/main.ts"), ...args];
}

function asSigner(
  args: readonly string[],
  env: Record<string, string> = {},
  groups = "--clear-groups",
): SpawnSyncReturns<string> {
  return spawnSync("setpriv", setpriv(args, groups), {
    encoding: "utf8",
    env: { ...process.env, ...env },
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
}
