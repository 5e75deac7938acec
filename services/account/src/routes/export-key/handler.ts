// POST /api/v1/accounts/{id}/export has the holders of a key seal their shares to a recipient.
import type { routes } from "@covault/api/account";
import { CovaultError } from "@covault/errors";
import type { Handler } from "@covault/service-kit/http";
import { notActive } from "../../accounts/signing-configuration.ts";
import type { AccountContext } from "../../context.ts";
import { actorOf } from "../../guard.ts";
import { hashBody } from "../../idempotency/once.ts";
import { hex, openKeys } from "../../keys/account-key.ts";
import { exportKey as operation } from "../../operations/export.ts";
import { release } from "../../operations/run.ts";
import { viewSession } from "../../operations/view-session.ts";
import { keyFor, lookAgainS } from "../lifecycle.ts";
import { tenantAccount } from "../tenant-account.ts";

export function exportKey(context: AccountContext): Handler<typeof routes.exportKey> {
  return async (request, reply) => {
    if (!context.allows.exports) throw new CovaultError("account/export-off", "This service asks for no exports: ALLOW_EXPORT is off.");
    const account = await tenantAccount(context, request, request.params.id);
    if (account.status !== "active") throw notActive(account);
    const { reason } = request.body;
    const key = keyFor(request.body.key, await openKeys(context, account));
    const recipient = new Uint8Array(Buffer.from(request.body.recipient.replace(/^0x/i, ""), "hex"));
    const about = { account, key };
    const scope = {
      tenantId: account.tenant_id,
      actor: actorOf(request),
      route: "POST /api/v1/accounts/{id}/export",
      key: request.headers["idempotency-key"],
      bodyHash: hashBody([account.account_id, hex(key.charter.keyId), hex(recipient), reason]),
    };
    const subject = await release(context, operation, { ...about, recipient, reason }, about, scope);
    reply.header("location", `/api/v1/sessions/${subject.session.row.session_id}`);
    reply.header("retry-after", String(lookAgainS));
    return viewSession(subject, { progress: undefined, events: [] });
  };
}
