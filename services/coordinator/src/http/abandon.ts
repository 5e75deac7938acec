// POST /api/v1/sessions/{id}/abandon. With it the initiator says that a keygen will never commit.
import { toBinary } from "@bufbuild/protobuf";
import { base64, fromBase64, fromHex } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { type Api, bodyRefusals, guardedRefusals, refusal } from "@covault/service-kit/http";
import { parseExact, speakingKeysOf, verifyAbandonment } from "@covault/trust";
import { type Signed, SignedSchema } from "@covault/wire";
import { z } from "zod";
import { storedIntent } from "../session/plan-of-intent.ts";
import type { SessionState } from "../session/state.ts";
import { unknownSession } from "./read-session.ts";
import { noSuchSession, type RouteParts, sessionParams, statement } from "./route-parts.ts";
import { sessionView, viewSession } from "./view.ts";

export function abandonRoute(api: Api, parts: RouteParts): void {
  const schema = {
    tags: ["sessions"],
    summary: "Abandon a keygen, by a statement that its initiator signed",
    params: sessionParams,
    body: z.strictObject({ abandonment: statement }),
    response: {
      200: sessionView.describe("The session, abandoned"),
      ...guardedRefusals,
      ...bodyRefusals,
      ...noSuchSession,
      409: refusal("Its certificate is complete, or it is no keygen"),
    },
  };
  api.post("/api/v1/sessions/:id/abandon", { schema }, async (request) => {
    const { id } = request.params;
    const signed = readStatement(request.body.abandonment);
    const { state } = await parts.sessions.run(id, (before) => {
      if (before.plan === undefined) throw unknownSession(id);
      check(parts, before, signed);
      return { type: "Abandon", data: { abandonment: base64(toBinary(SignedSchema, signed)) } };
    });
    return viewSession(state);
  });
}

function readStatement(text: string): Signed {
  const signed = parseExact(SignedSchema, fromBase64(text));
  if (signed === undefined) throw new CovaultError("http/bad-request", "abandonment: its bytes are not a signed statement.");
  return signed;
}

function check({ roster }: RouteParts, state: SessionState, signed: Signed): void {
  const { initiatorId } = storedIntent(state.intent);
  const keys = speakingKeysOf(roster(), initiatorId);
  const { sessionId, intentId } = state.plan!;
  verifyAbandonment(signed, { sessionId, intentId: fromHex(intentId), initiatorId, keys });
}
