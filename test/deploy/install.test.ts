import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { stringify } from "yaml";
import { newLspFolder, RIG_NODE_ID, writeSecret, writeTls } from "../lsp/app/rig.ts";
import { writeBundle } from "../signer/service/bundle.ts";
import { needs } from "../tools/need.ts";
import { ROOT } from "../tools/sources.ts";

const page = readFileSync(join(ROOT, "docs/operate.md"), "utf8");
/** Every line that the page has people type, in its order. */
const typed = [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = ""]) => block).join("");
const unit = (path: string) => {
  const text = readFileSync(join(ROOT, path), "utf8");
  return (key: string): string => new RegExp(`^${key}=(.*)$`, "m").exec(text)?.[1] ?? "";
};

/** acl(5) as the kernel stores it: owner, one user, group, mask, others (`linux/posix_acl_xattr.h`). */
const ACL = `
import os, pwd, struct, sys
rows = [(1, 4, -1), (2, 4, pwd.getpwnam("signer").pw_uid), (4, 0, -1), (16, 4, -1), (32, 0, -1)]
acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *row) for row in rows)
os.setxattr(sys.argv[1], "system.posix_acl_access", acl)
`;

const root = process.getuid?.() === 0;
const skip = root ? needs("python3", "systemd").skip : "only root can install, here in a mount namespace of its own";

/**
 * The page's commands, as they stand there, in a mount namespace whose /etc, /run, /var/lib and /usr/local are its own;
 * `systemctl` alone is not there, for nothing starts units without systemd as PID 1. Then the signer is started as its unit
 * says: user, groups, folders, credential with its ACL, dumps off, the executable of mode 0711.
 */
