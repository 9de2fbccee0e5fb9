import { stringify } from "yaml";
import { amountsFor, FEE_MIN, FEE_RATE } from "../money/amounts.ts";
import type { LspConfig } from "./config.ts";
import { hostPort } from "./place.ts";

/**
 * What `lsp run` would make of a configuration: one line, and then what the signer must be told so that it signs the
 * answers of GetCfg (`policy.advertised` of its own configuration).
 */
export function describe(config: LspConfig): string {
  const { network, listen, plaintext, database, signer } = config;
  const transport = `${plaintext ? "plaintext" : "TLS"} on ${hostPort(listen.host, listen.port)}`;
  const store = database.folder === undefined ? "Postgres" : "PGlite";
  const line = `ok: ${network}, ${transport}, ${store}, signed by ${signer === "lnd" ? "lnd" : "the signer"}\n`;
  return signer === "lnd" ? line : `${line}${advertised(config)}`;
}

function advertised({ advertise, "min-chan-cap-msat": capacity }: LspConfig): string {
  const amounts = amountsFor(capacity);
  if (amounts === undefined || advertise === undefined) return "";
  const { min, max } = amounts;
  return `\n# for the signer\n${stringify({
    policy: {
      advertised: {
        nodes: [advertise],
        "swap-into-ln-min-msat": min,
        "swap-into-ln-max-msat": max,
        "swap-from-ln-min-msat": min,
        "swap-from-ln-max-msat": max,
        "fee-rate": FEE_RATE,
        "min-fee-msat": FEE_MIN,
      },
    },
  })}`;
}
