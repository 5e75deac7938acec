// GET /api/v1/sessions/{id}: progress and history from the coordinator, tenant and result from what this service verified itself.
import { asCovaultError, CovaultError } from "@covault/errors";
import { type Api, guardedRefusals, refusal } from "@covault/service-kit/http";
import { kindNames } from "@covault/trust";
import { z } from "zod";
import type { AccountContext } from "../../context.ts";
import { type CoordinatorSession, partyState, type SessionEvents } from "../../coordinator/client.ts";
import { tenantOf } from "../../guard.ts";
import { operationOf } from "../../operations/index.ts";
import type { Subject } from "../../operations/operation.ts";
import { type Ended, finish } from "../../operations/run.ts";
import { findSubject } from "../../operations/subject.ts";
import type { StoredSession } from "../../store/sessions.ts";
import { addresses, sessionParams, signature, signatures } from "../schemas.ts";

const answer = z.object({
  session_id: z.string(),
  account_id: z.string(),
  kind: z.enum(kindNames),
  status: z.enum(["open", "running", "completed", "failed"]),
  threshold_t: z.number(),
  threshold_n: z.number(),
  parties: z.array(z.object({ party_id: z.string(), share_index: z.number(), state: partyState })),
  attempt: z.number(),
  result: z
    .object({
      public_key: z.string().optional().describe("Keygen"),
      addresses: addresses.optional().describe("Keygen"),
      digest: z.string().optional().describe("Sign"),
      message: z.string().optional().describe("Sign: what was signed, a digest or the message"),
      signature: signature.optional().describe("Sign"),
      signatures: signatures.optional(),
    })
    .nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  events: z.array(z.object({ seq: z.number(), type: z.string(), at: z.string(), data: z.unknown() })),
  created_at: z.string(),
  expires_at: z.string(),
});
type Answer = z.infer<typeof answer>;

/** What the coordinator tells; undefined when it is away and the session has ended anyway. */
async function told(context: AccountContext, session: StoredSession): Promise<[CoordinatorSession | undefined, SessionEvents]> {
  const { session_id: id, status } = session.row;
  try {
    return await Promise.all([context.coordinator.session(id, 0), context.coordinator.events(id)]);
  } catch (error) {
    if (status === "open") throw error;
    return [undefined, []];
  }
}

/** Takes the result over, if the coordinator has one that nobody waited for. */
async function takeOver(context: AccountContext, subject: Subject): Promise<Ended> {
  try {
    return await finish(context, subject, "attach");
  } catch (error) {
    const code = asCovaultError(error)?.code;
    if (code === undefined || code === "account/altered-row" || code === "database/unavailable") throw error;
    // The coordinator went away just now: the session is as it was.
    return { subject };
  }
}

export function getSessionRoute(api: Api, context: AccountContext): void {
  const schema = {
    tags: ["sessions"],
    summary: "A session: status, parties, result, events",
    params: sessionParams,
    response: {
      200: answer.describe("The session as it is now"),
      404: refusal("The tenant has no such session"),
      503: refusal("The coordinator is away"),
      ...guardedRefusals,
    },
  };
  api.get("/api/v1/sessions/:id", { schema }, async (request): Promise<Answer> => {
    const { id } = request.params;
    const found = await findSubject(context, tenantOf(request), id);
    if (found === undefined) throw new CovaultError("account/session-not-found", `There is no session ${id}.`);
    const [progress, events] = await told(context, found.session);
    const { subject, view } =
      progress?.status === "completed" || progress?.status === "failed" ? await takeOver(context, found) : { subject: found };
    const { account, session } = subject;
    const { row } = session;
    const running = progress?.status === "running" ? "running" : "open";
    return {
      session_id: id,
      account_id: row.account_id,
      kind: row.kind,
      status: row.status === "open" ? running : row.status,
      threshold_t: account.threshold_t,
      threshold_n: account.threshold_n,
      parties: progress?.parties.map(({ party_id, share_index, state }) => ({ party_id, share_index, state })) ?? partiesOf(session),
      attempt: progress?.attempt ?? 0,
      result: row.status === "completed" ? (view ?? operationOf(session).view(subject)) : null,
      error: row.status === "failed" ? { code: row.failure_code ?? "unknown", message: row.failure_message ?? "" } : null,
      events: events.map(({ seq, type, at, data }) => ({ seq, type, at: new Date(at).toISOString(), data })),
      created_at: row.created_at.toISOString(),
      expires_at: row.expires_at.toISOString(),
    };
  });
}

/** Before the coordinator knows more: everybody whom the intent names as a member. A quorum is not chosen yet. */
function partiesOf({ intent: { action } }: StoredSession): Answer["parties"] {
  const members = action.value !== undefined && "members" in action.value ? action.value.members : [];
  return members.map(({ partyId, shareIndex }) => ({ party_id: partyId, share_index: shareIndex, state: "unknown" }));
}
