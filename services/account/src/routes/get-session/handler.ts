// GET /api/v1/sessions/{id}: progress and history from the coordinator, tenant and result from what this service verified itself.
import { asCovaultError, CovaultError } from "@covault/errors";
import { type Api, guardedRefusals, refusal } from "@covault/service-kit";
import { kindNames } from "@covault/trust";
import { z } from "zod";
import { settleAccount } from "../../accounts/settle.ts";
import { keyOfAccount } from "../../accounts/verified-key.ts";
import { hex, publicFacts } from "../../accounts/view.ts";
import type { AccountContext } from "../../context.ts";
import { type CoordinatorSession, partyState, type SessionEvents } from "../../coordinator/client.ts";
import { tenantOf } from "../../guard.ts";
import { finishSignature, signatureOf, signRequest } from "../../signing/sign.ts";
import { findAccount } from "../../store/accounts.ts";
import { findSession, membersOf, messageOf, type StoredSession } from "../../store/sessions.ts";
import type { AccountRow } from "../../store/tables.ts";
import { sessionParams, signature } from "../schemas.ts";

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
      addresses: z.object({ evm: z.string().optional() }).optional().describe("Keygen"),
      digest: z.string().optional().describe("Sign"),
      message: z.string().optional().meta({ description: "The digest by its other name", deprecated: true }),
      signature: signature.optional().describe("Sign"),
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
async function takeOver(context: AccountContext, session: StoredSession, account: AccountRow): Promise<void> {
  const { session_id: id, tenant_id: tenantId, account_id: accountId } = session.row;
  const message = messageOf(session);
  try {
    if (message !== undefined)
      await finishSignature(context, await signRequest(context, account, message, "message"), id, "attach", session);
    else await settleAccount(context, tenantId, accountId, "attach");
  } catch (error) {
    // A failed session is what we came to record; anything else is the caller's to know.
    const code = asCovaultError(error)?.code;
    if (code === undefined || code === "account/altered-row" || code === "database/unavailable") throw error;
  }
}

async function resultOf(context: AccountContext, session: StoredSession, account: AccountRow): Promise<Answer["result"]> {
  if (session.row.status !== "completed") return null;
  const key = await keyOfAccount(context, account);
  const message = messageOf(session);
  if (message === undefined) return publicFacts(key);
  return { digest: hex(message), message: hex(message), signature: signatureOf(key, session.row, message) };
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
    const tenantId = tenantOf(request);
    const read = async (): Promise<[StoredSession, AccountRow]> => {
      const session = await findSession(context.db, context.keysOf, tenantId, id);
      const account = session && (await findAccount(context.db, context.secretRowKeys, tenantId, session.row.account_id));
      if (!session || !account) throw new CovaultError("account/session-not-found", `There is no session ${id}.`);
      return [session, account];
    };
    let [session, account] = await read();
    const [progress, events] = await told(context, session);
    if (session.row.status === "open" && (progress?.status === "completed" || progress?.status === "failed")) {
      await takeOver(context, session, account);
      [session, account] = await read();
    }
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
      result: await resultOf(context, session, account),
      error: row.status === "failed" ? { code: row.failure_code ?? "unknown", message: row.failure_message ?? "" } : null,
      events: events.map(({ seq, type, at, data }) => ({ seq, type, at: new Date(at).toISOString(), data })),
      created_at: row.created_at.toISOString(),
      expires_at: row.expires_at.toISOString(),
    };
  });
}

/** Before the coordinator knows more: the members of a keygen; who signs is not chosen yet. */
function partiesOf(session: StoredSession): Answer["parties"] {
  return (membersOf(session) ?? []).map(({ partyId, shareIndex }) => ({ party_id: partyId, share_index: shareIndex, state: "unknown" }));
}
