import { test } from "node:test";
import { howToInstall, missingTools, type ToolName } from "./list.ts";
import { type ToolMachine, thisMachine } from "./machine.ts";

/**
 * Options of a test that cannot run without system tools: `test("…", needs("zbarimg"), () => …)`.
 *
 * Where one is missing the test is skipped, and the reason names the tool and how to get it. With `CI=true` the tool
 * itself becomes a failing test: a green run there must mean that everything ran.
 */
export function needs(...names: [ToolName, ...ToolName[]]): { skip: string | false } {
  const { skip, failures } = judge(thisMachine, process.env["CI"], names);
  for (const failure of failures) {
    test(failure, () => {
      throw new Error(failure);
    });
  }
  return { skip };
}

/** The decision of `needs`, apart from the machine that it runs on. */
export function judge(
  machine: ToolMachine,
  ci: string | undefined,
  names: readonly ToolName[],
): { skip: string | false; failures: string[] } {
  const reasons = missingTools(machine, names).map((name) => `needs ${name}: ${howToInstall(name)}`);
  if (reasons.length === 0) {
    return { skip: false, failures: [] };
  }
  return { skip: reasons.join(" | "), failures: ci === "true" ? reasons : [] };
}
