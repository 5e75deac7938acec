// Who is calling, by network address: CIDR lists, and X-Forwarded-For only from a listed proxy (pitfalls 38).
import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import { CovaultError } from "@covault/errors";

export interface AddressList {
  readonly empty: boolean;
  has(address: string): boolean;
}

/** IPv4 addresses mapped into IPv6 count as IPv4, so that one list serves a dual-stack socket. */
function plain(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] ?? address;
}

/** `cidrs`: addresses or blocks, `10.0.0.0/8`, `::1`. Throws config/bad-value for anything else, naming `variable`. */
export function addressList(cidrs: readonly string[], variable = "ALLOWED_IPS"): AddressList {
  const list = new BlockList();
  for (const text of cidrs) {
    const [network = "", prefix, ...rest] = text.split("/");
    const version = isIP(plain(network));
    const bits = prefix === undefined ? (version === 4 ? 32 : 128) : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
    if (version === 0 || rest.length > 0 || bits < 0 || bits > (version === 4 ? 32 : 128))
      throw new CovaultError("config/bad-value", `${variable}: expected an address or a CIDR block, got ${JSON.stringify(text)}.`);
    list.addSubnet(plain(network), bits, version === 4 ? "ipv4" : "ipv6");
  }
  return {
    empty: cidrs.length === 0,
    has(address) {
      const one = plain(address);
      const version = isIP(one);
      return version !== 0 && list.check(one, version === 4 ? "ipv4" : "ipv6");
    },
  };
}

/**
 * The caller's address. X-Forwarded-For counts only when the socket's peer is in `proxies`; then the rightmost address that is
 * not itself a listed proxy is the caller, since everything to its left was written by the caller.
 */
export function clientAddress(request: IncomingMessage, proxies: AddressList): string {
  const peer = plain(request.socket.remoteAddress ?? "");
  if (proxies.empty || !proxies.has(peer)) return peer;
  const header = request.headers["x-forwarded-for"];
  const hops = (Array.isArray(header) ? header.join(",") : (header ?? "")).split(",").map((hop) => plain(hop.trim()));
  let caller = peer;
  for (const hop of hops.reverse()) {
    if (isIP(hop) === 0) break;
    caller = hop;
    if (!proxies.has(hop)) break;
  }
  return caller;
}
