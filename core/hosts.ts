import { BlockList, isIP } from "node:net";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Whether `host` is an address that no other machine can reach. A name is not: who answers for it may change. */
export function isLoopback(host: string): boolean {
  const version = isIP(host);
  return version !== 0 && LOOPBACK.check(host, version === 4 ? "ipv4" : "ipv6");
}

/** The remote address of a socket: without a zone, and IPv4 as IPv4 also where the socket is a dual one (RFC 4291 2.5.5.2). */
export function plainAddress(address: string): string {
  const [host = ""] = address.split("%");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host);
  return mapped?.[1] ?? host;
}

/**
 * What limits count by: an IPv4 address, or the /64 of an IPv6 one, for that is what one customer is given (RFC 6177) and
 * could change its address within at each connection.
 *
 * @param address as `plainAddress` returns it
 */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [left = "", right] = address.split("::");
  const head = left === "" ? [] : left.split(":");
  const tail = right === undefined || right === "" ? [] : right.split(":");
  // A dotted end stands for two groups.
  const groups = head.length + tail.length + (address.includes(".") ? 1 : 0);
  const zeros = right === undefined ? [] : new Array<string>(8 - groups).fill("0");
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(":")}::/64`;
}
