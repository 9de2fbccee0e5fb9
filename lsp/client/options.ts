import { parseMsat } from "../money/msat.ts";
import type { Answered, LspClient } from "./client.ts";
import { configLines, depositLines, invoiceLines, type ReportLines } from "./report.ts";

const STRING = { type: "string" } as const;
const BOOLEAN = { type: "boolean" } as const;

/** Of every method. */
export const CLIENT_OPTIONS = {
  ...{ address: STRING, "node-id": STRING, cert: STRING, "server-name": STRING, plaintext: BOOLEAN },
  ...{ "key-file": STRING, lnd: STRING, "lnd-cert": STRING, "lnd-macaroon": STRING },
  ...{ network: STRING, gzip: BOOLEAN, deadline: STRING, json: BOOLEAN },
} as const;

export const METHOD_OPTIONS = {
  ...{ "refund-address": STRING, private: BOOLEAN },
  ...{ "fund-address": STRING, "fund-msat": STRING },
} as const;

type ValuesOf<T> = { readonly [K in keyof T]?: T[K] extends typeof BOOLEAN ? boolean : string };
/** What the command line said. */
export type Values = ValuesOf<typeof CLIENT_OPTIONS> & ValuesOf<typeof METHOD_OPTIONS>;

/** A question that is ready to be asked, and how its answer is shown to a person. */
export type ClientCall = (client: LspClient) => Promise<Shown>;
export interface Shown {
  readonly answer: Awaited<Answered<unknown>>;
  readonly lines: ReportLines;
}

interface Method {
  readonly options: readonly (keyof typeof METHOD_OPTIONS)[];
  /** The call, or the options that it needs. */
  readonly call: (values: Values) => ClientCall | string;
}

export const CLIENT_METHODS: Readonly<Record<string, Method>> = {
  "get-cfg": { options: [], call: () => (client) => shown(client.getCfg(), configLines) },
  "swap-into-ln": {
    options: ["refund-address", "private"],
    call({ "refund-address": refundAddress, private: isPrivate = false }) {
      if (refundAddress === undefined) return "--refund-address";
      return (client) => shown(client.swapIntoLn({ refundAddress, isPrivate }), depositLines);
    },
  },
  "swap-from-ln": {
    options: ["fund-address", "fund-msat"],
    call({ "fund-address": fundAddress, "fund-msat": text = "" }) {
      const fundMsat = /^\d{1,20}$/.test(text) ? parseMsat(BigInt(text)) : undefined;
      if (fundAddress === undefined || fundMsat === undefined) return "--fund-address and --fund-msat";
      return (client) => shown(client.swapFromLn({ fundMsat, fundAddress }), invoiceLines);
    },
  },
};

async function shown<T>(answered: Answered<T>, lines: (value: T) => ReportLines): Promise<Shown> {
  const answer = await answered;
  return { answer, lines: answer.ok ? lines(answer.value.value) : [] };
}
