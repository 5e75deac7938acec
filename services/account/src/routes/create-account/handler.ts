// POST /api/v1/accounts: a distributed keygen. Answers when the key is usable, or says why it is not.
import { CovaultError } from "@covault/errors";
import type { Api } from "@covault/service-kit";
import { z } from "zod";
import { type AccountRequest, beginAccount } from "../../accounts/create.ts";
import { settleAccount } from "../../accounts/settle.ts";
import { type AccountView, viewAccount } from "../../accounts/view.ts";
import type { AccountContext } from "../../context.ts";
import { storedFailure } from "../../coordinator/failure.ts";
import { tenantOf } from "../../guard.ts";
import { hashBody, once } from "../../idempotency/once.ts";
import { alteredRow } from "../../integrity/row-mac.ts";
import { findAccount } from "../../store/accounts.ts";
import type { AccountRow } from "../../store/tables.ts";
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

function thresholds({ threshold_t: t = 2, threshold_n: n = 3 }: z.infer<typeof body>): Pick<AccountRequest, "thresholdT" | "thresholdN"> {
  if (n < 2 || n > thresholdMax) throw new CovaultError("account/bad-threshold", `threshold_n: expected 2 to ${thresholdMax}, got ${n}.`);
  if (t < 2 || t > n) throw new CovaultError("account/bad-threshold", `threshold_t: expected 2 to threshold_n (${n}), got ${t}.`);
  return { thresholdT: t, thresholdN: n };
}

/** Why the keygen failed, as the error that its caller gets. */
function failureOf({ failure_code: code, failure_message: message }: AccountRow): CovaultError {
  return storedFailure(code, message ?? "The keygen failed.");
}

async function createAccount(
  context: AccountContext,
  tenantId: string,
  request: AccountRequest,
  key: string | undefined,
): Promise<AccountView> {
  const { db } = context;
  const { userId, name, thresholdT, thresholdN } = request;
  const bodyHash = hashBody([userId, name, thresholdT, thresholdN]);
  const find = (id: string): Promise<AccountRow | undefined> => findAccount(db, context.secretRowKeys, tenantId, id);
  return once(
    context,
    { tenantId, route: "POST /api/v1/accounts", key, bodyHash },
    {
      newId: () => context.newId("acc"),
      begin: (id, guard) => beginAccount(context, tenantId, id, request, guard),
      finish: async (id, fresh) => {
        const row = await settleAccount(context, tenantId, id, fresh ? "fresh" : "attach");
        const same = row.user_id === userId && row.name === name && row.threshold_t === thresholdT && row.threshold_n === thresholdN;
        // The key's row was pointed at another account.
        if (!same) throw alteredRow("idempotency", key ?? id);
        if (row.status !== "active") throw failureOf(row);
        return viewAccount(context, row);
      },
      state: async (id) => {
        const row = await find(id);
        if (!row) return "absent";
        return row.status === "failed" && failureOf(row).status === 503 ? "again" : "there";
      },
    },
  );
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
    const view = await createAccount(context, tenantOf(request), asked, request.headers["idempotency-key"]);
    return reply.code(201).header("location", `/api/v1/accounts/${view.id}`).send(view);
  });
}
