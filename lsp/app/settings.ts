import type { ServiceSettings } from "../service/parts.ts";
import type { LspConfig } from "./config.ts";

/** What the service has to know of the configuration. */
export function serviceSettings(config: LspConfig): ServiceSettings {
  const { limits } = config;
  return {
    nodeId: config["node-id"],
    network: config.network,
    advertise: config.advertise,
    minChanCapMsat: config["min-chan-cap-msat"],
    perAddress: { perSecond: limits["address-per-second"], burst: limits["address-burst"] },
    perKey: { perSecond: limits["key-per-second"], burst: limits["key-burst"] },
    perAddressDay: {
      answers: limits["address-answers-per-day"],
      newKeys: limits["address-new-keys-per-day"],
    },
  };
}
