import type { Shell } from "./install.ts";
import { CONSOLE_FONT, TOOL_NAMES, TOOLS, type Tool, type ToolName } from "./list.ts";
import type { ToolMachine } from "./machine.ts";

interface FakeOptions {
  readonly missing?: readonly ToolName[];
  readonly root?: boolean;
  readonly debian?: boolean;
  readonly go?: string;
  /** Whether a line fails, given the lines before it. */
  readonly refuse?: (line: string, before: readonly string[]) => boolean;
}

interface FakeMachine extends ToolMachine {
  readonly shell: Shell;
  /** What the shell was asked to run. */
  readonly lines: string[];
}

/** A machine on which everything is found but what is said to be missing, until the shell has installed its package. */
export function fakeMachine(options: FakeOptions): FakeMachine {
  const { root = true, debian = true, go = "1.26.8", refuse = () => false } = options;
  const missing = new Set<string>(options.missing);
  const lines: string[] = [];
  return {
    root,
    lines,
    which: (command) => (missing.has(toolOf(command)) ? undefined : `/usr/bin/${command}`),
    exists(path) {
      if (path === "/etc/debian_version") return debian;
      if (path === CONSOLE_FONT) return !missing.has("font");
      const owner = TOOL_NAMES.find((name) => (TOOLS[name] as Tool).files?.includes(path));
      return owner !== undefined && !missing.has(owner);
    },
    output(command, args) {
      if (command === "go") {
        return missing.has("go") ? undefined : `go version go${go} linux/amd64\n`;
      }
      if (command === "cargo") return missing.has("cargo") ? undefined : "cargo 1.95.0 (f2d3ce0bd 2026-03-21)\n";
      return missing.has(args.includes("tmpfs") ? "tmpfs" : command) ? undefined : "";
    },
    shell(program, args) {
      const line = [program, ...args].join(" ");
      const failed = refuse(line, [...lines]);
      lines.push(line);
      if (!failed && args.includes("install")) {
        for (const name of [...missing] as ToolName[]) {
          const { debian: packageName } = TOOLS[name];
          if (packageName !== undefined && args.includes(packageName)) {
            missing.delete(name);
          }
        }
      }
      return !failed;
    },
  };
}

function toolOf(command: string): string {
  return TOOL_NAMES.find((name) => (TOOLS[name] as Tool).programs?.includes(command)) ?? command;
}
