/** A service in a process of its own, for load and for strace: `host.ts FOLDER`. Ends when its standard input does. */
import { startRig } from "./rig.ts";

const [folder] = process.argv.slice(2);
const rig = await startRig(folder === undefined ? {} : { folder });
process.stdout.write(`${JSON.stringify({ folder: rig.folder, socket: rig.socket, admin: rig.admin })}\n`);
process.stdin.resume();
process.stdin.on("end", () => void rig.end());
