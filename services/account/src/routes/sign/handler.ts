// POST /api/v1/accounts/{id}/sign: a threshold signature over a digest, a message, or what a transaction hashes to.
import type { Api } from "@covault/service-kit/http";
import { z } from "zod";
import { notActive } from "../../accounts/signing-configuration.ts";
import type { AccountContext } from "../../context.ts";
import { actorOf } from "../../guard.ts";
import { hashBody } from "../../idempotency/once.ts";
import { hex, openKeys } from "../../keys/account-key.ts";
import { perform } from "../../operations/run.ts";
import { askedBytes, sign } from "../../operations/sign.ts";
import { accountParams, idempotencyHeaders, noSuchAccount, sessionRefusals, signature, signatures } from "../schemas.ts";
import { tenantAccount } from "../tenant-account.ts";
import { askedOf, body } from "./asked.ts";

/** A message of Ed25519 is 128 KiB in hex, and a payload is larger still. */
const bodyBytesMax = 524_288;
const answer = z.object({
  session_id: z.string(),
  keygen_session_id: z.string().describe("Of the key that signed"),
  digest: z.string().optional().describe("What was signed, with 0x; absent where it is the message itself"),
  message: z.string().meta({ description: "What was signed: the digest by its other name, or the message" }),
  signature,
  signatures,
});

export function signRoute(api: Api, context: AccountContext): void {
  const schema = {
    tags: ["signing"],
    summary: "Sign a digest, a message or a transaction",
    params: accountParams,
    headers: idempotencyHeaders,
    body,
    response: {
      200: answer.describe("The signature, verified under the account's key, or the child or output of it that was asked for"),
      ...noSuchAccount,
      ...sessionRefusals,
    },
  };
  api.post("/api/v1/accounts/:id/sign", { schema, bodyLimit: bodyBytesMax }, async (request) => {
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
    const { subject, view } = await perform(context, sign, { ...about, asked }, about, scope);
    return { session_id: subject.session.row.session_id, keygen_session_id: key.keygenSessionId, ...view };
  });
}
