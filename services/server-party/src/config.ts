// A server party's configuration from the environment: names that operators know. Secrets are never shown in a message.
import { type Env, hexVariable, integerVariable, listVariable, readConfig } from "@covault/service-kit";
import { isPartyId } from "@covault/wire";
import { z } from "zod";
import type { ServerPartyConfig } from "./start.ts";
import { streamUrl } from "./stream/stream-url.ts";

const key = /^[0-9a-fA-F]{64}$/;

/**
 * PARTY_ID, PARTY_IDENTITY_KEY, ROUTER_URL, CRYPTO_MASTER_KEY, CRYPTO_MASTER_KEY_FORMER (separated by commas), PARTY_INSTANCE_ID,
 * PARTY_WORKERS. Throws `config/bad-value` that names every wrong one.
 */
export function readServerPartyConfig(env: Env = process.env): ServerPartyConfig {
  const values = readConfig(
    z.object({
      PARTY_ID: z.string("expected a party id such as server-party-1").refine(isPartyId, "expected a party id such as server-party-1"),
      PARTY_IDENTITY_KEY: hexVariable(32),
      ROUTER_URL: z
        .string("expected the router's URL")
        .refine(isRouterUrl, "expected an http, https, ws or wss URL without a name and password"),
      CRYPTO_MASTER_KEY: hexVariable(32),
      CRYPTO_MASTER_KEY_FORMER: listVariable().refine(
        (keys) => keys.every((text) => key.test(text)),
        "expected keys of 64 hexadecimal characters, separated by commas",
      ),
      PARTY_INSTANCE_ID: z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,64}$/, "expected 1..64 letters, digits, '-' and '_'")
        .optional(),
      // 0: as many as there are cores, up to 4.
      PARTY_WORKERS: integerVariable(0, 64, 0),
    }),
    env,
  );
  return {
    partyId: values.PARTY_ID,
    identitySeed: values.PARTY_IDENTITY_KEY,
    routerUrl: values.ROUTER_URL,
    masterKey: values.CRYPTO_MASTER_KEY,
    formerMasterKeys: values.CRYPTO_MASTER_KEY_FORMER.map((text) => new Uint8Array(Buffer.from(text, "hex"))),
    ...(values.PARTY_INSTANCE_ID === undefined ? {} : { instanceId: values.PARTY_INSTANCE_ID }),
    ...(values.PARTY_WORKERS === 0 ? {} : { workers: values.PARTY_WORKERS }),
  };
}

function isRouterUrl(text: string): boolean {
  try {
    streamUrl(text);
    return true;
  } catch {
    return false;
  }
}
