// POST /api/v1/sessions opens a session for a signed intent. The same intent again gives the same
// session.
import { fromBase64, hex } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { type Api, bodyRefusals, guardedRefusals, refusal } from "@covault/service-kit/http";
import { checkMayAsk, keysOf, openIntent } from "@covault/trust";
import type { Intent } from "@covault/wire";
import { z } from "zod";
import { planOf } from "../session/plan-of-intent.ts";
import { type RouteParts, sessionId, statement } from "./route-parts.ts";

const body = z.strictObject({ session_id: sessionId, intent: statement });
const answer = z.object({ session_id: z.string(), status: z.enum(["open", "running", "completed", "failed"]) });

export function openSessionRoute(api: Api, parts: RouteParts): void {
  const schema = {
    tags: ["sessions"],
    summary: "Open a session for a signed intent",
    body,
    response: {
      202: answer.describe("The session is open, or was"),
      ...guardedRefusals,
      ...bodyRefusals,
      409: refusal("Another intent has the session's id, the intent has expired, or its key is unknown here"),
      503: refusal("A part that this service needs is away: nothing was opened, ask again"),
    },
  };
  api.post("/api/v1/sessions", { schema }, async (request, reply) => {
    const { session_id, intent } = request.body;
    const { opened, key } = await readIntent(parts, fromBase64(intent));
    const { sessionId } = opened.intent;
    if (sessionId !== session_id)
      throw new CovaultError("http/bad-request", `session_id: the intent names another session (${sessionId}).`);
    await parts.reachesParties();
    const { state } = await parts.sessions.run(session_id, (before) => {
      // A session that is open was planned for the epoch that its key was in at that time.
      const plan = before.plan ?? planOf(opened, key, parts.roster());
      return { type: "Open", data: { plan, intent } };
    });
    return reply.code(202).send({ session_id, status: state.status === "none" ? "open" : state.status });
  });
}

/**
 * Gives an intent that an initiator of the roster signed and may sign, and the key that it is
 * about. Throws trust/… or coordinator/unknown-key.
 */
async function readIntent({ roster, chains, nowMs }: RouteParts, bytes: Uint8Array) {
  const opened = openIntent(bytes, keysOf(roster()), nowMs());
  const keyId = keyOfIntent(opened.intent);
  const key = keyId && (await chains.current(keyId));
  if (keyId !== undefined && key === undefined)
    throw new CovaultError("coordinator/unknown-key", `No certificate of key ${hex(keyId)} is known here.`);
  checkMayAsk(opened, roster(), key);
  return { opened, key };
}

/** The id of the key that the intent is about. Undefined for an intent that founds a key. */
function keyOfIntent({ action }: Intent): Uint8Array | undefined {
  return action.value !== undefined && "keyId" in action.value ? action.value.keyId : undefined;
}
