// The shapes of requests and answers: what Fastify validates, what it lets out, and what openapi.json says. snake_case throughout.
import { bodyRefusals, guardedRefusals, refusal } from "@covault/service-kit/http";
import { z } from "zod";

const status = z.enum(["creating", "active", "failed"]);
const failure = z.object({ code: z.string(), message: z.string() }).nullable();
const addresses = z.object({ evm: z.string().optional().describe("EIP-55") });

export const account = z.object({
  id: z.string(),
  user_id: z.string(),
  name: z.string().nullable(),
  status,
  scheme: z.string(),
  threshold_t: z.number().describe("How many parties sign"),
  threshold_n: z.number().describe("How many parties hold a share"),
  public_key: z.string().nullable().describe("In the scheme's form: of ECDSA compressed, 33 bytes; null unless active"),
  addresses,
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
