// The shapes of requests and answers: what Fastify validates, what it lets out, and what openapi.json says. snake_case throughout.
import { networkNames } from "@covault/chains";
import { bodyRefusals, guardedRefusals, refusal } from "@covault/service-kit/http";
import { schemeNames } from "@covault/trust";
import { z } from "zod";

const status = z.enum(["creating", "active", "failed"]);
const failure = z.object({ code: z.string(), message: z.string() }).nullable();
export const addresses = z.object({
  evm: z.string().optional().describe("EIP-55"),
  tron: z.string().optional().describe("Base58Check"),
  bitcoin_p2wpkh: z.string().optional().describe("Bech32, segwit version 0"),
  bitcoin_p2tr: z.string().optional().describe("Bech32m, segwit version 1: the output of the key without scripts"),
  solana: z.string().optional().describe("Base58"),
});
export const schemeName = z.enum(schemeNames);
export const network = z.enum(networkNames);

/** "0x…" and so many bytes, with or without the prefix, in either case. */
export const hexBytes = (bytes: number) =>
  z.string().regex(new RegExp(`^(0[xX])?[0-9a-fA-F]{${2 * bytes}}$`), `expected ${bytes} bytes in hex`);
export const pathText = z.string().max(256).describe("Non-hardened steps from the key, for example m/0/5; m is the key itself");

const keySummary = z.object({
  key_id: z.string(),
  scheme: z.string(),
  public_key: z.string().describe("In the scheme's form: of ECDSA compressed, 33 bytes; of the others 32 bytes"),
  epoch: z.number().describe("How often its shares were made anew"),
});
export const key = keySummary.extend({
  chain_code: z.string().describe("What children follow from, beside the public key"),
  xpub: z.string().nullable().describe("BIP-32; null for Ed25519, whose children follow rules of their own"),
  addresses: addresses.describe("Of path m"),
  threshold_t: z.number(),
  parties: z.array(z.object({ party_id: z.string(), role: z.string(), share_index: z.number() })),
  keygen_session_id: z.string(),
  certificates: z.array(z.string()).describe("Base64: the founding one and every later one, for whoever verifies the key"),
});

export const account = z.object({
  id: z.string(),
  user_id: z.string(),
  name: z.string().nullable(),
  status,
  scheme: z.string().describe("Of the first key"),
  threshold_t: z.number().describe("How many parties sign"),
  threshold_n: z.number().describe("How many parties hold a share"),
  public_key: z.string().nullable().describe("Of the first key, in its scheme's form: of ECDSA compressed, 33 bytes; null unless active"),
  addresses: addresses.describe("Of all keys, path m"),
  keys: z.array(keySummary).describe("One of each scheme; none unless active"),
  keygen_session_id: z.string(),
  parties: z.array(z.object({ party_id: z.string(), role: z.string(), share_index: z.number() })),
  error: failure.describe("Why the keygen failed"),
  created_at: z.string(),
});

export const signature = z.object({
  r: z.string(),
  s: z.string().describe("Of ECDSA low: at most half the order"),
  recovery_id: z.number().optional().describe("Of ECDSA: 0 or 1"),
  hex: z.string().describe("r || s, and of ECDSA v after it: 65 bytes, v is 27 or 28"),
});

export const signatures = z
  .array(
    z.object({
      index: z.number(),
      key_id: z.string(),
      scheme: z.string(),
      path: z.string(),
      public_key: z.string().describe("What it verifies under: of the key, its child by the path, or the Taproot output of that"),
      taproot: z.boolean(),
      digest: z.string().optional().describe("Absent where the message itself is signed"),
      message: z.string(),
      hex: z.string(),
    }),
  )
  .describe("Every signature of the session");

/** What the database keeps as it came: no control characters, of which it refuses some, and no half of a surrogate pair. */
export const plainText = (charactersMax: number) =>
  z
    .string()
    .min(1)
    .max(charactersMax)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, "expected text without control characters");
export const accountParams = z.object({ id: plainText(128) });
export const sessionParams = z.object({ id: plainText(128) });

export const idempotencyHeaders = z.object({
  "idempotency-key": z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, "expected 1 to 255 printable characters without spaces")
    .optional()
    .describe("The same key again answers with the first result; with another body it answers 409."),
});

export const signingConfiguration = z.object({
  parties: z.array(z.string()).max(20).describe("Party ids in order of preference"),
  required: z.array(z.string()).max(20).describe("Party ids without whom nothing is signed"),
});

/** By status: what routes may answer beside their success and `guardedRefusals`. */
export const noSuchAccount = { 404: refusal("The tenant has no such account") };
export const whenActive = { 409: refusal("The account is not active") };
/** Of a route that runs a session and takes an Idempotency-Key. */
export const sessionRefusals = {
  ...guardedRefusals,
  ...bodyRefusals,
  409: refusal("The Idempotency-Key came with another request before, the account is not active, or parties refused"),
  502: refusal("The session failed: a new one needs a new Idempotency-Key"),
  503: refusal("Parties or the coordinator are away: ask again with the same Idempotency-Key"),
};
