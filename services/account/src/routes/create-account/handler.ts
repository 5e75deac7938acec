// POST /api/v1/accounts: a distributed keygen. Answers when the key is usable, or says why it is not.
import { CovaultError } from "@covault/errors";
import type { Api } from "@covault/service-kit/http";
import { z } from "zod";
import { viewAccount } from "../../accounts/view.ts";
import type { AccountContext } from "../../context.ts";
import { actorOf, tenantOf } from "../../guard.ts";
import { hashBody } from "../../idempotency/once.ts";
import { type KeygenRequest, keygen } from "../../operations/keygen.ts";
import { perform } from "../../operations/run.ts";
import { account, idempotencyHeaders, plainText, sessionRefusals } from "../schemas.ts";

const thresholdMax = 20;
/** The bounds are checked below, under a code of their own; here they are described. */
const threshold = (description: string) => z.number().int().optional().meta({ description, minimum: 2, maximum: thresholdMax });
const body = z.strictObject({
  user_id: plainText(256),
  name: plainText(256).optional(),
  threshold_t: threshold("How many parties sign, at most threshold_n: 2 unless given"),
  threshold_n: threshold("How many parties hold a share: 3 unless given"),
});

function thresholds({ threshold_t: t = 2, threshold_n: n = 3 }: z.infer<typeof body>): Pick<KeygenRequest, "thresholdT" | "thresholdN"> {
  if (n < 2 || n > thresholdMax) throw new CovaultError("account/bad-threshold", `threshold_n: expected 2 to ${thresholdMax}, got ${n}.`);
  if (t < 2 || t > n) throw new CovaultError("account/bad-threshold", `threshold_t: expected 2 to threshold_n (${n}), got ${t}.`);
  return { thresholdT: t, thresholdN: n };
}

export function createAccountRoute(api: Api, context: AccountContext): void {
  const schema = {
    tags: ["accounts"],
    summary: "Make a key that never exists in one place",
    headers: idempotencyHeaders,
    body,
    response: { 201: account.describe("The account, active: its key is usable"), ...sessionRefusals },
  };
  api.post("/api/v1/accounts", { schema }, async (request, reply) => {
    const { user_id: userId, name = null } = request.body;
    const asked = { userId, name, ...thresholds(request.body) };
    const scope = {
      tenantId: tenantOf(request),
      actor: actorOf(request),
      route: "POST /api/v1/accounts",
      key: request.headers["idempotency-key"],
      bodyHash: hashBody([userId, name, asked.thresholdT, asked.thresholdN]),
    };
    const { subject } = await perform(context, keygen, asked, undefined, scope);
    const view = await viewAccount(context, subject.account, subject.key);
    return reply.code(201).header("location", `/api/v1/accounts/${view.id}`).send(view);
  });
}
