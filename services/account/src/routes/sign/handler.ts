// POST /api/v1/accounts/{id}/sign makes a threshold signature over a digest, a message, or what a
// transaction hashes to.
import type { routes } from "@covault/api/account";
import type { Handler } from "@covault/service-kit/http";
import { notActive } from "../../accounts/signing-configuration.ts";
import type { AccountContext } from "../../context.ts";
import { actorOf } from "../../guard.ts";
import { hashBody } from "../../idempotency/once.ts";
import { hex, openKeys } from "../../keys/account-key.ts";
import { perform } from "../../operations/run.ts";
import { askedBytes, sign as operation } from "../../operations/sign.ts";
import { tenantAccount } from "../tenant-account.ts";
import { askedOf } from "./asked.ts";

export function sign(context: AccountContext): Handler<typeof routes.sign> {
  return async (request) => {
    const account = await tenantAccount(context, request, request.params.id);
    if (account.status !== "active") throw notActive(account);
    const { key, asked } = askedOf(request.body, await openKeys(context, account));
    const about = { account, key };
    const scope = {
      tenantId: account.tenant_id,
      actor: actorOf(request),
      route: "POST /api/v1/accounts/{id}/sign",
      key: request.headers["idempotency-key"],
      bodyHash: hashBody([account.account_id, hex(askedBytes(asked))]),
    };
    const { subject, view } = await perform(context, operation, { ...about, asked }, about, scope);
    return { session_id: subject.session.row.session_id, keygen_session_id: key.keygenSessionId, ...view };
  };
}
