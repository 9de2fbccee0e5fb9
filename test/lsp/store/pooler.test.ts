import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openStore } from "../../../lsp/store/store.ts";
import { freePort, startDaemon } from "../../regtest/process.ts";
import { needs } from "../../tools/need.ts";
import { sharedPostgres } from "./kinds.ts";
import { query } from "./postgres.ts";
import { errorCode, numberedKey, value } from "./values.ts";

const START_MS = 60_000;
/** It refuses root, as Postgres does. */
const NOBODY = 65_534;

/** A PgBouncer in front of the shared server: the URL of a database behind it. */
async function startBouncer(t: TestContext, mode: "session" | "transaction" | "statement", more = ""): Promise<string> {
  const server = await sharedPostgres();
  const direct = new URL(await server.newDatabase());
  const folder = mkdtempSync(join(tmpdir(), "pgbouncer-"));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const users = join(folder, "users.txt");
  writeFileSync(users, `"${direct.username}" "${direct.password}"\n`, { mode: 0o644 });
  const ini = `[databases]
* = host=127.0.0.1 port=${direct.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${users}
pool_mode = ${mode}
${more}
`;
  writeFileSync(join(folder, "pgbouncer.ini"), ini, { mode: 0o644 });
  const asNobody = process.getuid?.() === 0 ? [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"] : [];
  const program = ["--pdeathsig", "KILL", "--", "pgbouncer", join(folder, "pgbouncer.ini")];
  const daemon = startDaemon("setpriv", () => [...asNobody, ...program], { folder });
  t.after(async () => {
    await daemon.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  const url = new URL(direct);
  url.port = String(port);
  await daemon.until("ready", START_MS, () =>
    query(url.href, "SELECT 1").then(
      () => true,
      () => undefined,
    ),
  );
  return url.href;
}

const open = (url: string) => openStore({ url, network: "regtest", clock: Date.now });

for (const mode of ["transaction", "statement"] as const) {
  test(`PgBouncer in ${mode} mode is refused by its name`, needs("postgres", "pgbouncer"), async (t) => {
    const url = await startBouncer(t, mode);
    assert.equal(errorCode(await open(url)), "store_pooler");
  });
}

test("so it is where its servers take turns", needs("postgres", "pgbouncer"), async (t) => {
  const url = await startBouncer(t, "transaction", "server_round_robin = 1\nmin_pool_size = 5");
  assert.equal(errorCode(await open(url)), "store_pooler");
});

test("in session mode it serves, and settings hold on each connection", needs("postgres", "pgbouncer"), async (t) => {
  const url = await startBouncer(t, "session");
  const store = value(await open(url));
  const settings = await Promise.all(
    Array.from({ length: 5 }, () =>
      store.transaction(async (trx) => {
        const [found] = await trx
          .selectNoFrom(({ fn, val }) => [
            fn<string>("current_setting", [val("synchronous_commit")]).as("commits"),
            fn<string>("current_setting", [val("statement_timeout")]).as("ends"),
          ])
          .execute();
        return found;
      }),
    ),
  );
  for (const each of settings) assert.deepEqual({ ...value(each) }, { commits: "on", ends: "3s" });
  assert.equal(value(await store.nonces.take(numberedKey(1), 1n)), "accepted");
  value(await store.ping());
  await store.close();
});

test("what it refuses, it says as a breach of protocol", needs("postgres", "pgbouncer"), async (t) => {
  const url = new URL(await startBouncer(t, "session"));
  url.searchParams.set("options", "-c geqo=off");
  assert.equal(errorCode(await open(url.href)), "store_protocol");
});
