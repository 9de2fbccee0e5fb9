import { accessSync, constants } from "node:fs";

/**
 * What the driver reads of a URL. It takes every other name too and does nothing with it, where libpq refuses it: a
 * misspelt `sslmode` would be no TLS without a word.
 */
const PARAMETERS = new Set([
  ...["host", "port", "user", "password", "application_name", "options", "client_encoding"],
  ...["sslmode", "sslrootcert", "sslcert", "sslkey", "sslnegotiation", "uselibpqcompat"],
  ...["connect_timeout", "keepalives", "target_session_attrs"],
]);
/** Those of them that libpq has and the driver has not. */
const NOT_HERE: Readonly<Record<string, string>> = {
  connect_timeout: "is not read here: lsp/limits.ts has it",
  keepalives: "is not read here: they are on",
  target_session_attrs: "is not read here: one host, which must be writable",
};
const MODES = new Set(["disable", "prefer", "require", "verify-ca", "verify-full", "no-verify"]);
const FILES = ["sslrootcert", "sslcert", "sslkey"];

/**
 * What is wrong with the URL of a Postgres, in words that quote nothing but names of parameters and files: it holds a
 * password. Undefined: nothing.
 */
export function urlFault(text: string): string | undefined {
  if (!/^postgres(?:ql)?:\/\/\S+$/.test(text)) return "no postgresql:// URL";
  // Before it is read: `URL` takes `a,b` for one name, and has no place for a second port.
  const authority = /^\w+:\/\/([^/?#]*)/.exec(text)?.[1] ?? "";
  const hosts = authority.slice(authority.lastIndexOf("@") + 1);
  if (hosts.includes(","))
    return "more than one host: the driver connects to one; name the one that moves with the server";
  let url: URL;
  try {
    // A host may be left out where a parameter names a folder of sockets.
    url = new URL(hosts === "" ? text.replace(/^(\w+:\/\/[^/?#]*)/, "$1localhost") : text);
  } catch {
    // Its message repeats the URL.
    return "not understood";
  }
  const twice = [...new Set(url.searchParams.keys())].find((name) => url.searchParams.getAll(name).length > 1);
  if (twice !== undefined) return `the parameter ${shown(twice)} is there twice`;
  for (const [name, value] of url.searchParams) {
    const fault = NOT_HERE[name] ?? parameterFault(name, value);
    if (fault !== undefined) return `the parameter ${shown(name)} ${fault}`;
  }
  return undefined;
}

function parameterFault(name: string, value: string): string | undefined {
  if (!PARAMETERS.has(name)) return "is not known";
  if (name === "host" && value.includes(",")) return "names more than one host";
  if (name === "sslmode" && !MODES.has(value)) return "is none of libpq's";
  return FILES.includes(name) ? fileFault(value) : undefined;
}

function fileFault(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    return `names ${path}: ${error instanceof Error && "code" in error ? String(error.code) : "unknown"}`;
  }
}

/** A name that somebody mistyped may be anything; it may be a value that slipped. */
function shown(name: string): string {
  return /^\w{1,40}$/.test(name) ? name : "with an odd name";
}
