import { networkOf } from "../../core/hosts.ts";
import { Service } from "../../proto/gen/btc_lsp_pb.js";
import { ADDRESS_ENTRIES_MAX } from "../limits.ts";
import { amountsFor } from "../money/amounts.ts";
import type { Incoming, Outgoing } from "../server/exchange.ts";
import { openBuckets } from "../server/ratelimit.ts";
import { answerOfCheck } from "./checks.ts";
import { openGetCfg } from "./getcfg.ts";
import { HEALTH_PATH, openHealthMethod } from "./health.ts";
import { method, type ServiceMethod } from "./methods.ts";
import type { ServiceParts } from "./parts.ts";
import { openServicePipeline } from "./pipeline.ts";
import { planSwapFromLn } from "./swapfromln.ts";
import { planSwapIntoLn } from "./swapintoln.ts";
import { openVerifier, type Verifier } from "./verifier.ts";

/** The signed API behind the server: its three functions are what `openServer` asks. */
export interface LspService {
  /** Rejects for a fault of the program alone; the server makes INTERNAL of it. */
  handle(incoming: Incoming): Promise<Outgoing>;
  known(path: string): boolean;
  /** Counts one request of this remote address; false: it is over its rate. */
  admit(address: string): boolean;
  close(): Promise<void>;
}

/** @throws RangeError for a channel capacity that the configuration would not have taken */
export function openService(parts: ServiceParts, verifier: Verifier = openVerifier()): LspService {
  const { settings, monotonic, ready } = parts;
  const amounts = amountsFor(settings.minChanCapMsat);
  if (amounts === undefined) throw new RangeError(`no amounts for a channel of ${settings.minChanCapMsat} msat`);
  const { getCfg, swapIntoLn, swapFromLn } = Service.method;
  const methods: ReadonlyMap<string, ServiceMethod> = new Map(
    [
      method(getCfg, openGetCfg(parts, amounts)),
      method(swapIntoLn, (request) => planSwapIntoLn(request, settings.network, parts.creation)),
      method(swapFromLn, planSwapFromLn),
    ].map((each) => [each.path, each]),
  );
  const pipeline = openServicePipeline(parts, verifier);
  const health = openHealthMethod(ready);
  const addresses = openBuckets(settings.perAddress, ADDRESS_ENTRIES_MAX);
  return {
    handle(incoming) {
      const known = methods.get(incoming.path);
      if (known !== undefined) return pipeline(known, incoming);
      return Promise.resolve(incoming.path === HEALTH_PATH ? health(incoming) : answerOfCheck("unknown_method"));
    },
    known: (path) => methods.has(path) || path === HEALTH_PATH,
    admit: (address) => addresses.take(networkOf(address), monotonic()),
    close: () => verifier.close(),
  };
}
