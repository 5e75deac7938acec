// The address of a caller: lists of addresses and blocks, and the header X-Forwarded-For, which
// counts only when a listed proxy sends it.
import type { IncomingMessage } from "node:http";
import { BlockList, isIP, SocketAddress } from "node:net";
import { CovaultError } from "@covault/errors";

export interface AddressList {
  readonly empty: boolean;
  has(address: string): boolean;
}

/**
 * Gives an address in one spelling, so that one list and one count serve all of them. IPv4 mapped
 * into IPv6 becomes IPv4, and a zone is left out. Undefined when the text is no address.
 */
export function readAddress(text: string): string | undefined {
  const version = isIP(text);
  if (version === 0) return undefined;
  if (version === 4) return text;
  const { address } = new SocketAddress({ address: text.replace(/%.*$/, ""), family: "ipv6" });
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

/**
 * `cidrs` are addresses or blocks, such as `10.0.0.0/8` and `::1`. Throws config/bad-value for
 * anything else, with the name of `variable`.
 */
export function addressList(cidrs: readonly string[], variable = "ALLOWED_IPS"): AddressList {
  const list = new BlockList();
  for (const text of cidrs) {
    const [first = "", prefix, ...rest] = text.split("/");
    const network = first.includes("%") ? undefined : readAddress(first);
    const version = isIP(network ?? "");
    const bits = prefix === undefined ? (version === 4 ? 32 : 128) : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
    if (network === undefined || rest.length > 0 || bits < 0 || bits > (version === 4 ? 32 : 128))
      throw new CovaultError("config/bad-value", `${variable}: expected an address or a CIDR block, got ${JSON.stringify(text)}.`);
    list.addSubnet(network, bits, version === 4 ? "ipv4" : "ipv6");
  }
  return {
    empty: cidrs.length === 0,
    has(address) {
      const one = readAddress(address);
      return one !== undefined && list.check(one, isIP(one) === 4 ? "ipv4" : "ipv6");
    },
  };
}

/**
 * Reads a hop as proxies write it: `203.0.113.7`, `203.0.113.7:51234`, `2001:db8::1`,
 * `[2001:db8::1]` or `[2001:db8::1]:443`, each also in quotes. Undefined when the text is none of
 * these.
 */
function readHop(text: string): string | undefined {
  const hop = text.trim().replace(/^"(.*)"$/, "$1");
  const [, v6, v4] = /^(?:\[([^\]]*)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/.exec(hop) ?? [];
  if (v6 !== undefined) return isIP(v6) === 6 ? readAddress(v6) : undefined;
  return readAddress(v4 ?? hop);
}

/**
 * Gives the caller's address. X-Forwarded-For counts only when the socket's peer is in `proxies`.
 * Then the rightmost address that is not itself a listed proxy is the caller's, since the caller
 * may have written everything to its left. Throws http/unreadable-address when that way leads to
 * something that is no address. If it were passed over, every stranger would seem to be the proxy,
 * and the proxy may be in the allow list.
 */
export function clientAddress(request: IncomingMessage, proxies: AddressList): string {
  const peer = readAddress(request.socket.remoteAddress ?? "") ?? "";
  if (proxies.empty || !proxies.has(peer)) return peer;
  const header = request.headers["x-forwarded-for"];
  if (header === undefined && request.headers.forwarded === undefined) return peer;
  if (header === undefined) throw unreadable(`The proxy ${peer} sends the header Forwarded and no X-Forwarded-For, and only that is read.`);
  const hops = (Array.isArray(header) ? header.join(",") : header).split(",");
  let caller = peer;
  for (const text of hops.reverse()) {
    const hop = readHop(text);
    if (hop === undefined)
      throw unreadable(
        `X-Forwarded-For, as the proxy ${caller} wrote it, has ${JSON.stringify(text.trim().slice(0, 60))} where an address belongs.`,
      );
    caller = hop;
    if (!proxies.has(hop)) break;
  }
  return caller;
}

function unreadable(message: string): CovaultError {
  return new CovaultError("http/unreadable-address", message);
}

/**
 * Gives the network whose attempts count together: an IPv4 address, or the /64 of an IPv6 address,
 * in which one caller has as many addresses as it likes.
 */
export function networkOf(text: string): string {
  const address = readAddress(text) ?? text;
  if (isIP(address) !== 6) return address;
  const [left = "", right] = address.split("::");
  const groups = left === "" ? [] : left.split(":");
  const tail = right === undefined || right === "" ? [] : right.split(":");
  const all = right === undefined ? groups : [...groups, ...Array<string>(8 - groups.length - tail.length).fill("0"), ...tail];
  return `${all.slice(0, 4).join(":")}::/64`;
}
