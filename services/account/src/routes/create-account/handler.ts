// POST /api/v1/accounts: a distributed keygen for each scheme. Answers when all keys are usable, or says why none is.
import { CovaultError } from "@covault/errors";
import type { Api } from "@covault/service-kit/http";
import { defaultScheme, type SchemeName } from "@covault/trust";
import { z } from "zod";
import { viewAccount } from "../../accounts/view.ts";
import type { AccountContext } from "../../context.ts";
import { storedFailure } from "../../coordinator/failure.ts";
import { actorOf, tenantOf } from "../../guard.ts";
import { hashBody } from "../../idempotency/once.ts";
import { type KeygenRequest, keygen } from "../../operations/keygen.ts";
import { perform, untilKeysEnd } from "../../operations/run.ts";
import { account, idempotencyHeaders, plainText, schemeName, sessionRefusals } from "../schemas.ts";

const thresholdMax = 20;
/** The bounds are checked below, under a code of their own; here they are described. */
const threshold = (description: string) => z.number().int().optional().meta({ description, minimum: 2, maximum: thresholdMax });
const body = z.strictObject({
  user_id: plainText(256),
  name: plainText(256).optional(),
  scheme: schemeName.optional().describe(`What the key signs by: ${defaultScheme} unless given`),
  schemes: z
    .array(schemeName)
    .min(1)
    .optional()
    .meta({ description: "In the place of scheme: a key of each, all of them usable or none", uniqueItems: true }),
  threshold_t: threshold("How many parties sign, at most threshold_n: 2 unless given"),
  threshold_n: threshold("How many parties hold a share: 3 unless given"),
});

function thresholds({ threshold_t: t = 2, threshold_n: n = 3 }: z.infer<typeof body>): Pick<KeygenRequest, "thresholdT" | "thresholdN"> {
  if (n < 2 || n > thresholdMax) throw new CovaultError("account/bad-threshold", `threshold_n: expected 2 to ${thresholdMax}, got ${n}.`);
  if (t < 2 || t > n) throw new CovaultError("account/bad-threshold", `threshold_t: expected 2 to threshold_n (${n}), got ${t}.`);
  return { thresholdT: t, thresholdN: n };
}

/** One key each, the first one founds the account. */
function schemesOf({ scheme, schemes }: z.infer<typeof body>): readonly SchemeName[] {
  if (scheme !== undefined && schemes !== undefined) throw new CovaultError("http/bad-request", "schemes: give it or scheme, not both.");
  const all = schemes ?? [scheme ?? defaultScheme];
  if (new Set(all).size !== all.length) throw new CovaultError("http/bad-request", "schemes: a scheme is named twice.");
  return all;
}

export function createAccountRoute(api: Api, context: AccountContext): void {
  const schema = {
    tags: ["accounts"],
    summary: "Make keys that never exist in one place",
    headers: idempotencyHeaders,
    body,
    response: { 201: account.describe("The account, active: its keys are usable"), ...sessionRefusals },
  };
  api.post("/api/v1/accounts", { schema }, async (request, reply) => {
    const { user_id: userId, name = null } = request.body;
    const asked = { userId, name, schemes: schemesOf(request.body), ...thresholds(request.body) };
    const scope = {
      tenantId: tenantOf(request),
      actor: actorOf(request),
      route: "POST /api/v1/accounts",
      key: request.headers["idempotency-key"],
      bodyHash: hashBody([userId, name, asked.thresholdT, asked.thresholdN, ...asked.schemes]),
    };
    const { subject } = await perform(context, keygen, asked, undefined, scope);
    const made = await untilKeysEnd(context, subject.account);
    if (made.status === "failed") throw storedFailure(made.failure_code, made.failure_message ?? "The keygen failed.");
    const view = await viewAccount(context, made);
    return reply.code(201).header("location", `/api/v1/accounts/${view.id}`).send(view);
  });
}
