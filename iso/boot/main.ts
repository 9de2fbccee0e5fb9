import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { imageEntries, makeInitramfs, makeIso } from "./image.ts";
import { collectParts, sha256OfPart } from "./parts.ts";

const USAGE = `usage: npm run iso -- [--executable FILE] [--output DIR] [--cache DIR]

  Makes the boot test's image of dist/ceremony and Debian's kernel, in dist/boot.
`;

const root = resolve(import.meta.dirname, "../..");
const { values } = parseArgs({
  options: {
    help: { type: "boolean" },
    executable: { type: "string", default: join(root, "dist/ceremony") },
    output: { type: "string", default: join(root, "dist/boot") },
    cache: { type: "string", default: join(root, ".cache/boot") },
  },
});
if (values.help === true) {
  process.stdout.write(USAGE);
  process.exit(0);
}
// npm runs scripts in the checkout and says in INIT_CWD where the caller stands.
const at = (path: string): string => resolve(process.env["INIT_CWD"] ?? "", path);
const output = at(values.output);
mkdirSync(output, { recursive: true });
const result = (name: string): string => join(output, name);

const parts = collectParts(at(values.executable), at(values.cache));
const initramfs = makeInitramfs(imageEntries(parts, readFileSync(at(values.executable))));
writeFileSync(result("vmlinuz"), parts.kernel);
writeFileSync(result("initrd"), initramfs);
makeIso({ kernel: parts.kernel, initramfs, output: result("ceremony-test.iso"), work: result(".work") });
const sums = ["ceremony-test.iso", "initrd", "vmlinuz"].map(
  (name) => `${sha256OfPart(readFileSync(result(name)))}  ${name}\n`,
);
writeFileSync(result("SHA256SUMS"), sums.join(""));
writeFileSync(result("packages.txt"), parts.packages.map(({ name, version }) => `${name} ${version}\n`).join(""));
process.stdout.write(sums.join(""));
