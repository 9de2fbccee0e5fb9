/**
 * `node iso/attest/bill.ts STORE_PATHS EXECUTABLE_BILL VERSION`: the bill of materials of the image, CycloneDX 1.6 on
 * standard output. The first file lists the store paths of the running system, one a line, as `closureInfo` of nixpkgs
 * writes them.
 */
import { readFileSync } from "node:fs";

interface ExecutableBill {
  readonly metadata: { readonly component: { readonly "bom-ref": string } & Readonly<Record<string, unknown>> };
  readonly components: readonly { readonly "bom-ref": string }[];
}

/** 32 digits of Nix' own base 32, and the name. */
const STORE_PATH = /^\/nix\/store\/[0-9a-df-np-sv-z]{32}-([A-Za-z0-9+._?=-]+)$/;

/** A store path's name and version, cut where `builtins.parseDrvName` cuts: before the first hyphen and a digit. */
export function parseName(name: string): { readonly name: string; readonly version: string } {
  const at = name.search(/-\d/);
  return at === -1 ? { name, version: "" } : { name: name.slice(0, at), version: name.slice(at + 1) };
}

/**
 * Every store path is a component; its hash covers all that it was built from, so the path itself is what identifies it.
 * The executable's own bill is one of them, whole.
 */
function imageBill(paths: readonly string[], executable: ExecutableBill, version: string): string {
  const components = [...new Set(paths)].sort().map((path) => {
    const full = STORE_PATH.exec(path)?.[1];
    if (full === undefined) throw new Error(`not a store path: ${path}`);
    const { name, version: its } = parseName(full);
    const part = { type: "library", "bom-ref": path, name, ...(its === "" ? {} : { version: its }) };
    return { ...part, properties: [{ name: "nix:store_path", value: path }] };
  });
  const program = { ...executable.metadata.component, components: executable.components };
  const root = `ceremony-image@${version}`;
  const bill = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { type: "operating-system", "bom-ref": root, name: "ceremony-image", version } },
    components: [program, ...components],
    dependencies: [{ ref: root, dependsOn: [program, ...components].map((part) => part["bom-ref"]) }],
  };
  return `${JSON.stringify(bill, undefined, 2)}\n`;
}

if (import.meta.main) {
  const [list = "", executable = "", version = ""] = process.argv.slice(2);
  const paths = readFileSync(list, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  process.stdout.write(imageBill(paths, JSON.parse(readFileSync(executable, "utf8")) as ExecutableBill, version));
}
