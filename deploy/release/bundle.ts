import { writeFileSync } from "node:fs";
import { build } from "esbuild";

export interface BundleOptions {
  /** The folder that every path is relative to, so that no path of this machine gets into the file. */
  readonly root: string;
  /** The program's first module, relative to `root`. */
  readonly entry: string;
  readonly version: string;
  readonly output: string;
}

/** The names, relative to the root, of the files that gave at least one byte to the bundle, sorted. */
export type BundleInputs = readonly string[];

/**
 * Bundles a program into one CommonJS file, the only form that a SEA of Node 24 starts. Dynamic imports stay lazy: each
 * becomes a function in the same file that runs when it is first asked for.
 */
export async function bundleSources(options: BundleOptions): Promise<BundleInputs> {
  const result = await build({
    absWorkingDir: options.root,
    entryPoints: [options.entry],
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node24",
    // Readable and the same everywhere: what is in the file can be compared with the sources by eye.
    minify: false,
    sourcemap: false,
    charset: "ascii",
    // A linked node_modules must give the same bytes as a real one: the names of inputs become comments.
    preserveSymlinks: true,
    // safe-buffer fills gaps of Node 4; aez asks for it only for `Buffer`.
    alias: { "safe-buffer": "node:buffer" },
    define: { BUNDLED_VERSION: JSON.stringify(options.version), "import.meta.dirname": "__dirname" },
    write: false,
    metafile: true,
    logLevel: "warning",
  });
  const [file] = result.outputFiles;
  const [output] = Object.values(result.metafile.outputs);
  if (file === undefined || output === undefined) throw new Error(`esbuild gave no file for ${options.entry}`);
  writeFileSync(options.output, file.contents);
  return Object.entries(output.inputs)
    .filter(([, input]) => input.bytesInOutput > 0)
    .map(([path]) => path)
    .sort();
}
