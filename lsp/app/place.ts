import { isIPv6 } from "node:net";

/** `host:port` as a URL has it: an IPv6 address in brackets. */
export function hostPort(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
