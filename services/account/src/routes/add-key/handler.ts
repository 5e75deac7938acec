// POST /api/v1/accounts/{id}/keys makes a key of a further scheme for an account that is there. Its
// holders are those of the first key.
import type { Key, routes } from "@covault/api/account";
import type { Handler } from "@covault/service-kit/http";
import { notActive } from "../../accounts/signing-configuration.ts";
import type { AccountContext } from "../../context.ts";
import { actorOf } from "../../guard.ts";
import { hashBody } from "../../idempotency/once.ts";
import { keyOfAccount } from "../../keys/account-key.ts";
import { viewKeys } from "../../keys/view.ts";
import { furtherKeygen } from "../../operations/keygen.ts";
import { perform } from "../../operations/run.ts";
import { alteredRow } from "../../store/row-mac.ts";
import { tenantAccount } from "../tenant-account.ts";

export function addKey(context: AccountContext): Handler<typeof routes.addKey> {
  return async (request, reply) => {
    const { scheme } = request.body;
    const account = await tenantAccount(context, request, request.params.id);
    if (account.status !== "active") throw notActive(account);
    const about = { account, key: await keyOfAccount(context, account) };
    const scope = {
      tenantId: account.tenant_id,
      actor: actorOf(request),
      route: "POST /api/v1/accounts/{id}/keys",
      key: request.headers["idempotency-key"],
      bodyHash: hashBody([account.account_id, scheme]),
    };
    const { subject } = await perform(context, furtherKeygen, { ...about, scheme }, about, scope);
    if (subject.key === undefined) throw alteredRow("keys", account.account_id);
    reply.header("location", `/api/v1/accounts/${account.account_id}/keys`);
    const [shown] = await viewKeys(context, [subject.key]);
    return shown as Key;
  };
}
