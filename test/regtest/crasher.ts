/** Starts lnd, says its process and folder, and dies without a chance to clean up. */
import { dirname } from "node:path";
import { startLnd } from "./lnd.ts";

const words =
  "about wolf boost other battle asthma refuse wedding few purchase track one " +
  "smooth tunnel immune glass infant tag manual multiply diagram orient wrist agent";
const lnd = await startLnd({ words: words.split(" ") });
process.stdout.write(`${lnd.pid} ${dirname(lnd.certificate)}\n`, () => process.kill(process.pid, "SIGKILL"));
