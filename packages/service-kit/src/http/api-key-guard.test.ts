import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { apiKeyGuard } from "./api-key-guard.ts";

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
    expect(() => apiKeyGuard({ keys: { now: key }, allowedIps: ["10.0.0.0/33"] })).toThrow("ALLOWED_IPS");
    expect(() => apiKeyGuard({ keys: { now: key }, trustedProxies: ["lb"] })).toThrow("TRUSTED_PROXIES");
  });
});
