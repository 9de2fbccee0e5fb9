import { EXIT } from "../../core/errors.ts";
import { NETWORKS, parseNetwork } from "../../core/network.ts";
import { ok, type Result } from "../../core/result.ts";
import { type LspStartError, readBytes, readStartText } from "../files.ts";
import { type LspClientOptions, openLspClient } from "./client.ts";
import type { ClientError } from "./fault.ts";
import { lndKey, type RequestKey, readKeyFile } from "./key.ts";
import type { ClientCall, Values } from "./options.ts";
import { answerJson, answerText, errorJson, errorText } from "./report.ts";

/**
 * Asks and prints the answer; resolves to the exit code, or to the options that are missing or wrong.
 *
 * @param method the command's name, which a JSON answer repeats
 */
export async function askLsp(values: Values, method: string, call: ClientCall): Promise<number | string> {
  const options = readOptions(values);
  if (typeof options === "string") return options;
  const { json = false, cert } = values;
  const failed = (error: LspStartError | ClientError): number => {
    if (json) process.stdout.write(errorJson(error));
    else process.stderr.write(errorText(error));
    return EXIT.refused;
  };
  const certificate = cert === undefined ? ok(undefined) : readStartText(cert);
  if (!certificate.ok) return failed(certificate.error);
  const key = await openRequestKey(values);
  if (typeof key === "string") return key;
  if (!key.ok) return failed(key.error);
  const { tls, nodeId } = options;
  const trusted =
    tls === "plaintext-loopback" || certificate.value === undefined ? tls : { ...tls, certificate: certificate.value };
  const client = openLspClient({ ...options, tls: trusted, key: key.value.key });
  const { answer, lines } = await call(client);
  client.close();
  key.value.close();
  if (!answer.ok) return failed(answer.error);
  const text = json ? answerJson(answer.value, method, nodeId) : answerText(answer.value, lines, nodeId, Date.now());
  process.stdout.write(text);
  return EXIT.done;
}

/** Everything but files; or what is missing or wrong. */
function readOptions(values: Values): Omit<LspClientOptions, "key"> | string {
  const { address, "node-id": nodeId, cert, "server-name": serverName, plaintext = false, gzip = false } = values;
  if (address === undefined) return "--address HOST:PORT";
  if (nodeId === undefined) return "--node-id HEX: the key that its answers have to be signed by";
  if (plaintext && (cert ?? serverName) !== undefined) return "--plaintext or --cert and --server-name, not both";
  const network = values.network === undefined ? undefined : parseNetwork(values.network);
  if (values.network !== undefined && network === undefined) return `--network ${NETWORKS.join(", ")}`;
  const seconds = /^\d{1,4}(?:\.\d{1,3})?$/.test(values.deadline ?? "10") ? Number(values.deadline ?? "10") : 0;
  if (seconds === 0) return "--deadline SECONDS";
  return {
    address,
    nodeId,
    gzip,
    tls: plaintext ? "plaintext-loopback" : serverName === undefined ? {} : { serverName },
    ...(network === undefined ? {} : { network }),
    ...(values.deadline === undefined ? {} : { deadlineMs: seconds * 1000 }),
  };
}

interface OpenedKey {
  readonly key: RequestKey;
  close(): void;
}

async function openRequestKey(values: Values): Promise<Result<OpenedKey, LspStartError | ClientError> | string> {
  const { "key-file": file, lnd, "lnd-cert": cert, "lnd-macaroon": macaroon } = values;
  const fromLnd = lnd !== undefined && cert !== undefined && macaroon !== undefined;
  if (file !== undefined && (lnd ?? cert ?? macaroon) === undefined) {
    const key = readKeyFile(file);
    return key.ok ? ok({ key: key.value, close: () => undefined }) : key;
  }
  if (file !== undefined || !fromLnd) return "--key-file, or --lnd with --lnd-cert and --lnd-macaroon";
  const certificate = readStartText(cert);
  if (!certificate.ok) return certificate;
  const bytes = readBytes(macaroon, "secret");
  if (!bytes.ok) return bytes;
  // The package behind it takes half a second to load.
  const { openLnd } = await import("../node/lnd.ts");
  const node = openLnd({ target: lnd, certificate: certificate.value, macaroon: bytes.value.toString("hex") });
  const key = await lndKey(node);
  if (!key.ok) node.close();
  return key.ok ? ok({ key: key.value, close: () => node.close() }) : key;
}
