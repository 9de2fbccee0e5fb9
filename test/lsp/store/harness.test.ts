import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { needs } from "../../tools/need.ts";
import { eventually } from "../../tools/wait.ts";
import { query, startPostgres } from "./postgres.ts";

test("the server runs without rights, its owner in the database too", needs("postgres"), async (t) => {
  const server = await startPostgres();
  t.after(() => server.stop());
  assert.notEqual(statSync(`/proc/${server.pid}`).uid, 0);
  assert.deepEqual(await query(server.url, "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"), [
    { rolsuper: false, rolcreatedb: false },
  ]);
  const [durable] = await query(
    server.url,
    "SELECT current_setting('fsync') AS f, current_setting('synchronous_commit') AS s",
  );
  assert.deepEqual(durable, { f: "on", s: "on" });
});

test("the server does not outlive who started it, however that ended", needs("postgres"), async (t) => {
  // It cannot remove its files either; they are in a folder that the server's user may enter.
  const folder = mkdtempSync(join(tmpdir(), "store-harness-"));
  chmodSync(folder, 0o755);
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  const program = `
    import { startPostgres } from ${JSON.stringify(new URL("./postgres.ts", import.meta.url).href)};
    const { pid } = await startPostgres();
    process.stdout.write(String(pid), () => process.kill(process.pid, "SIGKILL"));
  `;
  const ended = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
    env: { ...process.env, TMPDIR: folder },
  });
  assert.equal(ended.signal, "SIGKILL", ended.stderr);
  const pid = Number(ended.stdout);
  assert.ok(pid > 0);
  await eventually("a server that is gone", () => !existsSync(`/proc/${pid}/exe`));
});
