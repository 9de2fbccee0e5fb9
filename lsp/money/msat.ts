declare const unit: unique symbol;

/** Millisatoshi, as everything of the contract counts: 1000 of them are one satoshi. */
export type Msat = bigint & { readonly [unit]: "msat" };

const UINT64_MAX = 2n ** 64n - 1n;
const MSAT_PER_SAT = 1000n;

/** An amount, if it is one: the wire has it as uint64. */
export function parseMsat(value: bigint): Msat | undefined {
  return isMsat(value) ? value : undefined;
}

/** The least whole number of satoshis that is not below `numerator / denominator` msat, in msat. */
export function ceilToSat(numerator: bigint, denominator: bigint): Msat {
  const sat = denominator * MSAT_PER_SAT;
  return asMsat(((numerator + sat - 1n) / sat) * MSAT_PER_SAT);
}

/** For a constant, and for what arithmetic has made. Throws for what is none: that is a fault of the program. */
export function asMsat(value: bigint): Msat {
  if (!isMsat(value)) throw new RangeError(`${value} is no amount in msat`);
  return value;
}

function isMsat(value: bigint): value is Msat {
  return value >= 0n && value <= UINT64_MAX;
}
