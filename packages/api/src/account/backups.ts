// Sealed backups of an account's shares. No body here has a field for a recipient: each party seals
// to the keys of its own settings.
import { z } from "zod";
import { answer, bodyRefusals, guardedRefusals, refusal, refusalForNow } from "../answers.ts";
import type { Of, Routes } from "../route.ts";
import { hexBytes } from "../shapes.ts";
import { idOf, schemeName } from "./names.ts";
import { noSuchAccount, whenActive } from "./refusals.ts";

const askBackupsRequest = z
  .strictObject({
    key: z
      .union([schemeName, hexBytes(32)])
      .optional()
      .describe("Which key, by its scheme or key id. Without it, each of the account's is meant."),
  })
  .meta({ id: "CreateBackupsRequest", examples: [{}] });

const sealedCopy = z
  .object({
    recipient: z.string().describe("The recipient's fingerprint: SHA-256 of its public key"),
    document: z.string().describe("SHA-256 of the document, which stays with the party"),
    made_at: z.string().describe("By the party's clock"),
  })
  .meta({ id: "SealedCopy" });

const backupParty = z
  .object({
    party_id: z.string(),
    share_index: z.int(),
    state: z
      .enum(["answered", "behind", "silent"])
      .describe("answered: for this epoch; behind: for another one, which counts for nothing; silent: it has not answered yet"),
    said_at: z.string().nullable().describe("When it answered. Null where it has not."),
    copies: z.array(sealedCopy).describe("Whom it has sealed its share of this epoch to, as it has signed"),
  })
  .meta({ id: "BackupParty" });

export const keyBackups = z
  .object({
    key_id: z.string(),
    scheme: schemeName,
    epoch: z.int(),
    threshold_t: z.int(),
    backed_up: z.boolean().describe("Whether at least threshold_t holders have sealed their shares of this epoch to somebody"),
    parties: z.array(backupParty).describe("All holders of the epoch"),
  })
  .meta({ id: "KeyBackups" });
export type KeyBackups = Of<typeof keyBackups>;

const backupList = z.object({ keys: z.array(keyBackups) }).meta({ id: "BackupList", examples: [{ keys: [] }] });

const common = { tag: "backups", path: "/api/v1/accounts/{id}/backups", params: idOf } as const;

export const backupRoutes = {
  createBackups: {
    ...common,
    method: "POST",
    summary: "Let the holders seal their shares now, each to the recipients of its own settings",
    body: askBackupsRequest,
    answers: {
      200: answer("What each holder says, for up to ten seconds", backupList),
      ...guardedRefusals,
      ...bodyRefusals,
      ...noSuchAccount,
      409: refusal("The account is not active"),
      503: refusalForNow("The coordinator or a part of this service is away: ask again"),
    },
  },
  listBackups: {
    ...common,
    method: "GET",
    summary: "What the holders said that they have sealed, when they were asked last",
    answers: { 200: answer("By key", backupList), ...guardedRefusals, ...noSuchAccount, ...whenActive },
  },
} as const satisfies Routes;
