/**
 * A service in a process of its own: `host.ts` for load, `host.ts inline`, which leaves the second thread out, or
 * `host.ts die POINT NTH FOLDER`, which is killed there. Prints where it is and ends when its standard input does.
 */
import assert from "node:assert/strict";
import { Secret } from "../../ceremony/seed/secret.ts";
import { openKey } from "../../signer/key/key.ts";
import { inlineSigning } from "../../signer/service/signing.ts";
import { dyingAt, FAILPOINT_NAMES } from "./failpoints.ts";
import { KEY_HEX, NODE_ID } from "./frames.ts";
import { type RigOptions, startRig } from "./rig.ts";

function onOneThread(): RigOptions {
  const key = openKey(Secret.take(Buffer.from(KEY_HEX, "hex")), NODE_ID);
  assert(key.ok);
  const { sign } = inlineSigning(key.value);
  return { wrapSigning: ({ close }) => ({ sign, close }) };
}

const [how, point, nth, folder = ""] = process.argv.slice(2);
const failpoint = FAILPOINT_NAMES.find((name) => name === point);
const dying = failpoint === undefined ? undefined : dyingAt(failpoint, Number(nth));
const rig = await startRig(
  dying === undefined ? (how === "inline" ? onOneThread() : {}) : { ...dying.options, folder },
);
dying?.arm();
process.stdout.write(`${JSON.stringify({ folder: rig.folder, socket: rig.socket, admin: rig.admin })}\n`);
process.stdin.resume();
process.stdin.on("end", () => void rig.end());
