import { fail, type Result } from "../../../core/result.ts";
import type { LndFunding, Negotiation } from "../../../lsp/node/funding.ts";
import { openingRefusal } from "../../../lsp/node/refusals.ts";
import type { LndError } from "../../../lsp/node/trouble.ts";
import type { LndWallet } from "../../../lsp/node/wallet.ts";

export type CallName = `wallet.${keyof LndWallet}` | `funding.${keyof LndFunding}`;

/** Where a call can be made to fail: `before` its effect, or `after` it, when only the answer is lost. */
export interface CallPoint {
  readonly name: CallName;
  readonly when: "before" | "after";
  /** Of the calls of this name, which one; from 1. */
  readonly nth: number;
}

export interface WatchedCalls {
  readonly wallet: LndWallet;
  readonly funding: LndFunding;
  /** How often each was called. */
  readonly counts: ReadonlyMap<CallName, number>;
  reset(): void;
}

/**
 * The calls of an lnd, counted, each of which fails where `fails` says so. It may throw as well: what a crash of the caller
 * is to a test. Works on the fake and on a real one.
 */
export function watchCalls(
  { wallet, funding }: Pick<WatchedCalls, "wallet" | "funding">,
  fails: (point: CallPoint) => LndError | undefined = () => undefined,
): WatchedCalls {
  const counts = new Map<CallName, number>();
  const count = (name: CallName): number => {
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    return nth;
  };
  const watched = <T extends object>(target: T, folder: "wallet" | "funding"): T =>
    Object.fromEntries(
      Object.entries(target).map(([key, call]) => [
        key,
        async (...args: unknown[]): Promise<Result<unknown, LndError>> => {
          const name = `${folder}.${key}` as CallName;
          const nth = count(name);
          const before = fails({ name, when: "before", nth });
          if (before !== undefined) return fail(before);
          const answer = await (call as (...args: unknown[]) => Promise<Result<unknown, LndError>>)(...args);
          const after = fails({ name, when: "after", nth });
          return after === undefined ? answer : fail(after);
        },
      ]),
    ) as T;
  const open = (request: Parameters<LndFunding["open"]>[0]): Negotiation => {
    const nth = count("funding.open");
    const lost = (error: LndError) => fail({ ...error, why: openingRefusal(error.detail) });
    const before = fails({ name: "funding.open", when: "before", nth });
    if (before !== undefined) return { funding: Promise.resolve(lost(before)), close: () => undefined };
    const { funding: asked, close } = funding.open(request);
    const answered = asked.then((answer) => {
      const after = fails({ name: "funding.open", when: "after", nth });
      return after === undefined ? answer : lost(after);
    });
    return { funding: answered, close };
  };
  return {
    wallet: watched(wallet, "wallet"),
    funding: { ...watched(funding, "funding"), open },
    counts,
    reset: () => counts.clear(),
  };
}
