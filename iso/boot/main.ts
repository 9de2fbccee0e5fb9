import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { imageEntries, makeInitramfs, makeIso } from "./image.ts";
import { collectParts, sha256 } from "./parts.ts";

const root = resolve(import.meta.dirname, "../..");
const { values } = parseArgs({
  options: {
    executable: { type: "string", default: join(root, "dist/ceremony") },
    output: { type: "string", default: join(root, "dist/boot") },
    cache: { type: "string", default: join(root, ".cache/boot") },
  },
});
const output = resolve(values.output);
mkdirSync(output, { recursive: true });
const at = (name: string): string => join(output, name);

const parts = collectParts(resolve(values.executable), resolve(values.cache));
const initramfs = makeInitramfs(imageEntries(parts, readFileSync(resolve(values.executable))));
writeFileSync(at("vmlinuz"), parts.kernel);
writeFileSync(at("initrd"), initramfs);
makeIso({ kernel: parts.kernel, initramfs, output: at("ceremony-test.iso"), work: at(".work") });
const sums = ["ceremony-test.iso", "initrd", "vmlinuz"].map((name) => `${sha256(readFileSync(at(name)))}  ${name}\n`);
writeFileSync(at("SHA256SUMS"), sums.join(""));
writeFileSync(at("packages.txt"), parts.packages.map(({ name, version }) => `${name} ${version}\n`).join(""));
process.stdout.write(sums.join(""));
