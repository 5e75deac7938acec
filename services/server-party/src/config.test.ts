import { asCovaultError } from "@covault/errors";
import { describe, expect, it } from "vitest";
import { readServerPartyConfig } from "./config.ts";
import { streamUrl } from "./stream/stream-url.ts";

const hex = (byte: string): string => byte.repeat(32);
const env = { PARTY_ID: "server-party-1", PARTY_IDENTITY_KEY: hex("11"), ROUTER_URL: "http://router:8082", CRYPTO_MASTER_KEY: hex("22") };
const messageOf = (change: Record<string, string | undefined>): string => {
  try {
    readServerPartyConfig({ ...env, ...change });
  } catch (error) {
    return asCovaultError(error)?.message ?? String(error);
  }
  return "accepted";
};

describe("readServerPartyConfig", () => {
  it("reads what is set and leaves the rest to defaults", () => {
    expect(readServerPartyConfig(env)).toEqual({
      partyId: "server-party-1",
      identitySeed: new Uint8Array(32).fill(0x11),
      routerUrl: "http://router:8082",
      masterKey: new Uint8Array(32).fill(0x22),
      formerMasterKeys: [],
    });
    const more = { ...env, CRYPTO_MASTER_KEY_FORMER: `${hex("33")}, ${hex("44")}`, PARTY_INSTANCE_ID: "a", PARTY_WORKERS: "2" };
    expect(readServerPartyConfig(more)).toMatchObject({ formerMasterKeys: [{ length: 32 }, { length: 32 }], instanceId: "a", workers: 2 });
  });

  it.each<[string, string | undefined]>([
    ["PARTY_ID", "Server 1"],
    ["PARTY_ID", undefined],
    ["PARTY_IDENTITY_KEY", hex("1").slice(1)],
    ["ROUTER_URL", "router:8082"],
    ["ROUTER_URL", "https://name:hunter2@router"],
    ["CRYPTO_MASTER_KEY", "zz".repeat(32)],
    ["CRYPTO_MASTER_KEY", undefined],
    ["CRYPTO_MASTER_KEY_FORMER", `${hex("33")},1234`],
    ["PARTY_INSTANCE_ID", "a b"],
    ["PARTY_WORKERS", "-1"],
  ])("names %s when it is %s, without its value when it is a secret", (name, value) => {
    const message = messageOf({ [name]: value });
    expect(message).toContain(name);
    if (value !== undefined && /KEY|URL/.test(name)) expect(message).not.toContain(value);
  });
});

describe("streamUrl", () => {
  it.each([
    ["http://127.0.0.1:8082", "ws://127.0.0.1:8082/v1/stream"],
    ["https://router.example/", "wss://router.example/v1/stream"],
    ["ws://router:1/v1/stream", "ws://router:1/v1/stream"],
    ["wss://router/covault/v1/stream", "wss://router/covault/v1/stream"],
  ])("of %s is %s", (given, url) => expect(streamUrl(given)).toBe(url));
});
