import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readSignerConfig } from "../../../signer/app/config.ts";
import { ROOT } from "../../tools/sources.ts";

const docs = readFileSync(join(ROOT, "docs/policy.md"), "utf8");
const base = { network: "regtest", bundle: "b", "identity-file": "i", data: "d", socket: "s" };

/** Whether the configuration knows a key, in `policy` or in a budget: what it does not know, it says by its name. */
function isKnown(key: string): boolean {
  const faultsOf = (policy: object): string => {
    const read = readSignerConfig(JSON.stringify({ ...base, policy }), {});
    return read.ok ? "" : read.error.faults.join("\n");
  };
  return [{ [key]: 1 }, { budget: { [key]: 1 } }].some((policy) => !/[Uu]nrecognized/.test(faultsOf(policy)));
}

test("docs/policy.md names keys as the configuration has them, and no others", () => {
  const keys = new Set([...docs.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, key = ""]) => key));
  assert(keys.has("pause-above") && keys.has("addresses-from") && keys.has("nonce-window-ms"));
  for (const key of keys) assert(isKnown(key), key);
  assert.equal(isKnown("pause-abov"), false);
  // The names that the program's own objects have are nobody's keys.
  assert.deepEqual(docs.match(/`[a-z]+[A-Z]\w*`/g) ?? [], []);
});
