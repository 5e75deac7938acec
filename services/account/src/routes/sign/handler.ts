// POST /api/v1/accounts/{id}/sign: a threshold signature over a 32-byte digest.
import { CovaultError } from "@covault/errors";
import type { Api } from "@covault/service-kit/http";
import { schemeOf } from "@covault/trust";
import { z } from "zod";
import { notActive } from "../../accounts/signing-configuration.ts";
import type { AccountContext } from "../../context.ts";
import { actorOf } from "../../guard.ts";
import { hashBody } from "../../idempotency/once.ts";
import { hex, keyOfAccount } from "../../keys/account-key.ts";
import { perform } from "../../operations/run.ts";
import { sign } from "../../operations/sign.ts";
import { accountParams, idempotencyHeaders, noSuchAccount, sessionRefusals, signature } from "../schemas.ts";
import { tenantAccount } from "../tenant-account.ts";

const pattern = "^(0[xX])?[0-9a-fA-F]{64}$";
const body = z
  .strictObject({
    digest: z.string().optional().meta({ description: "What is signed: 32 bytes, hex with or without 0x", pattern }),
    message: z.string().optional().meta({ description: "The digest by another name, for ECDSA keys", pattern, deprecated: true }),
  })
  .meta({ oneOf: [{ required: ["digest"] }, { required: ["message"] }] });
const answer = z.object({
  session_id: z.string(),
  keygen_session_id: z.string(),
  digest: z.string().describe("What was signed, with 0x"),
  message: z.string().meta({ description: "The digest by its other name", deprecated: true }),
  signature,
});

type Field = "digest" | "message";

/** The one field that names what is signed. */
function fieldOf(body: { readonly [F in Field]?: string | undefined }): readonly [Field, string] {
  const { digest, message } = body;
  if (digest !== undefined && message !== undefined) throw badDigest("digest", "message is the same by another name: give one of them");
  if (digest !== undefined) return ["digest", digest];
  if (message !== undefined) return ["message", message];
  throw badDigest("digest", "it is missing");
}

function digestOf(field: Field, text: string): Uint8Array {
  const digits = text.replace(/^0x/i, "");
  if (!/^[0-9a-f]*$/i.test(digits)) throw badDigest(field, "it is not hex");
  if (digits.length !== 64) throw badDigest(field, `expected the 64 hex characters of a 32-byte digest, got ${digits.length}`);
  return new Uint8Array(Buffer.from(digits, "hex"));
}

function badDigest(field: Field, what: string): CovaultError {
  return new CovaultError("account/bad-digest", `${field}: ${what}.`);
}

export function signRoute(api: Api, context: AccountContext): void {
  const schema = {
    tags: ["signing"],
    summary: "Sign a digest",
    params: accountParams,
    headers: idempotencyHeaders,
    body,
    response: { 200: answer.describe("The signature, verified under the account's public key"), ...noSuchAccount, ...sessionRefusals },
  };
  api.post("/api/v1/accounts/:id/sign", { schema }, async (request) => {
    const [field, text] = fieldOf(request.body);
    const message = digestOf(field, text);
    const account = await tenantAccount(context, request, request.params.id);
    if (account.status !== "active") throw notActive(account);
    const fault = schemeOf(account.scheme).message.check(message);
    if (fault !== undefined) throw new CovaultError("account/bad-digest", `${field}: it ${fault}.`);
    const about = { account, key: await keyOfAccount(context, account) };
    const scope = {
      tenantId: account.tenant_id,
      actor: actorOf(request),
      route: "POST /api/v1/accounts/{id}/sign",
      key: request.headers["idempotency-key"],
      bodyHash: hashBody([account.account_id, hex(message)]),
    };
    const { subject, view } = await perform(context, sign, { ...about, message }, about, scope);
    return { session_id: subject.session.row.session_id, keygen_session_id: account.keygen_session_id, ...view };
  });
}
