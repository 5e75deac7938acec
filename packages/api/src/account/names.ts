// The words that the API has for schemes, networks, payloads and acts. packages/trust and
// packages/chains have what follows from each; a test of the account service holds the lists to
// theirs.
import { z } from "zod";
import type { Of } from "../route.ts";
import { plainText } from "../shapes.ts";

export const schemeName = z.enum(["ecdsa-secp256k1", "eddsa-ed25519", "schnorr-bip340"]);
export const network = z.enum(["mainnet", "testnet", "signet", "regtest"]);
export const payloadKind = z.enum(["evm_personal_message"]);
export const act = z.enum([
  "account.created",
  "account.activated",
  "account.failed",
  "key.created",
  "key.refreshed",
  "key.reshared",
  "key.recovered",
  "key.renewed",
  "key.repaired",
  "key.burned",
  "key.exported",
  "backups.asked",
  "abandonment.delivered",
  "signing_configuration.changed",
  "session.opened",
  "session.completed",
  "session.failed",
  "session.aborted",
  "api_key.created",
  "api_key.revoked",
  "tenant.created",
  "access.denied",
  "audit.checkpoint",
]);
/** What may stand in the event log. */
export type Act = Of<typeof act>;

export const pathText = z
  .string()
  .max(256)
  .describe("Non-hardened steps from the key, for example m/0/5; m is the key itself")
  .meta({ examples: ["m/0/5"] });

export const idOf = z.object({ id: plainText(128) });

/** Why something failed, as its row has it. */
export const failure = z.object({ code: z.string().describe("docs/errors.md lists them"), message: z.string() });
