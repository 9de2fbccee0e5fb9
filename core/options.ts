/**
 * `--name=value` as `--name value`, so that every command takes both. A value may be empty, and hold anything; what does
 * not begin so is left as it is.
 */
export function separateValues(args: readonly string[]): string[] {
  return args.flatMap((arg) => {
    const [name] = /^--[a-z][a-z-]*(?==)/.exec(arg) ?? [];
    return name === undefined ? [arg] : [name, arg.slice(name.length + 1)];
  });
}

/** Whether a command line asks for help. Only before any other reading: `--help` is never a value. */
export function asksHelp(args: readonly string[]): boolean {
  return args.includes("--help") || args.includes("-h");
}
