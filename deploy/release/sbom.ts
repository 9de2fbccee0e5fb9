import type { NpmPackage } from "./packages.ts";

export interface SbomOptions {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the executable, hex. */
  readonly hash: string;
  readonly packages: readonly NpmPackage[];
  /** The package that brings the runtime, and SHA-256 of the binary in it. */
  readonly runtime: NpmPackage & { readonly hash: string };
  /** What the runtime itself is built of: `process.versions`. */
  readonly runtimeParts: Readonly<Record<string, string>>;
}

/** Numbers of interfaces in `process.versions`, not software. */
const INTERFACES = new Set(["node", "modules", "napi"]);

const purl = ({ name, version }: NpmPackage) => `pkg:npm/${name.replace("@", "%40")}@${version}`;

function hashes(integrity: string) {
  const [algorithm, base64] = integrity.split("-");
  if (algorithm !== "sha512" || base64 === undefined) throw new Error(`not a sha512 integrity: ${integrity}`);
  return { alg: "SHA-512", content: Buffer.from(base64, "base64").toString("hex") };
}

function component(type: "library" | "platform", entry: NpmPackage) {
  const ref = purl(entry);
  return {
    type,
    "bom-ref": ref,
    name: entry.name,
    version: entry.version,
    licenses: [{ license: { id: entry.license } }],
    purl: ref,
    // Of the archive that the package came in, not of a file in it.
    externalReferences: [{ type: "distribution", url: ref, hashes: [hashes(entry.integrity)] }],
  };
}

/**
 * A CycloneDX 1.6 bill of what is in an executable: the packages that gave bytes to it, and the runtime with its own
 * parts. No serial number and no time of day: the same program has the same bill.
 */
export function makeSbom(options: SbomOptions): string {
  const root = `${options.name}@${options.version}`;
  const runtime = component("platform", options.runtime);
  const parts = Object.entries(options.runtimeParts)
    .filter(([name]) => !INTERFACES.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, version]) => ({ type: "library", "bom-ref": `node:${name}@${version}`, name, version }));
  const libraries = options.packages.map((entry) => component("library", entry));
  const bill = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": root,
        name: options.name,
        version: options.version,
        hashes: [{ alg: "SHA-256", content: options.hash }],
      },
    },
    components: [
      { ...runtime, hashes: [{ alg: "SHA-256", content: options.runtime.hash }], components: parts },
      ...libraries,
    ],
    compositions: [{ aggregate: "complete", assemblies: [root] }],
    dependencies: [{ ref: root, dependsOn: [runtime, ...libraries].map((entry) => entry["bom-ref"]) }],
  };
  return `${JSON.stringify(bill, undefined, 2)}\n`;
}
