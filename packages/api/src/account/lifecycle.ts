// Refresh, reshare and recovery make a further epoch of a key, which stays the same. Renewal and
// repair leave it in its epoch. An export gives the key away. Each is a session that goes on after
// its answer.
import { z } from "zod";
import { refusal, refusalForNow, started } from "../answers.ts";
import type { Of, Routes } from "../route.ts";
import { hexBytes, plainText } from "../shapes.ts";
import { thresholdMax } from "./accounts.ts";
import { idempotencyHeaders } from "./idempotency.ts";
import { idOf, schemeName } from "./names.ts";
import { noSuchAccount, sessionRefusals } from "./refusals.ts";
import { session } from "./sessions.ts";

const key = {
  key: z
    .union([schemeName, hexBytes(32)])
    .optional()
    .describe("Which key, by its scheme or key id. It may be left out where the account has one key."),
};
const partyId = plainText(128);
const threshold = (description: string) => z.number().int().optional().meta({ description, minimum: 2, maximum: thresholdMax });

const refreshRequest = z.strictObject(key).meta({ id: "RefreshRequest", examples: [{}] });
export type RefreshRequest = Of<typeof refreshRequest>;

const reshareRequest = z
  .strictObject({
    ...key,
    threshold_t: threshold("How many parties sign afterwards: as now unless given"),
    threshold_n: threshold("How many parties hold a share afterwards: as now, without those of leave_out, unless given"),
    parties: z
      .array(partyId)
      .min(1)
      .max(thresholdMax)
      .optional()
      .describe("All holders afterwards. Otherwise holders stay, and connected parties come."),
    leave_out: z
      .array(partyId)
      .min(1)
      .max(thresholdMax)
      .optional()
      .describe("Holders that have no share afterwards, in the place of parties"),
    force: z
      .string()
      .max(16)
      .optional()
      .describe("What remains, such as 2-of-2, where afterwards no holder can be spared: it is refused otherwise"),
  })
  .meta({
    id: "ReshareRequest",
    examples: [
      { threshold_t: 2, threshold_n: 4 },
      { leave_out: ["server-party-3"], threshold_n: 3 },
    ],
  });
export type ReshareRequest = Of<typeof reshareRequest>;

const recoverRequest = z
  .strictObject({
    ...key,
    party_id: partyId.describe("The holder whose share is lost. It gets another for the same index."),
    replacement_identity: hexBytes(32)
      .optional()
      .describe("The identity key that the roster has for it. It is only compared: the roster alone says who gets the share."),
  })
  .meta({ id: "RecoverRequest", examples: [{ party_id: "server-party-2" }] });
export type RecoverRequest = Of<typeof recoverRequest>;

const renewRequest = z
  .strictObject({
    ...key,
    parties: z.array(partyId).length(2).describe("The two holders whose pair is made anew"),
  })
  .meta({ id: "RenewRequest", examples: [{ parties: ["server-party-1", "server-party-2"] }] });
export type RenewRequest = Of<typeof renewRequest>;

const repairRequest = z
  .strictObject({
    ...key,
    party_id: partyId.describe(
      "The holder that has lost its share, and gets the same one back. A share that may be stolen is recovered instead.",
    ),
  })
  .meta({ id: "RepairRequest", examples: [{ party_id: "server-party-2" }] });
export type RepairRequest = Of<typeof repairRequest>;
const exportRequest = z
  .strictObject({
    ...key,
    recipient: hexBytes(32).describe(
      "The fingerprint of the recipient: SHA-256 of its compressed public key. Each party has to list that key itself.",
    ),
    reason: plainText(200).describe("Why, for the people who read the event log and the logs of the parties"),
  })
  .meta({
    id: "ExportRequest",
    examples: [{ recipient: "0x6f1d4c0e6f3a52f0a9c1b7f7f3e3d6c28e0b1a4d95c7e2f18a3b6d9c0e5f7a21", reason: "Moving to another custodian" }],
  });
export type ExportRequest = Of<typeof exportRequest>;

const common = { tag: "lifecycle", params: idOf, headers: idempotencyHeaders } as const;
const answers = {
  202: started("The session. GET its Location until it is completed or failed; whom it waits for is in awaited", session),
  ...sessionRefusals,
  ...noSuchAccount,
  409: refusal(
    "The Idempotency-Key came with another request, the account is not active, another session of the key is under way, or holders lack",
  ),
  503: refusalForNow(
    "Too few holders answered, or the coordinator or a part of this service is away: ask again with the same Idempotency-Key",
  ),
} as const;

export const lifecycleRoutes = {
  refresh: {
    ...common,
    method: "POST",
    path: "/api/v1/accounts/{id}/refresh",
    summary: "Make the shares of a key anew, for the same holders",
    body: refreshRequest,
    answers,
  },
  reshare: {
    ...common,
    method: "POST",
    path: "/api/v1/accounts/{id}/reshare",
    summary: "Give a key other holders, or another threshold",
    body: reshareRequest,
    answers,
  },
  recover: {
    ...common,
    method: "POST",
    path: "/api/v1/accounts/{id}/recover",
    summary: "Make the lost share of one holder anew",
    body: recoverRequest,
    answers,
  },
  renew: {
    ...common,
    method: "POST",
    path: "/api/v1/accounts/{id}/renew",
    summary: "Make the pair of two holders anew, without the others",
    body: renewRequest,
    answers,
  },
  repair: {
    ...common,
    method: "POST",
    path: "/api/v1/accounts/{id}/repair",
    summary: "Give a holder its lost share back, without a further epoch",
    body: repairRequest,
    answers,
  },
  exportKey: {
    ...common,
    method: "POST",
    path: "/api/v1/accounts/{id}/export",
    summary: "Have the holders of a key seal their shares to a recipient that each of them lists. It ends threshold protection for good.",
    body: exportRequest,
    answers: {
      ...answers,
      202: started("The session. Once it is completed, its result has a document of each holder that consents, at least t", session),
      403: refusal("Exports are off here (ALLOW_EXPORT), or the caller's address is not in the allow list"),
    },
  },
} as const satisfies Routes;
