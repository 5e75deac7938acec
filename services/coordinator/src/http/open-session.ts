// POST /api/v1/sessions: opens a session for a signed intent. The same intent again is the same session.
import { CovaultError } from "@covault/errors";
import { type Api, bodyRefusals, guardedRefusals, refusal } from "@covault/service-kit";
import { checkMayAsk, keysOf, openIntent, openKey } from "@covault/trust";
import { z } from "zod";
import { fromBase64, hex } from "../session/bytes.ts";
import { planOf } from "../session/plan-of-intent.ts";
import { type HttpContext, sessionId, statement } from "./context.ts";

const body = z.strictObject({ session_id: sessionId, intent: statement });
const answer = z.object({ session_id: z.string(), status: z.enum(["open", "running", "completed", "failed"]) });

export function openSessionRoute(api: Api, context: HttpContext): void {
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
    const plan = await readIntent(context, fromBase64(intent));
    if (plan.sessionId !== session_id)
      throw new CovaultError("http/bad-request", `session_id: the intent names another session (${plan.sessionId}).`);
    await context.reachesParties();
    const { state } = await context.sessions.run(session_id, () => ({ type: "Open", data: { plan, intent } }));
    return reply.code(202).send({ session_id, status: state.status === "none" ? "open" : state.status });
  });
}

/** The plan of an intent that an initiator of the roster signed and may sign. Throws trust/… or coordinator/unknown-key. */
async function readIntent(context: HttpContext, bytes: Uint8Array) {
  const { roster, store } = context;
  const opened = openIntent(bytes, keysOf(roster), context.nowMs());
  const { action } = opened.intent;
  if (action.case !== "sign") {
    checkMayAsk(opened, roster, undefined);
    return planOf(opened, undefined);
  }
  if (action.value.derivationPath.length > 0 || action.value.payload !== undefined)
    throw new CovaultError(
      "trust/bad-intent",
      "The intent names a derivation path or a payload; this coordinator cannot verify those yet.",
    );
  const [founding, ...later] = await store.certificatesOf(hex(action.value.keyId));
  if (founding === undefined)
    throw new CovaultError("coordinator/unknown-key", `No certificate of key ${hex(action.value.keyId)} is known here.`);
  const key = openKey(founding, later, { keysOf: keysOf(roster), keyId: action.value.keyId });
  checkMayAsk(opened, roster, key);
  return planOf(opened, { key, certificates: [founding, ...later] });
}
