// Reads a host as people write it into a setting: a name, an IPv4 or an IPv6 address. Every setting
// is read in this one way, because a parser that takes what it does not understand for "localhost"
// connects to another machine than the one that was meant.
import { isIP } from "node:net";

export const hostExpected = "expected a host name or an IP address, without scheme, user, port or path";

const label = /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

/**
 * Gives the host without an IPv6 address's brackets. Undefined when the text is anything but a
 * host.
 */
export function readHost(text: string): string | undefined {
  const host = text.trim();
  const address = /^\[(.*)\]$/.exec(host)?.[1];
  if (address !== undefined) return isIP(address) === 6 && !address.includes("%") ? address : undefined;
  if (isIP(host) !== 0) return host.includes("%") ? undefined : host;
  const labels = host.replace(/\.$/, "").split(".");
  // A name that ends in a number is a misspelt address, which some resolvers read in octal (WHATWG
  // URL 3.5).
  if (/^(\d+|0x[0-9a-f]*)$/i.test(labels.at(-1) as string)) return undefined;
  return host.length <= 253 && labels.every((part) => label.test(part)) ? host : undefined;
}

/** Gives the host as it stands in a URL. */
export function hostInUrl(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}
