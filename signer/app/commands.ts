import { parseArgs } from "node:util";
import { EXIT } from "../../core/errors.ts";
import { asksHelp, separateValues } from "../../core/options.ts";
import { signerErrorLine } from "./errors.ts";
import type { SignerOptionsGiven } from "./materials.ts";

const out = (text: string): void => void process.stdout.write(text);
const err = (text: string): void => void process.stderr.write(text);

const STRING = { type: "string" } as const;
const LIST = { type: "string", multiple: true } as const;
const CONFIG_OPTIONS = {
  ...{
    config: STRING,
    network: STRING,
    mode: STRING,
    bundle: STRING,
    "identity-file": STRING,
    "passphrase-fd": STRING,
  },
  ...{ halves: { type: "boolean" } as const, data: STRING, socket: STRING, "admin-socket": STRING },
  ...{ "metrics-port": STRING, "metrics-socket": STRING, accounts: STRING, "log-level": STRING },
};
const EXPLAIN_OPTIONS = { method: STRING, direction: STRING, "node-id": STRING, client: STRING, at: STRING };
const CERTS_OPTIONS = { out: STRING, host: LIST, client: LIST, days: STRING };

/** Runs one command and resolves to the exit code. Each loads its own modules, and only those. */
export async function dispatchSigner(args: readonly string[]): Promise<number> {
  stayWithCaller();
  const [command, ...rest] = args;
  if (command === undefined || asksHelp(args)) {
    out((await import("./usage.ts")).SIGNER_USAGE);
    return EXIT.done;
  }
  switch (command) {
    case "--version":
      out(`${(await import("../../core/version.ts")).packageVersion()}\n`);
      return EXIT.done;
    case "audit":
      return audit(rest);
    case "recipient": {
      const { runRecipient } = await import("../bundle/recipient.ts");
      const { processPassphraseIo } = await import("../bundle/prompt.ts");
      return runRecipient(rest, { ...processPassphraseIo(), stdout: out, stderr: err });
    }
    default:
      return configured(command, rest);
  }
}

async function configured(command: string, rest: readonly string[]): Promise<number> {
  switch (command) {
    case "run":
      return withOptions(rest, CONFIG_OPTIONS, 0, async (options) => (await import("./run.ts")).runSigner(options));
    case "config":
      if (rest[0] !== "check") return usage("config check");
      return withOptions(rest.slice(1), CONFIG_OPTIONS, 0, checkConfig);
    case "policy":
      return withOptions(rest, CONFIG_OPTIONS, 0, async (options) =>
        (await import("./judgement.ts")).runPolicy(options),
      );
    case "explain":
      return withOptions(rest, { ...CONFIG_OPTIONS, ...EXPLAIN_OPTIONS }, 1, async (options, [frame]) =>
        (await import("./judgement.ts")).runExplain(frame, options),
      );
    case "certs":
      return withOptions(rest, CERTS_OPTIONS, 0, async (options) => (await import("./certs.ts")).runCerts(options));
    case "pause":
    case "resume":
    case "status":
      return withOptions(rest, CONFIG_OPTIONS, 0, (options) => admin(command, options));
    case "nonces":
      if (rest[0] !== "reset") return usage("nonces reset");
      return withOptions(rest.slice(1), CONFIG_OPTIONS, 0, (options) => admin("nonces-reset", options));
    case "next-address":
      return withOptions(rest, CONFIG_OPTIONS, 1, (options, [index]) =>
        /^(?:0|[1-9]\d{0,9})$/.test(index ?? "")
          ? admin(`next-address ${index}`, options)
          : Promise.resolve(usage("next-address needs the index of the address that comes next")),
      );
    default:
      return usage(`unknown command ${command}`);
  }
}

async function audit(given: readonly string[]): Promise<number> {
  const rest = separateValues(given);
  const { runAudit } = await import("../audit/commands.ts");
  const data = rest[rest.indexOf("--data") + 1];
  if (rest[0] === "init" && rest.includes("--data") && data !== undefined) {
    const prepared = (await import("./materials.ts")).prepareData(data);
    if (!prepared.ok) {
      err(signerErrorLine(prepared.error.code, prepared.error.about));
      return EXIT.refused;
    }
  }
  return runAudit(rest, { stdout: out, stderr: err });
}

async function checkConfig(options: SignerOptionsGiven): Promise<number> {
  const { loadSignerConfig: loadConfig } = await import("./materials.ts");
  const config = loadConfig(options);
  if (!config.ok) {
    err(signerErrorLine(config.error.code, ""));
    for (const fault of config.error.about.split("; ")) err(`  ${fault}\n`);
    return EXIT.refused;
  }
  const { checkSignerStart: checkStart } = await import("./check.ts");
  const { faults, notes } = await checkStart(config.value);
  for (const { code, about } of faults) err(signerErrorLine(code, about));
  if (faults.length > 0) return EXIT.refused;
  const { network, mode, clients } = config.value;
  out(`ok: ${mode} on ${network}\n`);
  for (const { name, socket, fingerprints } of clients)
    out(`client ${name}: ${[...(socket === undefined ? [] : [socket]), ...fingerprints].join(" ")}\n`);
  for (const note of notes) out(`${note}\n`);
  return EXIT.done;
}

/** The admin socket's path is all that these need: a whole configuration only where one was given. */
async function admin(command: string, options: SignerOptionsGiven): Promise<number> {
  const { loadSignerConfig: loadConfig } = await import("./materials.ts");
  let path = options["admin-socket"];
  if (path === undefined && options["config"] !== undefined) {
    const config = loadConfig(options);
    if (config.ok) path = config.value["admin-socket"];
  }
  if (path === undefined && options["data"] !== undefined) path = `${options["data"]}/admin.sock`;
  if (typeof path !== "string") return usage(`${command} needs --admin-socket, --data or --config`);
  const answer = await (await import("./ask.ts")).askSignerAdmin(path, command);
  if (answer === undefined) {
    err(signerErrorLine("admin_unreachable", path));
    return EXIT.refused;
  }
  out(`${answer}\n`);
  // A person or a probe asks whether it signs; the other two ask whether it was done.
  return answer.includes(command === "status" ? '"serving":true' : '"ok":true') ? EXIT.done : EXIT.refused;
}

async function withOptions(
  args: readonly string[],
  options: NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>,
  positionals: 0 | 1,
  act: (options: SignerOptionsGiven, positionals: readonly string[]) => Promise<number>,
): Promise<number> {
  let parsed: { readonly values: SignerOptionsGiven; readonly positionals: readonly string[] };
  try {
    const { values, positionals: rest } = parseArgs({
      args: [...args],
      options,
      strict: true,
      allowPositionals: positionals > 0,
    });
    parsed = { values: values as SignerOptionsGiven, positionals: rest };
  } catch (error) {
    return usage(error instanceof Error ? error.message : "");
  }
  if (parsed.positionals.length > positionals) return usage(`unknown argument ${parsed.positionals[positionals]}`);
  return act(parsed.values, parsed.positionals);
}

function usage(why: string): number {
  err(signerErrorLine("usage", why));
  return EXIT.usage;
}

/** npm runs scripts in the checkout and says in INIT_CWD where the caller stands: relative paths are the caller's. */
function stayWithCaller(): void {
  const caller = process.env["INIT_CWD"];
  if (caller !== undefined && process.env["npm_lifecycle_event"] !== undefined) process.chdir(caller);
}
