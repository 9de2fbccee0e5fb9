import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { fail, ok, type Result } from "../../ceremony/result.ts";
import { LND_CALL_MS } from "../limits.ts";
import { type LndApi, type LndPlace, openApi } from "./api.ts";
import { type LndError, lndError, troubleOf } from "./trouble.ts";

export interface LndOptions extends LndPlace {
  /** Of every call that does not say its own. */
  readonly deadlineMs?: number;
}

/** Calls of one lnd as values: none rejects or throws, and each ends within its deadline. */
export interface LndCaller {
  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    ms?: number,
  ): Promise<Result<MessageShape<O>, LndError>>;
  /** For streams; an error where there is no connection to be had, or no longer. */
  api(): Result<LndApi, LndError>;
  close(): void;
}

const CLOSED = lndError("unavailable", "closed");

/**
 * Connects with the first call. Options that cannot be used (a certificate that is none, a macaroon that is not hex) show
 * in every call as `lnd_failed`.
 */
export function openCaller(options: LndOptions): LndCaller {
  const opened = open(options);
  const { deadlineMs = LND_CALL_MS } = options;
  let closed = false;
  const api = (): Result<LndApi, LndError> => (opened.ok && closed ? fail(CLOSED) : opened);
  return {
    api,
    call(method, request, ms = deadlineMs) {
      const usable = api();
      if (!usable.ok) return Promise.resolve(usable);
      return new Promise((resolve) => {
        try {
          usable.value.unary(method, request, Date.now() + ms, (error, answer) => {
            if (error !== null) resolve(fail(troubleOf(error)));
            else if (answer === undefined) resolve(fail(lndError("failed", "an answer without a message")));
            else resolve(ok(answer));
          });
        } catch (error) {
          // What cannot be encoded, and a channel that was closed a moment ago.
          resolve(fail(lndError("failed", String(error))));
        }
      });
    },
    close() {
      closed = true;
      if (opened.ok) opened.value.close();
    },
  };
}

function open(options: LndOptions): Result<LndApi, LndError> {
  if (!/^(?:[0-9a-f]{2})+$/i.test(options.macaroon)) return fail(lndError("failed", "the macaroon is not hex"));
  try {
    return ok(openApi(options));
  } catch {
    return fail(lndError("failed", "the certificate is not one in PEM"));
  }
}
