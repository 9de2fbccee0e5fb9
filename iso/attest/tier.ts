/** What a builder says of the Node that he built with: the first line of TOOLS, `tier: NAME`. */
export const TIERS = {
  lock: "the same bytes, of the packages that the lock names, Node's binary among them",
  "node-rebuilt": "the same, and Node's binary compiled by the builder from Node's sources, to the same bytes",
} as const;

export type Tier = keyof typeof TIERS;

const LINE = /^tier: (.*)$/gm;

/** The tier that a TOOLS names; undefined if its first line is none, or another line is one too. */
export function tierOf(tools: string): Tier | undefined {
  const [found, ...more] = [...tools.matchAll(LINE)];
  const isTier = (name: string): name is Tier => Object.hasOwn(TIERS, name);
  const name = found?.[1] ?? "";
  return found?.index === 0 && more.length === 0 && isTier(name) ? name : undefined;
}

export const tierLine = (tier: Tier): string => `tier: ${tier}\n`;
