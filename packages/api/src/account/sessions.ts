// Sessions, as their caller sees them.
import { z } from "zod";
import { answer, guardedRefusals, refusal } from "../answers.ts";
import type { Of, Routes } from "../route.ts";
import { awaited, kind, needsPairs, partyStates, partyStatesMean, sessionEvent, sessionStatus, time } from "../shapes.ts";
import { addresses } from "./keys.ts";
import { failure, idOf, schemeName } from "./names.ts";
import { signature, signedInput } from "./signing.ts";

export const partyState = z
  .enum([...partyStates, "unknown"])
  .meta({ id: "SessionPartyState", description: `${partyStatesMean}. unknown: the coordinator is away, or did not say.` });
export type SessionPartyState = Of<typeof partyState>;

const sessionParty = z
  .object({ party_id: z.string(), share_index: z.int(), state: partyState })
  .meta({ id: "SessionParty", examples: [{ party_id: "server-party-1", share_index: 1, state: "signed" }] });

const releasedDocument = z
  .object({ party_id: z.string(), document: z.string().describe("Base64: a sealed share with what anybody needs to check it") })
  .meta({ id: "ReleasedDocument", examples: [{ party_id: "server-party-1", document: "eyJjZXJ0aWZpY2F0ZXMiOlsi" }] });
const refusedRelease = z
  .object({ party_id: z.string(), code: z.string() })
  .meta({ id: "RefusedRelease", examples: [{ party_id: "server-party-3", code: "party/recipient-refused" }] });

const sessionResult = z
  .object({
    public_key: z.string().optional().describe("For a keygen"),
    addresses: addresses.optional().describe("For a keygen"),
    digest: z.string().optional().describe("For a signature"),
    message: z.string().optional().describe("For a signature: what was signed, a digest or the message"),
    signature: signature.optional().describe("For a signature"),
    signatures: z.array(signedInput).optional().describe("For a signature"),
    key_id: z.string().optional().describe("For a session that changes or exports a key"),
    scheme: schemeName.optional().describe("For a session that changes or exports a key: of the key"),
    epoch: z
      .int()
      .optional()
      .describe("For a session that changes a key: the number of the epoch that it made, or was in. For an export: of its shares"),
    renewed: z.array(z.string()).optional().describe("For a renewal: the ids of the two ends of the pair"),
    generation: z.int().optional().describe("For a renewal: which making of the pair within its epoch, from 1"),
    repaired: z.string().optional().describe("For a repair: the id of the party that has its share again"),
    recipient: z.string().optional().describe("For an export: the fingerprint of the recipient"),
    documents: z
      .array(releasedDocument)
      .optional()
      .describe("For an export: what each holder that consents has sealed. covault recover-key joins t of them, with the recipient's key."),
    refused: z.array(refusedRelease).optional().describe("For an export: the holders that refuse, and why"),
  })
  .meta({ id: "SessionResult" });
export type SessionResult = Of<typeof sessionResult>;

export const session = z
  .object({
    session_id: z.string(),
    account_id: z.string(),
    kind,
    status: sessionStatus,
    threshold_t: z.int().describe("How many sign. Of a refresh, reshare or recovery: afterwards."),
    threshold_n: z.int().describe("How many hold a share, likewise"),
    parties: z.array(sessionParty),
    awaited,
    needs_pairs: needsPairs,
    attempt: z.int(),
    result: sessionResult.nullable(),
    error: failure.nullable().describe("Why it failed. Null unless it failed."),
    events: z.array(sessionEvent.meta({ id: "SessionEvent" })),
    created_at: time,
    expires_at: time,
  })
  .meta({ id: "Session", description: "One run of the parties: what for, how far, and with which result" });
export type Session = Of<typeof session>;

export const sessionRoutes = {
  getSession: {
    method: "GET",
    path: "/api/v1/sessions/{id}",
    tag: "sessions",
    summary: "A session: status, parties, result, events",
    params: idOf,
    answers: { 200: answer("The session as it is now", session), ...guardedRefusals, 404: refusal("The tenant has no such session") },
  },
  abortSession: {
    method: "POST",
    path: "/api/v1/sessions/{id}/abort",
    tag: "sessions",
    summary: "Make no further attempt of a session. What was signed stays signed, and what is staged may still be certified.",
    params: idOf,
    answers: {
      200: answer("The session as it ended: failed, unless its result came first", session),
      ...guardedRefusals,
      404: refusal("The tenant has no such session"),
      409: refusal("It is a keygen, an import or an export, which ends by itself"),
    },
  },
} as const satisfies Routes;
