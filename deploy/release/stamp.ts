import { hashSources } from "../../ceremony/host/identity.ts";

/** All that the bytes of an executable depend on, but its own first module: esbuild reads the two JSON files too. */
const BUILT_FROM = [
  ...["VERSION", "ceremony", "deploy/release", "package-lock.json", "package.json"],
  ...["core/payload.ts", "tsconfig.json"],
];

/**
 * What a build of `entry` leaves in `.stamp`: an executable with another stamp is not of this tree. Undefined when the
 * tree is not whole.
 */
export function stampOf(root: string, entry: string): string | undefined {
  const names = BUILT_FROM.some((name) => entry.startsWith(`${name}/`)) ? BUILT_FROM : [...BUILT_FROM, entry];
  const hash = hashSources(root, names);
  return hash.ok ? hash.value : undefined;
}
