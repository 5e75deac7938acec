// POST /api/v1/accounts runs a distributed keygen for each scheme. It answers when all keys are
// usable, or says why none is.
import { type CreateAccountRequest, type routes, thresholdMax } from "@covault/api/account";
import { CovaultError } from "@covault/errors";
import type { Handler } from "@covault/service-kit/http";
import { defaultScheme, type SchemeName } from "@covault/trust";
import { viewAccount } from "../../accounts/view.ts";
import type { AccountContext } from "../../context.ts";
import { storedFailure } from "../../coordinator/failure.ts";
import { actorOf, tenantOf } from "../../guard.ts";
import { hashBody } from "../../idempotency/once.ts";
import { type KeygenRequest, keygen } from "../../operations/keygen.ts";
import { perform, untilKeysEnd } from "../../operations/run.ts";

type Sizes = Pick<CreateAccountRequest, "threshold_t" | "threshold_n">;

export function thresholds({ threshold_t: t = 2, threshold_n: n = 3 }: Sizes): Pick<KeygenRequest, "thresholdT" | "thresholdN"> {
  const bad = (field: string, what: string): CovaultError =>
    new CovaultError("account/bad-threshold", `${field}: ${what}.`, { facts: { pointer: `/${field}` } });
  if (n < 2 || n > thresholdMax) throw bad("threshold_n", `expected 2 to ${thresholdMax}, got ${n}`);
  if (t < 2 || t > n) throw bad("threshold_t", `expected 2 to threshold_n (${n}), got ${t}`);
  return { thresholdT: t, thresholdN: n };
}

/** Gives the schemes, one key each. The first one founds the account. */
function schemesOf({ scheme, schemes }: CreateAccountRequest): readonly SchemeName[] {
  const bad = (what: string): CovaultError => new CovaultError("http/bad-request", `schemes: ${what}.`, { facts: { pointer: "/schemes" } });
  if (scheme !== undefined && schemes !== undefined) throw bad("give it or scheme, not both");
  const all = schemes ?? [scheme ?? defaultScheme];
  if (new Set(all).size !== all.length) throw bad("a scheme is named twice");
  return all;
}

export function createAccount(context: AccountContext): Handler<typeof routes.createAccount> {
  return async (request, reply) => {
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
    if (made.status === "failed") {
      const facts = { session: made.keygen_session_id };
      throw storedFailure(made.failure_code, made.failure_message ?? "The keygen failed.", facts);
    }
    const view = await viewAccount(context, made);
    reply.header("location", `/api/v1/accounts/${view.id}`);
    return view;
  };
}
