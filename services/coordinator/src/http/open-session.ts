// POST /api/v1/sessions opens a session for a signed intent. The same intent again gives the same
// session.
import type { routes } from "@covault/api/coordinator";
import { fromBase64, hex } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import type { Handler } from "@covault/service-kit/http";
import { checkMayAsk, keysOf, openIntent } from "@covault/trust";
import type { Intent } from "@covault/wire";
import { planOf } from "../session/plan-of-intent.ts";
import type { RouteParts } from "./route-parts.ts";

export function openSession(parts: RouteParts): Handler<typeof routes.openSession> {
  return async (request) => {
    const { session_id, intent } = request.body;
    const { opened, key } = await readIntent(parts, fromBase64(intent));
    const { sessionId } = opened.intent;
    if (sessionId !== session_id) {
      const facts = { pointer: "/session_id" };
      throw new CovaultError("http/bad-request", `session_id: the intent names another session (${sessionId}).`, { facts });
    }
    await parts.reachesParties();
    const { state } = await parts.sessions.run(session_id, (before) => {
      // A session that is open was planned for the epoch that its key was in at that time.
      const plan = before.plan ?? planOf(opened, key, parts.roster());
      return { type: "Open", data: { plan, intent } };
    });
    return { session_id, status: state.status === "none" ? "open" : state.status };
  };
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
