import { Client } from "pg";
import { isLoopback } from "../../core/hosts.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import type { StoreError } from "./errors.ts";

/**
 * Whether the database may be reached by this URL: on this machine in any way, elsewhere with `sslmode=verify-full` alone.
 * What the driver makes of `require` changes with its versions, and whoever answers in the server's place is told a
 * password in clear if he asks for it.
 *
 * @param url libpq's, `postgres://` or `postgresql://`; it shows in no error
 */
export function judgeReach(url: string): Result<undefined, StoreError> {
  if (!/^postgres(ql)?:\/\//.test(url)) return fail({ code: "store_url", detail: "not postgres://" });
  let host: string;
  try {
    // The driver's own reading of it, certificates that it names included.
    ({ host } = new Client({ connectionString: url }));
  } catch {
    // Without its message, which repeats the URL.
    return fail({ code: "store_url", detail: "not understood, or a file that it names cannot be read" });
  }
  if (host.startsWith("/") || host === "localhost" || isLoopback(host)) return ok(undefined);
  const { searchParams } = new URL(url);
  const modes = new Set(searchParams.getAll("sslmode"));
  const isVerified = modes.size === 1 && modes.has("verify-full") && !searchParams.has("uselibpqcompat");
  return isVerified ? ok(undefined) : fail({ code: "store_plaintext", detail: host });
}
