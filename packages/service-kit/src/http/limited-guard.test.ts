import type { IncomingMessage } from "node:http";
import { CovaultError, type ErrorCode } from "@covault/errors";
import { describe, expect, it } from "vitest";
import { memoryRateLimit } from "../messages/rate-limit/memory.ts";
import { apiKeyGuard } from "./api-key-guard.ts";
import { limitedGuard } from "./limited-guard.ts";

const key = "0123456789abcdef0123456789abcdef";
const request = (remoteAddress: string, apiKey: string) =>
  ({ socket: { remoteAddress }, headers: { "x-api-key": apiKey } }) as unknown as IncomingMessage;

function setup() {
  const clock = { ms: 0 };
  const guard = limitedGuard({
    guard: apiKeyGuard({ keys: { one: key, two: key.toUpperCase() } }),
    rate: memoryRateLimit({ monotonicMs: () => clock.ms }),
    service: "test",
    calls: { limit: 3, windowMs: 1_000 },
    refusals: { limit: 2, windowMs: 10_000 },
  });
  const outcome = async (address: string, apiKey: string) => {
    try {
      return (await guard(request(address, apiKey))).key;
    } catch (error) {
      const { code, retryAfterMs } = error as { code: string; retryAfterMs?: number };
      return retryAfterMs === undefined ? code : `${code} ${retryAfterMs}`;
    }
  };
  return { clock, outcome };
}

describe("a guard with limits", () => {
  it("lets each key call as often as its limit, and says when it may again", async () => {
    const { clock, outcome } = setup();
    for (let n = 0; n < 3; n++) expect(await outcome("10.0.0.1", key)).toBe("one");
    expect(await outcome("10.0.0.2", key)).toBe("http/too-many-requests 1000");
    expect(await outcome("10.0.0.1", key.toUpperCase())).toBe("two");
    clock.ms += 1_000;
    expect(await outcome("10.0.0.1", key)).toBe("one");
  });

  it("makes an address wait after too many wrong keys, and the right one then tells nothing", async () => {
    const { clock, outcome } = setup();
    for (let n = 0; n < 2; n++) expect(await outcome("10.0.0.1", "wrong")).toBe("http/unauthorized");
    expect(await outcome("10.0.0.1", "wrong")).toBe("http/too-many-requests 10000");
    expect(await outcome("10.0.0.1", key)).toBe("http/too-many-requests 10000");
    expect(await outcome("10.0.0.2", key)).toBe("one");
    clock.ms += 10_000;
    expect(await outcome("10.0.0.1", key)).toBe("one");
  });

  it("counts no request without a key, so that probes keep nobody out", async () => {
    const { outcome } = setup();
    for (let n = 0; n < 22; n++) expect(await outcome("10.0.0.1", "")).toBe("http/unauthorized");
    expect(await outcome("10.0.0.1", key)).toBe("one");
  });

  it("counts only wrong keys: not a refused address, and not a key that could not be looked up", async () => {
    const rate = memoryRateLimit({ monotonicMs: () => 0 });
    let code: ErrorCode = "http/address-refused";
    const guard = limitedGuard({
      guard: async () => {
        throw new CovaultError(code, "No.");
      },
      rate,
      service: "test",
      refusals: { limit: 1, windowMs: 10_000 },
    });
    const ask = () => expect(guard(request("10.0.0.1", key))).rejects.toMatchObject({ code });
    for (let n = 0; n < 3; n++) await ask();
    code = "http/unavailable";
    for (let n = 0; n < 3; n++) await ask();
  });

  it("counts the addresses of one IPv6 network together", async () => {
    const { outcome } = setup();
    for (const address of ["2001:db8::1", "2001:db8::2"]) expect(await outcome(address, "wrong")).toBe("http/unauthorized");
    expect(await outcome("2001:db8::3", key)).toBe("http/too-many-requests 10000");
    expect(await outcome("2001:db8:0:1::3", key)).toBe("one");
  });
});
