import type { Sum } from "./files.ts";
import type { Signer } from "./signers.ts";
import type { Tier } from "./tier.ts";

/** What one builder signed, once the signature was found good. */
export interface Attestation {
  readonly signer: Signer;
  readonly tier: Tier;
  /** Without the line of the builder's own tools, in which builders must differ. */
  readonly sums: readonly Sum[];
}

/** A path on which builders do not agree: who says what; undefined is a path that somebody does not have. */
export interface Difference {
  readonly path: string;
  readonly said: readonly { readonly name: string; readonly hash: string | undefined }[];
}

/** Two could be one office, one network, one hour. */
export const NEEDED = 3;

export interface Agreement {
  readonly names: number;
  readonly keys: number;
  readonly differences: readonly Difference[];
}

/** Counts who agrees. One who differs is not outvoted: somebody built something else, and that has to be explained. */
export function agreement(attestations: readonly Attestation[]): Agreement {
  const paths = new Set(attestations.flatMap(({ sums }) => sums.map(({ path }) => path)));
  const differences = [...paths].sort().flatMap((path): Difference[] => {
    const said = attestations.map(({ signer, sums }) => ({
      name: signer.name,
      hash: sums.find((sum) => sum.path === path)?.hash,
    }));
    return new Set(said.map(({ hash }) => hash)).size > 1 ? [{ path, said }] : [];
  });
  return {
    names: new Set(attestations.map(({ signer }) => signer.name)).size,
    keys: new Set(attestations.map(({ signer }) => signer.fingerprint)).size,
    differences,
  };
}

export function isEnough({ names, keys, differences }: Agreement): boolean {
  return names >= NEEDED && keys >= NEEDED && differences.length === 0;
}
