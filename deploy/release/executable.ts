import { chmodSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname } from "node:path";

export interface ExecutableOptions {
  /** The CommonJS bundle. */
  readonly bundle: string;
  /** The Node binary that is embedded, and that also writes the blob: the two must be one version. */
  readonly node: string;
  readonly nodeVersion: string;
  readonly output: string;
}

/** What pkg's `lib-es5/sea.js` takes; its command line can pass none of `seaConfig`. */
type PkgSea = (
  entry: string,
  options: {
    targets: { nodeRange: string; platform: string; arch: string; output: string }[];
    nodePath: string;
    signature: boolean;
    seaConfig: SeaConfig;
  },
) => Promise<void>;

/** https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html */
interface SeaConfig {
  readonly main: string;
  readonly disableExperimentalSEAWarning: boolean;
  readonly useSnapshot: boolean;
  readonly useCodeCache: boolean;
  readonly execArgv: readonly string[];
  readonly execArgvExtension: "none";
}

/** The configuration of the blob but for its output; `main` is relative, because its text is part of the blob. */
export function seaConfig(main: string): SeaConfig {
  return {
    main,
    disableExperimentalSEAWarning: true,
    // Both are produced by running V8, and differ from one machine to another.
    useSnapshot: false,
    useCodeCache: false,
    // Without it SIGUSR1 opens a debugger on 127.0.0.1:9229.
    execArgv: ["--disable-sigusr1"],
    // Without it NODE_OPTIONS=--require runs anyone's code in the ceremony.
    execArgvExtension: "none",
  };
}

/**
 * Makes one executable of a bundle, mode 0755. The working directory and TMPDIR of the process change meanwhile: pkg
 * goes to a folder of its own in TMPDIR, which lies beside the bundle here, so that the bundle has the same relative
 * name (`../NAME`) wherever the build runs.
 */
export async function makeExecutable(options: ExecutableOptions): Promise<void> {
  const sea = (createRequire(import.meta.url)("@yao-pkg/pkg/lib-es5/sea.js") as { default: PkgSea }).default;
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = dirname(options.bundle);
  try {
    await sea(options.bundle, {
      targets: [{ nodeRange: `node${options.nodeVersion}`, platform: "linux", arch: "x64", output: options.output }],
      nodePath: options.node,
      signature: false,
      seaConfig: seaConfig(`../${basename(options.bundle)}`),
    });
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
  chmodSync(options.output, 0o755);
}
