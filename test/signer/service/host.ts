/**
 * A service in a process of its own: `host.ts` for load, `host.ts inline`, which leaves the second thread out, or
 * `host.ts die POINT NTH FOLDER`, which is killed there. Prints where it is and ends when its standard input does.
 */
import assert from "node:assert/strict";
import { Secret } from "../../../core/secret.ts";
import { inlineSigning } from "../../../signer/engine/signing.ts";
import { openKey } from "../../../signer/key/key.ts";
import { dyingAt, FAILPOINT_NAMES } from "./failpoints.ts";
import { FRAMES_NODE_ID, KEY_HEX } from "./frames.ts";
import { type SignerRigOptions, startSignerRig } from "./rig.ts";

function onOneThread(): SignerRigOptions {
  const key = openKey(Secret.take(Buffer.from(KEY_HEX, "hex")), FRAMES_NODE_ID);
  assert(key.ok);
  const { sign } = inlineSigning(key.value);
  return { wrapSigning: ({ close }) => ({ sign, close }) };
}

const [how, point, nth, folder = ""] = process.argv.slice(2);
const failpoint = FAILPOINT_NAMES.find((name) => name === point);
const dying = failpoint === undefined ? undefined : dyingAt(failpoint, Number(nth));
const rig = await startSignerRig(
  dying === undefined ? (how === "inline" ? onOneThread() : {}) : { ...dying.options, folder },
);
dying?.arm();
process.stdout.write(`${JSON.stringify({ folder: rig.folder, socket: rig.socket, admin: rig.admin })}\n`);
process.stdin.resume();
process.stdin.on("end", () => void rig.end());
