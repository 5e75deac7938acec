// POST /api/v1/accounts/{id}/sign: a threshold signature over a 32-byte digest.
import { CovaultError } from "@covault/errors";
import type { Api } from "@covault/service-kit";
import { z } from "zod";
import { hex } from "../../accounts/view.ts";
import type { AccountContext } from "../../context.ts";
import { hashBody, once } from "../../idempotency/once.ts";
import { notActive } from "../../signing/configuration.ts";
import { beginSignature, finishSignature, signatureState } from "../../signing/sign.ts";
import { accountParams, errorBody, idempotencyHeaders, refusals, signature } from "../schemas.ts";
import { tenantAccount } from "../tenant-account.ts";

const body = z.strictObject({ message: z.string().describe("The 32-byte digest, hex with or without 0x") });
const answer = z.object({ session_id: z.string(), keygen_session_id: z.string(), message: z.string(), signature });

function digestOf(message: string): Uint8Array {
  const digits = /^(?:0x)?([0-9a-fA-F]{64})$/.exec(message)?.[1];
  if (digits === undefined)
    throw new CovaultError(
      "account/bad-digest",
      `message: expected a 32-byte digest as 64 hex characters, got ${message.length} characters.`,
    );
  return new Uint8Array(Buffer.from(digits, "hex"));
}

export function signRoute(api: Api, context: AccountContext): void {
  const schema = {
    tags: ["signing"],
    summary: "Sign a digest",
    params: accountParams,
    headers: idempotencyHeaders,
    body,
    response: { 200: answer, 400: errorBody, 404: errorBody, 409: errorBody, 502: errorBody, 503: errorBody, ...refusals },
  };
  api.post("/api/v1/accounts/:id/sign", { schema }, async (request) => {
    const digest = digestOf(request.body.message);
    const account = await tenantAccount(context, request, request.params.id);
    if (account.status !== "active") throw notActive(account);
    const asked = { account, digest };
    const message = hex(digest);
    const scope = {
      tenantId: account.tenant_id,
      route: "POST /api/v1/accounts/{id}/sign",
      key: request.headers["idempotency-key"],
      bodyHash: hashBody([account.account_id, message]),
    };
    return once(context, scope, {
      newId: () => context.newId("ses"),
      begin: (id, guard) => beginSignature(context, asked, id, guard),
      finish: async (id, fresh) => ({
        session_id: id,
        keygen_session_id: account.keygen_session_id,
        message,
        signature: await finishSignature(context, asked, id, fresh),
      }),
      state: (id) => signatureState(context, asked, id),
    });
  });
}
