import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { bits, type Der, explicit, implicit, octets, oid, positive, sequence, setOf, TRUE, time, utf8 } from "./der.ts";

/**
 * X.509 for one signer and its clients: a private authority, whose key is needed again only for another client, a server
 * certificate and one for each client. Node can read certificates and not write them; this is RFC 5280 as far as three
 * kinds of certificate go, and spares an `openssl` of unknown version. P-256, which every TLS stack of a client has.
 */
export interface Credential {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly privateKey: string;
  /** SHA-256 of the certificate, lower-case hex: what the configuration pins. */
  readonly fingerprint: string;
}

export interface Authority extends Credential {
  readonly key: KeyObject;
  readonly name: string;
}

export interface CertificateValidity {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

const DAY_MS = 86_400_000;

/** From an hour ago, because no two clocks agree. */
export function validFor(days: number, nowMs: number): CertificateValidity {
  return { from: nowMs - 3_600_000, to: nowMs + days * DAY_MS };
}

const OID = {
  commonName: "2.5.4.3",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyId: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

/** keyUsage bits: digitalSignature for an end, keyCertSign and cRLSign for the authority. */
const SIGNS = bits(Buffer.from([0x80]), 7);
const CERTIFIES = bits(Buffer.from([0x06]), 1);

/** A new authority that may sign ends only (path length 0). */
export function makeAuthority(name: string, validity: CertificateValidity): Authority {
  const { privateKey, publicKey } = newKeys();
  const own = extension(OID.basicConstraints, sequence(TRUE, positive(Buffer.from([0]))), true);
  const extensions = [own, extension(OID.keyUsage, CERTIFIES, true), subjectKey(publicKey)];
  const der = certify({ subject: name, publicKey, issuer: name, validity, extensions }, privateKey);
  return { ...credential(der, privateKey), key: privateKey, name };
}

/** A server certificate for these host names and addresses. */
export function makeServer(authority: Authority, hosts: readonly string[], validity: CertificateValidity): Credential {
  const names = hosts.map((host) =>
    isIP(host) === 0 ? implicit(2, Buffer.from(host)) : implicit(7, addressBytes(host)),
  );
  return makeEnd(authority, hosts[0] ?? "signer", OID.serverAuth, validity, [
    extension(OID.subjectAltName, sequence(...names)),
  ]);
}

/** A client certificate. Its name is for people: the fingerprint is what says whose it is. */
export function makeClient(authority: Authority, name: string, validity: CertificateValidity): Credential {
  return makeEnd(authority, name, OID.clientAuth, validity, []);
}

function makeEnd(
  authority: Authority,
  subject: string,
  purpose: string,
  validity: CertificateValidity,
  more: readonly Der[],
): Credential {
  const { privateKey, publicKey } = newKeys();
  const issuerKey = new X509Certificate(authority.certificate).publicKey;
  const extensions = [
    extension(OID.basicConstraints, sequence(), true),
    extension(OID.keyUsage, SIGNS, true),
    extension(OID.extendedKeyUsage, sequence(oid(purpose))),
    subjectKey(publicKey),
    extension(OID.authorityKeyId, sequence(implicit(0, keyId(issuerKey)))),
    ...more,
  ];
  const der = certify({ subject, publicKey, issuer: authority.name, validity, extensions }, authority.key);
  return credential(der, privateKey);
}

interface Contents {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly issuer: string;
  readonly validity: CertificateValidity;
  readonly extensions: readonly Der[];
}

function certify({ subject, publicKey, issuer, validity, extensions }: Contents, issuerKey: KeyObject): Der {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const serial = randomBytes(16);
  // Neither negative nor with a zero in front (RFC 5280 4.1.2.2: positive, at most 20 octets).
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
  const body = sequence(
    explicit(0, positive(Buffer.from([2]))),
    positive(serial),
    algorithm,
    nameOf(issuer),
    sequence(time(validity.from), time(validity.to)),
    nameOf(subject),
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...extensions)),
  );
  return sequence(body, algorithm, bits(sign("sha256", body, issuerKey)));
}

const newKeys = (): { privateKey: KeyObject; publicKey: KeyObject } =>
  generateKeyPairSync("ec", { namedCurve: "prime256v1" });

const nameOf = (common: string): Der => sequence(setOf(sequence(oid(OID.commonName), utf8(common))));

const extension = (id: string, value: Der, critical = false): Der =>
  critical ? sequence(oid(id), TRUE, octets(value)) : sequence(oid(id), octets(value));

const subjectKey = (key: KeyObject): Der => extension(OID.subjectKeyId, octets(keyId(key)));

/** RFC 7093 2.1: the first 160 bits of the SHA-256 of the public key. */
function keyId(key: KeyObject): Buffer {
  return createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest()
    .subarray(0, 20);
}

function addressBytes(host: string): Buffer {
  if (isIP(host) === 4) return Buffer.from(host.split(".").map(Number));
  const [left = "", right] = host.split("::");
  const groups = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const [head, tail] = [groups(left), groups(right ?? "")];
  const zeros = new Array<number>(right === undefined ? 0 : 8 - head.length - tail.length).fill(0);
  return Buffer.from([...head, ...zeros, ...tail].flatMap((group) => [group >> 8, group & 0xff]));
}

function credential(der: Der, privateKey: KeyObject): Credential {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    fingerprint: createHash("sha256").update(der).digest("hex"),
  };
}

/** An authority read back from its two PEM files. */
export function readAuthority(certificate: string, key: KeyObject): Authority {
  const { subject, raw } = new X509Certificate(certificate);
  return {
    certificate,
    privateKey: "",
    fingerprint: createHash("sha256").update(raw).digest("hex"),
    key,
    name: subject.replace(/^CN=/, ""),
  };
}
