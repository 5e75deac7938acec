// Accounts: made, listed, read.
import { z } from "zod";
import { answer, guardedRefusals, made, refusal } from "../answers.ts";
import type { Of, Routes } from "../route.ts";
import { hexBytes, integerParameter, plainText, time } from "../shapes.ts";
import { idempotencyHeaders } from "./idempotency.ts";
import { accountParty, addresses, keySummary } from "./keys.ts";
import { failure, idOf, schemeName } from "./names.ts";
import { noSuchAccount, sessionRefusals } from "./refusals.ts";

export const account = z
  .object({
    id: z.string(),
    user_id: z.string(),
    name: z.string().nullable(),
    status: z.enum(["creating", "active", "failed"]),
    scheme: schemeName.describe("Of the first key"),
    threshold_t: z.int().describe("How many parties sign"),
    threshold_n: z.int().describe("How many parties hold a share"),
    public_key: z.string().nullable().describe("Of the first key, in its scheme's form. Null unless active."),
    addresses: addresses.describe("Of all keys, path m"),
    keys: z.array(keySummary).describe("One of each scheme; none unless active"),
    keygen_session_id: z.string(),
    parties: z.array(accountParty),
    error: failure.nullable().describe("Why the keygen failed. Null unless it failed."),
    created_at: time,
  })
  .meta({ id: "Account", description: "A user's account: keys that never exist in one place" });
export type Account = Of<typeof account>;

export const thresholdMax = 20;
/** The bounds are checked by the service, under a code of their own. Here they are described. */
const threshold = (description: string) => z.number().int().optional().meta({ description, minimum: 2, maximum: thresholdMax });
const createAccountRequest = z
  .strictObject({
    user_id: plainText(256).describe("Your name for the account's owner"),
    name: plainText(256).optional(),
    scheme: schemeName.optional().describe("What the key signs by: ecdsa-secp256k1 unless given"),
    schemes: z
      .array(schemeName)
      .min(1)
      .optional()
      .meta({ description: "In the place of scheme: a key of each, all of them usable or none", uniqueItems: true }),
    threshold_t: threshold("How many parties sign, at most threshold_n: 2 unless given"),
    threshold_n: threshold("How many parties hold a share: 3 unless given"),
  })
  .meta({
    id: "CreateAccountRequest",
    examples: [
      { user_id: "user123" },
      { user_id: "user123", schemes: ["ecdsa-secp256k1", "eddsa-ed25519"], threshold_t: 2, threshold_n: 3 },
    ],
  });
export type CreateAccountRequest = Of<typeof createAccountRequest>;

const importRequest = z
  .strictObject({
    user_id: plainText(256).describe("Your name for the account's owner"),
    name: plainText(256).optional(),
    scheme: schemeName,
    threshold_t: threshold("How many parties sign, at most threshold_n: 2 unless given"),
    threshold_n: threshold("How many parties hold a share: 3 unless given"),
    public_key: z
      .union([hexBytes(33), hexBytes(32)])
      .describe("Of the key that is imported, in its scheme's form: compressed, 33 bytes, for ECDSA, and 32 bytes for the others"),
    chain_code: hexBytes(32).optional().describe("What its children follow from. Fresh random bytes unless given"),
    party_id: plainText(128).describe("The party that the key is sealed to, and deals it"),
    recipient: hexBytes(32).describe("The party's key for this import, as GET /api/v1/import-recipient gave it"),
    sealed_key: hexBytes(82).describe("The private key, sealed to it by covault import"),
  })
  .meta({ id: "ImportRequest" });
export type ImportRequest = Of<typeof importRequest>;

const importRecipient = z
  .object({
    party_id: z.string(),
    recipient: z.string().describe("X25519, for one import: 0x and 64 hex characters"),
    statement: z
      .string()
      .describe("Base64: what the party has signed. Whoever seals a private key verifies it with the roster, or seals it to a stranger."),
    expires_at: time,
  })
  .meta({
    id: "ImportRecipient",
    examples: [{ party_id: "server-party-1", recipient: "0x5a5a", statement: "CiA=", expires_at: "2026-12-01T10:00:00Z" }],
  });
export type ImportRecipientView = Of<typeof importRecipient>;

const importOff = { 403: refusal("Imports are off here (ALLOW_IMPORT) or at the party, or the caller's address is not in the allow list") };

const accountList = z
  .object({
    accounts: z.array(account),
    altered: z
      .array(z.string())
      .describe(
        "The ids of accounts of this page whose stored rows this service did not write. They are left out, and reading one is refused.",
      ),
    next_cursor: z.string().nullable().describe("Where the next page begins. Null on the last page."),
  })
  .meta({ id: "AccountList", examples: [{ accounts: [], altered: [], next_cursor: null }] });

const listQuery = z.strictObject({
  user_id: plainText(256).optional(),
  limit: integerParameter(1, 100).default(20).describe("The most accounts of a page"),
  cursor: z.string().max(256).optional().describe("next_cursor of the page before"),
});

export const accountRoutes = {
  createAccount: {
    method: "POST",
    path: "/api/v1/accounts",
    tag: "accounts",
    summary: "Make keys that never exist in one place",
    headers: idempotencyHeaders,
    body: createAccountRequest,
    answers: { 201: made("The account, active: its keys are usable", account), ...sessionRefusals },
  },
  getImportRecipient: {
    method: "GET",
    path: "/api/v1/import-recipient",
    tag: "accounts",
    summary: "A party's key for one import, good for ten minutes",
    query: z.strictObject({ party_id: plainText(128).describe("The party, which its caller names: it deals the key, and sees it") }),
    answers: { 200: answer("The key, with what the party has signed", importRecipient), ...guardedRefusals, ...importOff },
  },
  importAccount: {
    method: "POST",
    path: "/api/v1/accounts/import",
    tag: "accounts",
    summary: "Make an account of a key that exists in one place. It shows for good that it was imported.",
    headers: idempotencyHeaders,
    body: importRequest,
    answers: { 201: made("The account, active: its key is usable", account), ...sessionRefusals, ...importOff },
  },
  listAccounts: {
    method: "GET",
    path: "/api/v1/accounts",
    tag: "accounts",
    summary: "Accounts, oldest first",
    query: listQuery,
    answers: { 200: answer("A page of accounts", accountList), ...guardedRefusals },
  },
  getAccount: {
    method: "GET",
    path: "/api/v1/accounts/{id}",
    tag: "accounts",
    summary: "One account",
    params: idOf,
    answers: { 200: answer("The account", account), ...guardedRefusals, ...noSuchAccount },
  },
} as const satisfies Routes;
