/** Keys of today, on a disk or in a token. RSA and ECDSA have parameters that an auditor would have to judge. */
const TYPES = ["ssh-ed25519", "sk-ssh-ed25519@openssh.com"];

export const isTokenType = (type: string): boolean => type.startsWith("sk-");

/** The strings of RFC 4251 that a blob is made of; undefined if it is not whole strings. */
export function stringsOf(blob: Buffer): Buffer[] | undefined {
  const strings: Buffer[] = [];
  let at = 0;
  while (at + 4 <= blob.length) {
    const end = at + 4 + blob.readUInt32BE(at);
    strings.push(blob.subarray(at + 4, end));
    at = end;
  }
  return at === blob.length ? strings : undefined;
}

/**
 * Whether a blob is a public key of one of the two types. RFC 8709: the type, then 32 bytes; a token's key has the name of
 * what it is for as a third string (OpenSSH's PROTOCOL.u2f).
 */
export function isKeyBlob(blob: Buffer, type: string): boolean {
  const [name, point, ...more] = stringsOf(blob) ?? [];
  const isWhole = name?.toString("latin1") === type && point?.length === 32;
  return TYPES.includes(type) && isWhole && more.length === (isTokenType(type) ? 1 : 0);
}
