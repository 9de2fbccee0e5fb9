import { get } from "node:http";
import { createServer } from "node:net";
import { daysLeft, untimely } from "../../core/tlspair.ts";
import { errnoOrCode, type LspStartError, refuse } from "../files.ts";
import type { LspConfig } from "./config.ts";
import type { Materials } from "./materials.ts";
import { hostPort } from "./place.ts";

/** What `lsp run` would refuse of a configuration whose files were read, and what is good to know of it. */
export interface LspStartCheck {
  readonly faults: readonly LspStartError[];
  readonly notes: readonly string[];
}

/** Looks at certificates and ports; with an LSP that runs, its ports are not tried. Nothing stays open. */
export async function checkLspStart(config: LspConfig, { certificates }: Materials): Promise<LspStartCheck> {
  const faults: LspStartError[] = [];
  const notes: string[] = [];
  const now = Date.now();
  for (const [use, { path, validity }] of certificates) {
    const late = untimely(validity, now);
    if (late === undefined) notes.push(`certificate of ${use}: ${Math.floor(daysLeft(validity, now))} days left`);
    else faults.push(refuse(late, path).error);
  }
  if (await isAlive(config.admin)) notes.push("an LSP answers on the admin port: ports were not tried");
  else faults.push(...(await portFaults(config)));
  return { faults, notes };
}

/** Opened at the same time: two keys may name one port. */
async function portFaults({ listen, admin }: LspConfig): Promise<LspStartError[]> {
  const places = [
    { code: "server_listen", place: listen },
    { code: "admin_listen", place: admin },
  ] as const;
  const servers = places.map(() => createServer());
  const faults: LspStartError[] = [];
  for (const [at, { code, place }] of places.entries()) {
    const fault = await new Promise<string | undefined>((resolve) => {
      servers[at]
        ?.once("error", (error) => resolve(errnoOrCode(error)))
        .listen(place.port, place.host, () => resolve(undefined));
    });
    if (fault !== undefined) faults.push(refuse(code, `${hostPort(place.host, place.port)}: ${fault}`).error);
  }
  for (const server of servers) server.close();
  return faults;
}

const ALIVE_MS = 2_000;

function isAlive({ host, port }: LspConfig["admin"]): Promise<boolean> {
  if (port === 0) return Promise.resolve(false);
  return new Promise((resolve) => {
    const call = get({ host, port, path: "/livez", timeout: ALIVE_MS, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve(false));
  });
}
