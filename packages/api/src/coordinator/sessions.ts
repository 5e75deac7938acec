// Sessions at the coordinator: opened by signed intents, followed to their end.
import { z } from "zod";
import { answer, bodyRefusals, guardedRefusals, refusal, refusalForNow } from "../answers.ts";
import type { Of, Routes } from "../route.ts";
import { awaited, integerParameter, kind, needsPairs, partyStates, partyStatesMean, sessionEvent, sessionStatus, time } from "../shapes.ts";

/** The form of a session's id. Nothing else reaches the table, which takes no zero byte. */
export const sessionIdForm = /^[A-Za-z0-9_.-]{1,64}$/;
const sessionId = z.string().regex(sessionIdForm, "expected a session id: 1..64 letters, digits, _ . -");
const params = z.object({ id: sessionId });
/** A signed statement in standard base64. */
const statement = z.base64("expected base64").max(700_000, "expected at most 700000 characters").min(4, "expected base64");
const noSuchSession = { 404: refusal("There is no such session") };

const partyState = z.enum(partyStates).meta({ id: "SessionPartyState", description: `${partyStatesMean}.` });
export type PartyState = Of<typeof partyState>;

const openSessionRequest = z.strictObject({ session_id: sessionId, intent: statement }).meta({ id: "OpenSessionRequest" });
export const openedSession = z
  .object({ session_id: z.string(), status: sessionStatus })
  .meta({ id: "OpenedSession", examples: [{ session_id: "ses_01j9qs8r2fhd8a6k3v5w7xy0bc", status: "running" }] });

export const session = z
  .object({
    session_id: z.string(),
    kind,
    status: sessionStatus,
    tenant_id: z.string(),
    account_id: z.string(),
    threshold_t: z.int(),
    threshold_n: z.int(),
    parties: z.array(z.object({ party_id: z.string(), share_index: z.int(), state: partyState, round: z.int() })),
    awaited,
    needs_pairs: needsPairs,
    attempt: z.int(),
    version: z.int(),
    created_at: time,
    updated_at: time,
    deadline: time,
    result: z
      .union([
        z.object({ certificate: z.string().describe("Base64") }),
        z.object({ signature: z.string().describe("The scheme's bytes in hex, without 0x") }),
        z.object({ pair_certificate: z.string().describe("Base64: what a renewal has made") }),
        z.object({ holding: z.string().describe("Base64: the word of a holder that it has its share again") }),
      ])
      .nullable(),
    error: z
      .object({ code: z.string(), message: z.string(), hint: z.string(), parties: z.array(z.string()).optional() })
      .nullable()
      .describe("Why it failed, with the parties that were missing or refused"),
  })
  .meta({ id: "Session", description: "A session as the coordinator has it. Its result is to be verified." });
export type Session = Of<typeof session>;

const event = sessionEvent.meta({ id: "SessionEvent", description: "What happened in a session" });
export type SessionEvent = Of<typeof event>;
export const eventList = z.object({ events: z.array(event) }).meta({ id: "SessionEventList", examples: [{ events: [] }] });

const abandonRequest = z.strictObject({ abandonment: statement }).meta({ id: "AbandonRequest" });

const lastEventId = integerParameter(0, 1_000_000);
/** The longest wait for the end of a session, in milliseconds. */
export const waitMsMax = 55_000;
const common = { tag: "sessions" } as const;

export const sessionRoutes = {
  openSession: {
    ...common,
    method: "POST",
    path: "/api/v1/sessions",
    summary: "Open a session for a signed intent. The same intent again gives the same session.",
    body: openSessionRequest,
    answers: {
      202: answer("The session is open, or was", openedSession),
      ...guardedRefusals,
      ...bodyRefusals,
      403: refusal("The caller's address is not in the allow list, or the initiator may not ask for this"),
      409: refusal(
        "Another intent has the session's id, the intent has expired, its key is unknown here, or another epoch of it is being made",
      ),
      422: refusal("The intent's message could be a transaction of a chain, which is not signed as a message"),
      503: refusalForNow("A part that this service needs is away: nothing was opened, ask again"),
    },
  },
  getSession: {
    ...common,
    method: "GET",
    path: "/api/v1/sessions/{id}",
    summary: "A session; with wait_ms, as soon as it has ended or waits for pairs",
    params,
    query: z.strictObject({ wait_ms: integerParameter(0, waitMsMax).default(0) }),
    answers: { 200: answer("The session", session), ...guardedRefusals, ...noSuchSession },
  },
  listSessionEvents: {
    ...common,
    method: "GET",
    path: "/api/v1/sessions/{id}/events",
    summary: "Everything that happened in a session",
    params,
    answers: { 200: answer("All events, in order", eventList), ...guardedRefusals, ...noSuchSession },
  },
  streamSessionEvents: {
    ...common,
    method: "GET",
    path: "/api/v1/sessions/{id}/stream",
    summary: "The events of a session as they happen",
    params,
    headers: z.object({ "last-event-id": lastEventId }).partial(),
    query: z.strictObject({ last_event_id: lastEventId }).partial(),
    answers: {
      200: { meaning: "Server-sent events, each with its seq as id", shape: z.string(), stream: "text/event-stream" },
      ...guardedRefusals,
      ...noSuchSession,
    },
  },
  abandonSession: {
    ...common,
    method: "POST",
    path: "/api/v1/sessions/{id}/abandon",
    summary: "Abandon a keygen, by a statement that its initiator signed",
    params,
    body: abandonRequest,
    answers: {
      200: answer("The session, abandoned", session),
      ...guardedRefusals,
      ...bodyRefusals,
      ...noSuchSession,
      409: refusal("Its certificate is complete, or it is no keygen"),
    },
  },
  abortSession: {
    ...common,
    method: "POST",
    path: "/api/v1/sessions/{id}/abort",
    summary: "Make no further attempt of a session. What is staged may still be certified.",
    params,
    body: z.strictObject({}),
    answers: {
      200: answer("The session as it ended", session),
      ...guardedRefusals,
      ...bodyRefusals,
      ...noSuchSession,
      409: refusal("It is a keygen, which its initiator abandons"),
    },
  },
} as const satisfies Routes;
