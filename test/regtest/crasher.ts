/** Starts a chain with an lnd on it, says their processes and their folder, and dies without a chance to clean up. */
import { startRegtest } from "./regtest.ts";

const regtest = await startRegtest({ lnds: [{ name: "lsp" }] });
const pids = [regtest.chain.pid, regtest.lnd("lsp").pid];
process.stdout.write(JSON.stringify({ pids, folder: regtest.folder }), () => process.kill(process.pid, "SIGKILL"));
