// GET /api/v1/sessions/{id} shows a session. Progress and history come from the coordinator. Tenant
// and result come from what this service verified itself.
import type { routes } from "@covault/api/account";
import { fromBase64 } from "@covault/crypto";
import { asCovaultError, CovaultError } from "@covault/errors";
import type { Handler } from "@covault/service-kit/http";
import { kinds } from "@covault/trust";
import type { AccountContext } from "../../context.ts";
import type { CoordinatorSession, SessionEvents } from "../../coordinator/client.ts";
import { tenantOf } from "../../guard.ts";
import { continuationOf } from "../../intent/continuation.ts";
import { learn } from "../../keys/learn.ts";
import type { Subject } from "../../operations/operation.ts";
import { completeLate, type Ended, finish } from "../../operations/run.ts";
import { findSubject } from "../../operations/subject.ts";
import { viewSession } from "../../operations/view-session.ts";
import type { StoredSession } from "../../store/sessions.ts";

/**
 * Gives what the coordinator tells. It is undefined when the coordinator is away and the session
 * has ended anyway.
 */
async function told(context: AccountContext, session: StoredSession): Promise<[CoordinatorSession | undefined, SessionEvents]> {
  const { session_id: id, status } = session.row;
  try {
    return await Promise.all([context.coordinator.session(id, 0), context.coordinator.events(id)]);
  } catch (error) {
    if (status === "open") throw error;
    return [undefined, []];
  }
}

/**
 * Takes the result over, if the coordinator has one that nobody waited for, or one that came after
 * the session had failed here.
 */
async function takeOver(context: AccountContext, subject: Subject, progress?: CoordinatorSession): Promise<Ended> {
  try {
    if (progress?.status === "completed" && subject.session.row.status === "failed") return await cameLate(context, subject, progress);
    return await finish(context, subject, "attach");
  } catch (error) {
    const code = asCovaultError(error)?.code;
    if (code === undefined || code === "account/altered-row" || code === "database/unavailable") throw error;
    // The coordinator went away just now, so the session is as it was.
    return { subject };
  }
}

/**
 * A certificate that comes late gets the key on, and its session is completed with that. One of a
 * pair leaves the key as it is.
 */
async function cameLate(context: AccountContext, subject: Subject, { result }: CoordinatorSession): Promise<Ended> {
  const { account, key, session } = subject;
  if (kinds[session.row.kind].ends === "pair") return completeLate(context, subject, result);
  const certificate = result !== null && "certificate" in result ? result.certificate : "";
  if (key === undefined || certificate === "" || continuationOf(session.intent) === undefined) return { subject };
  await learn(context, account, key, [fromBase64(certificate)]);
  return { subject: (await findSubject(context, account.tenant_id, session.row.session_id)) ?? subject };
}

export function getSession(context: AccountContext): Handler<typeof routes.getSession> {
  return async (request) => {
    const { id } = request.params;
    const found = await findSubject(context, tenantOf(request), id);
    if (found === undefined) throw new CovaultError("account/session-not-found", `There is no session ${id}.`);
    const { row } = found.session;
    if (kinds[row.kind].ends === "release") {
      const { subject } = row.status === "open" ? await takeOver(context, found) : { subject: found };
      return viewSession(subject, { progress: undefined, events: [] });
    }
    const [progress, events] = await told(context, found.session);
    const { subject, view } =
      progress?.status === "completed" || progress?.status === "failed" ? await takeOver(context, found, progress) : { subject: found };
    return viewSession(subject, { progress, events }, view);
  };
}