test("the page's install steps give a signer that starts as its unit says, and an LSP whose configuration is in order", {
  skip,
}, async () => {
  const folder = newLspFolder();
  const files = join(folder, "files");
  mkdirSync(files);
  const { bundle } = await writeBundle(files);
  assert.equal(dirname(bundle), files);
  const secret = (name: string, content: string | Buffer): string => writeSecret(join(files, name), content);
  secret("accounts.json", "{}");
  secret(
    "signer.yaml",
    stringify({
      network: "regtest",
      bundle: "/etc/btc-lsp/identity.age",
      data: "/var/lib/signer",
      "metrics-socket": "/run/signer/metrics/metrics.sock",
      clients: [{ name: "lsp", socket: "/run/signer/lsp/lsp.sock", group: "lsp" }],
    }),
  );
  const tls = writeTls(folder);
  for (const [name, from] of [
    ["fullchain.pem", tls.certificate],
    ["lnd-tls.cert", tls.certificate],
    ["privkey.pem", tls["private-key"]],
  ] as const)
    secret(name, readFileSync(from, "utf8"));
  secret("database-url", "postgresql://lsp:s3cret@127.0.0.1/lsp");
  secret("lsp.macaroon", Buffer.from("0201036c6e64", "hex"));
  secret(
    "lsp.yaml",
    stringify({
      network: "regtest",
      "node-id": RIG_NODE_ID,
      listen: { host: "127.0.0.1", port: 0 },
      admin: { port: 0 },
      tls: { certificate: "/etc/btc-lsp/fullchain.pem", "private-key": "/etc/btc-lsp/privkey.pem" },
      database: { "url-file": "/etc/btc-lsp/database-url" },
      lnd: {
        address: "127.0.0.1:10009",
        certificate: "/etc/btc-lsp/lnd-tls.cert",
        "macaroon-file": "/etc/btc-lsp/lsp.macaroon",
      },
      signer: { socket: "/run/signer/lsp/lsp.sock", witness: "/var/lib/lsp/witness.jsonl" },
    }),
  );
  const signer = unit("signer/signer.service");
  const lsp = unit("lsp/lsp.service");
  const script = join(folder, "install.sh");
  // Half a gigabyte of packages is not copied for a test.
  const commands = typed
    .replace(
      /^cp -rL .*$/m,
      `ln -s ${ROOT}/ceremony ${ROOT}/signer ${ROOT}/lsp ${ROOT}/proto ${ROOT}/node_modules ${ROOT}/VERSION ${ROOT}/package.json /usr/local/lib/btc-lsp/`,
    )
    .replaceAll("CHECKOUT", ROOT);
  writeFileSync(
    script,
    `set -eu
mount --make-rprivate /
cp -a /etc ${folder}/etc && mount --bind ${folder}/etc /etc
for each in /run /var/lib /usr/local; do mount -t tmpfs -o mode=0755 tmpfs $each; done
mkdir -p /usr/local/bin
printf '#!/bin/sh\\necho systemctl "$@"\\n' > /usr/local/bin/systemctl && chmod 755 /usr/local/bin/systemctl
PATH=/usr/local/bin:$PATH
cd ${files}
${commands}
stat -c '%U:%G %a %n' /etc/btc-lsp/* /usr/local/lib/btc-lsp/bin/node /var/lib/signer

# The LSP's unit: its user, and its state directory.
install -d -m 0700 -o lsp -g lsp /var/lib/lsp
node=/usr/local/lib/btc-lsp/bin/node
setpriv --reuid ${lsp("User")} --regid ${lsp("Group")} --clear-groups $node /usr/local/lib/btc-lsp/lsp/main.ts config check --config /etc/btc-lsp/lsp.yaml

# The signer's unit: runtime directory, credential, groups, dumps, user.
install -d -m ${signer("RuntimeDirectoryMode")} -o signer -g signer /run/signer
install -d -m 0711 /run/credentials
install -m 0400 /etc/btc-lsp/signer-identity.txt /run/credentials/signer-identity
python3 -c '${ACL}' /run/credentials/signer-identity
export CREDENTIALS_DIRECTORY=/run/credentials
echo 0 > /proc/self/coredump_filter
as_signer="setpriv --reuid ${signer("User")} --regid ${signer("Group")} --groups ${signer("SupplementaryGroups")} --no-new-privs --inh-caps=-all"
umask ${signer("UMask")}
$as_signer ${signer("ExecStart").replace("%d", "$CREDENTIALS_DIRECTORY").replace(" run ", " config check ")}
$as_signer ${signer("ExecStart").replace("%d", "$CREDENTIALS_DIRECTORY")} > ${folder}/out 2> ${folder}/err &
pid=$!
until grep -q '^node id' ${folder}/out; do kill -0 $pid || { cat ${folder}/err; exit 1; }; sleep 0.1; done
stat -c '%U:%G %a %n' /run/signer/lsp/lsp.sock /run/signer/metrics/metrics.sock
setpriv --reuid lsp --regid lsp --clear-groups test -w /run/signer/lsp/lsp.sock && echo the LSP reaches it
kill -TERM $pid && wait $pid && echo ended 0
`,
  );
  const { status, stdout, stderr } = spawnSync("unshare", ["-m", "bash", script], { encoding: "utf8" });
  assert.equal(status, 0, `${stdout}${stderr}`);
  const lines = stdout.split("\n");
  for (const line of [
    "root:root 711 /usr/local/lib/btc-lsp/bin/node",
    "root:root 400 /etc/btc-lsp/signer-identity.txt",
    "root:lsp 640 /etc/btc-lsp/lsp.macaroon",
    "signer:signer 700 /var/lib/signer",
    "systemctl enable --now signer",
    "systemctl enable --now lsp",
    "systemctl enable --now signer-metrics.socket",
    "ok: regtest, TLS on 127.0.0.1:0, Postgres, signed by the signer",
    "ok: rehearsal on regtest",
    "signer:lsp 660 /run/signer/lsp/lsp.sock",
    "signer:signer 660 /run/signer/metrics/metrics.sock",
    "the LSP reaches it",
    "ended 0",
  ])
    assert(lines.includes(line), `${line}\n${stdout}${stderr}`);
  // `signer audit init` prints the key that verifies the log.
  assert(lines.some((line) => /^[0-9a-f]{64}$/.test(line)));
  // An executable that its user may not read: no warning, and dumps were off before.
  const logged = readFileSync(join(folder, "err"), "utf8");
  assert.equal(logged.includes("the executable is readable"), false, logged);
  rmSync(folder, { recursive: true });
});
