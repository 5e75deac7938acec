// POST /api/v1/sessions/{id}/abandon. With it the initiator says that a keygen will never commit.
import { toBinary } from "@bufbuild/protobuf";
import type { routes } from "@covault/api/coordinator";
import { base64, fromBase64, fromHex } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import type { Handler } from "@covault/service-kit/http";
import { parseExact, speakingKeysOf, verifyAbandonment } from "@covault/trust";
import { type Signed, SignedSchema } from "@covault/wire";
import { storedIntent } from "../session/plan-of-intent.ts";
import type { SessionState } from "../session/state.ts";
import { presentParties, unknownSession } from "./read-session.ts";
import type { RouteParts } from "./route-parts.ts";
import { viewSession } from "./view.ts";

export function abandonSession(parts: RouteParts): Handler<typeof routes.abandonSession> {
  return async (request) => {
    const { id } = request.params;
    const signed = readStatement(request.body.abandonment);
    const { state } = await parts.sessions.run(id, (before) => {
      if (before.plan === undefined) throw unknownSession(id);
      check(parts, before, signed);
      return { type: "Abandon", data: { abandonment: base64(toBinary(SignedSchema, signed)) } };
    });
    return viewSession(state, await presentParties(parts));
  };
}

function readStatement(text: string): Signed {
  const signed = parseExact(SignedSchema, fromBase64(text));
  if (signed !== undefined) return signed;
  const message = "abandonment: its bytes are not a signed statement.";
  throw new CovaultError("http/bad-request", message, { facts: { pointer: "/abandonment" } });
}

function check({ roster }: RouteParts, state: SessionState, signed: Signed): void {
  const { initiatorId } = storedIntent(state.intent);
  const keys = speakingKeysOf(roster(), initiatorId);
  const { sessionId, intentId } = state.plan!;
  verifyAbandonment(signed, { sessionId, intentId: fromHex(intentId), initiatorId, keys });
}
