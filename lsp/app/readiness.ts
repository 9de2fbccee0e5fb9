import type { LspErrorCode } from "../errors.ts";

/** What must be well for a request to be answered. */
export const PARTS = ["process", "lnd", "signer", "database"] as const;
export type ReadinessPart = (typeof PARTS)[number];

export interface Trouble {
  readonly part: ReadinessPart;
  readonly code: LspErrorCode;
}

/** Whether requests can be answered now, and what is in the way. */
export interface Readiness {
  /**
   * @param code undefined: the part is well
   * @param about what the code does not say, for the log: the system's word, a rule's name
   */
  set(part: ReadinessPart, code: LspErrorCode | undefined, about?: string): void;
  ready(): boolean;
  /** In the order in which parts were first in trouble. */
  troubles(): readonly Trouble[];
}

/** @param onChange told once of each change of a part, not of each look at it */
export function openReadiness(
  onChange: (part: ReadinessPart, code: LspErrorCode | undefined, about: string) => void,
): Readiness {
  const troubles = new Map<ReadinessPart, LspErrorCode>();
  return {
    set(part, code, about = "") {
      if (troubles.get(part) === code) return;
      if (code === undefined) troubles.delete(part);
      else troubles.set(part, code);
      onChange(part, code, about);
    },
    ready: () => troubles.size === 0,
    troubles: () => [...troubles].map(([part, code]) => ({ part, code })),
  };
}
