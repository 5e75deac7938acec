// POST /api/v1/accounts/import makes an account of a key that exists in one place. What is sealed
// in the request only its party can open.
import { randomBytes } from "node:crypto";
import type { routes } from "@covault/api/account";
import { CovaultError } from "@covault/errors";
import type { Handler } from "@covault/service-kit/http";
import { schemeOf } from "@covault/trust";
import { viewAccount } from "../../accounts/view.ts";
import type { AccountContext } from "../../context.ts";
import { storedFailure } from "../../coordinator/failure.ts";
import { actorOf, tenantOf } from "../../guard.ts";
import { hashBody } from "../../idempotency/once.ts";
import { importKey } from "../../operations/keygen.ts";
import { perform, untilKeysEnd } from "../../operations/run.ts";
import { thresholds } from "../create-account/handler.ts";
import { importsOff } from "../get-import-recipient/handler.ts";

export function importAccount(context: AccountContext): Handler<typeof routes.importAccount> {
  return async (request, reply) => {
    if (!context.allows.imports) throw importsOff();
    const { user_id: userId, name = null, scheme, party_id: partyId } = request.body;
    const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/^0x/i, ""), "hex"));
    const [publicKey, recipient, sealedKey] = [request.body.public_key, request.body.recipient, request.body.sealed_key].map(bytes) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    if (!schemeOf(scheme).publicKey.is(publicKey))
      throw new CovaultError("http/bad-request", `public_key: it is no public key of ${scheme}.`, { facts: { pointer: "/public_key" } });
    const given = request.body.chain_code;
    const chain = given === undefined ? new Uint8Array(randomBytes(32)) : bytes(given);
    const sizes = thresholds(request.body);
    const asked = { userId, name, schemes: [scheme], ...sizes, publicKey, chain, partyId, recipient, sealedKey };
    const { thresholdT, thresholdN } = sizes;
    const scope = {
      tenantId: tenantOf(request),
      actor: actorOf(request),
      route: "POST /api/v1/accounts/import",
      key: request.headers["idempotency-key"],
      bodyHash: hashBody([userId, name, thresholdT, thresholdN, scheme, partyId, given ?? null, request.body.sealed_key]),
    };
    const { subject } = await perform(context, importKey, asked, undefined, scope);
    const made = await untilKeysEnd(context, subject.account);
    if (made.status === "failed") {
      const facts = { session: made.keygen_session_id };
      throw storedFailure(made.failure_code, made.failure_message ?? "The import failed.", facts);
    }
    const view = await viewAccount(context, made);
    reply.header("location", `/api/v1/accounts/${view.id}`);
    return view;
  };
}
