import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { addressList, clientAddress, networkOf } from "./addresses.ts";

const proxies = addressList(["192.0.2.0/24", "2001:db8:ffff::/48"]);
function request(remoteAddress: string, headers: Record<string, string> = {}): IncomingMessage {
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
}
const callerBy = (forwarded: string) => clientAddress(request("192.0.2.1", { "x-forwarded-for": forwarded }), proxies);

describe("a list of addresses", () => {
  it("counts IPv4 mapped into IPv6 as IPv4, however it is spelt", () => {
    for (const address of ["10.9.9.9", "::ffff:10.9.9.9", "::FFFF:a09:909", "0:0:0:0:0:ffff:10.9.9.9"])
      expect([address, addressList(["10.0.0.0/8"]).has(address)]).toEqual([address, true]);
    expect(addressList(["2001:db8::/32"]).has("2001:DB8:1:0::7")).toBe(true);
    expect(addressList(["fe80::/10"]).has("fe80::1%eth0")).toBe(true);
    expect(addressList(["2001:db8::/32"]).has("10.0.0.1")).toBe(false);
    expect(addressList(["0.0.0.0/0"]).has("")).toBe(false);
  });

  it("refuses what is no block", () => {
    for (const block of ["10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/8/8", "example.org", "10.0.0.0/-1", "10.0.0.0/", "fe80::1%eth0"])
      expect(() => addressList([block]), block).toThrow("expected an address or a CIDR block");
  });
});

describe("the caller's address", () => {
  it("is the peer's unless the peer is a listed proxy", () => {
    const forwarded = { "x-forwarded-for": "10.0.0.1" };
    expect(clientAddress(request("203.0.113.9", forwarded), addressList([]))).toBe("203.0.113.9");
    expect(clientAddress(request("203.0.113.9", forwarded), addressList(["192.0.2.1"]))).toBe("203.0.113.9");
    expect(clientAddress(request("::ffff:192.0.2.1"), proxies)).toBe("192.0.2.1");
  });

  it("is the rightmost hop that is no listed proxy, so that a caller cannot write its own", () => {
    expect(callerBy("10.0.0.1, 203.0.113.9, 192.0.2.7")).toBe("203.0.113.9");
    expect(callerBy("unknown, 203.0.113.9, 192.0.2.7")).toBe("203.0.113.9");
    expect(callerBy("192.0.2.8, 192.0.2.7")).toBe("192.0.2.8");
  });

  it.each([
    ["203.0.113.7:51234", "203.0.113.7"],
    ["[2001:db8::1]:443", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["2001:DB8:0::1", "2001:db8::1"],
    ['"[2001:db8::1]:443"', "2001:db8::1"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["[::ffff:cb00:7107]:80", "203.0.113.7"],
    ["10.0.0.1, 203.0.113.7:1 , 192.0.2.9:443,[2001:db8:ffff::2]:8443", "203.0.113.7"],
  ])("is read from %j", (forwarded, address) => {
    expect(callerBy(forwarded)).toBe(address);
  });

  it.each([
    "unknown",
    "203.0.113.7,",
    "203.0.113.7, ,192.0.2.7",
    "",
    "_hidden",
    "caller.example",
    "203.0.113.7:",
    "203.0.113.7:port",
    "[203.0.113.7]:80",
    "[2001:db8::1",
    "2001:db8::1]:443",
    "203.0.113.07",
    "203.0.113.256",
    "for=203.0.113.7",
    "10.0.0.1, unknown, 192.0.2.7",
  ])("is refused when the way to it leads to %j", (forwarded) => {
    expect(() => callerBy(forwarded)).toThrow(expect.objectContaining({ code: "http/unreadable-address" }));
  });

  it("is refused when the proxy names it only in the header Forwarded, which is not read", () => {
    const forwarded = { forwarded: "for=203.0.113.7" };
    expect(() => clientAddress(request("192.0.2.1", forwarded), proxies)).toThrow(
      expect.objectContaining({ code: "http/unreadable-address", message: expect.stringContaining("192.0.2.1") }),
    );
    expect(clientAddress(request("203.0.113.9", forwarded), proxies)).toBe("203.0.113.9");
    expect(clientAddress(request("192.0.2.1", { ...forwarded, "x-forwarded-for": "203.0.113.7" }), proxies)).toBe("203.0.113.7");
  });
});

it("attempts of one IPv6 network count together, those of IPv4 by address", () => {
  expect(networkOf("203.0.113.7")).toBe("203.0.113.7");
  expect(["2001:db8::1", "2001:db8:0:0:9::1", "2001:db8::9:0:0:1"].map(networkOf)).toEqual(Array(3).fill("2001:db8:0:0::/64"));
  for (const [address, network] of [
    ["2001:0DB8:0:0001::1", "2001:db8:0:1::/64"],
    ["::1", "0:0:0:0::/64"],
    ["::", "0:0:0:0::/64"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0::/64"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
  ] as const)
    expect([address, networkOf(address)]).toEqual([address, network]);
});
