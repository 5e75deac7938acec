import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { addressList, clientAddress } from "./addresses.ts";
import { apiKeyGuard, equalSecrets } from "./auth.ts";

const key = "0123456789abcdef0123456789abcdef";
function request(remoteAddress: string, headers: Record<string, string> = {}): IncomingMessage {
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
}

describe("the API key guard", () => {
  const guard = apiKeyGuard({ keys: { old: "f".repeat(32), now: key }, allowedIps: ["10.0.0.0/8", "::1"] });

  it("lets a valid key from an allowed address through and says whose it is", async () => {
    expect(await guard(request("10.1.2.3", { "x-api-key": key }))).toEqual({ key: "now", address: "10.1.2.3" });
  });

  it("refuses a missing and a wrong key with the same answer", () => {
    const refusal = (headers: Record<string, string>) => {
      try {
        guard(request("::1", headers));
        return "let through";
      } catch (error) {
        return { code: (error as { code: string }).code, message: (error as Error).message };
      }
    };
    expect(refusal({})).toEqual({ code: "http/unauthorized", message: "The API key is missing or wrong." });
    expect(refusal({ "x-api-key": `${key}0` })).toEqual(refusal({}));
    expect(refusal({ "x-api-key": "" })).toEqual(refusal({}));
  });

  it("refuses another address before it looks at the key", () => {
    expect(() => guard(request("11.0.0.1", { "x-api-key": key }))).toThrow(expect.objectContaining({ code: "http/address-refused" }));
    expect(() => guard(request("11.0.0.1"))).toThrow(expect.objectContaining({ code: "http/address-refused" }));
  });

  it("refuses to start without a key, with a short one, or with a wrong block", () => {
    expect(() => apiKeyGuard({ keys: {} })).toThrow("No API key");
    expect(() => apiKeyGuard({ keys: { a: "short" } })).toThrow("expected at least 16");
    for (const block of ["10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/8/8", "example.org", "10.0.0.0/-1", "10.0.0.0/"])
      expect(() => addressList([block]), block).toThrow("expected an address or a CIDR block");
  });

  it("compares secrets of any two lengths", () => {
    expect([equalSecrets("a", "a"), equalSecrets("a", "ab"), equalSecrets("", "a")]).toEqual([true, false, false]);
  });
});

describe("the caller's address", () => {
  it("counts IPv4 mapped into IPv6 as IPv4", () => {
    expect(addressList(["10.0.0.0/8"]).has("::ffff:10.9.9.9")).toBe(true);
    expect(addressList(["2001:db8::/32"]).has("2001:db8:1::7")).toBe(true);
    expect(addressList(["2001:db8::/32"]).has("10.0.0.1")).toBe(false);
    expect(addressList(["0.0.0.0/0"]).has("")).toBe(false);
  });

  it("ignores X-Forwarded-For unless the peer is a listed proxy", () => {
    const forwarded = { "x-forwarded-for": "10.0.0.1" };
    expect(clientAddress(request("203.0.113.9", forwarded), addressList([]))).toBe("203.0.113.9");
    expect(clientAddress(request("203.0.113.9", forwarded), addressList(["192.0.2.1"]))).toBe("203.0.113.9");
  });

  it("takes the rightmost hop that is no listed proxy, so that a caller cannot write its own address", () => {
    const proxies = addressList(["192.0.2.0/24"]);
    const headers = { "x-forwarded-for": "10.0.0.1, 203.0.113.9, 192.0.2.7" };
    expect(clientAddress(request("192.0.2.1", headers), proxies)).toBe("203.0.113.9");
    expect(clientAddress(request("192.0.2.1", { "x-forwarded-for": "10.0.0.1, nonsense" }), proxies)).toBe("192.0.2.1");
    expect(clientAddress(request("192.0.2.1"), proxies)).toBe("192.0.2.1");
  });
});
