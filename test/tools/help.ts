/** Prints a usage and ends, if the command line asks for it: before anything is built or measured. */
export function endWithHelp(usage: string): void {
  if (!process.argv.includes("--help")) return;
  process.stdout.write(usage);
  process.exit(0);
}
