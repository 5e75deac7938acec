// What the routes have in common that begin a session which changes a key. They answer when the
// session is open, and it goes on from there.
import type { Session } from "@covault/api/account";
import { CovaultError } from "@covault/errors";
import { schemeOf } from "@covault/trust";
import type { FastifyReply, FastifyRequest } from "fastify";
import { notActive } from "../accounts/signing-configuration.ts";
import type { AccountContext } from "../context.ts";
import { actorOf } from "../guard.ts";
import { hashBody } from "../idempotency/once.ts";
import { type AccountKey, equal, hex, openKeys } from "../keys/account-key.ts";
import type { KeyRequest } from "../operations/continuing.ts";
import type { Operation } from "../operations/operation.ts";
import { launch } from "../operations/run.ts";
import { viewSession } from "../operations/view-session.ts";
import { tenantAccount } from "./tenant-account.ts";

/** When a caller may look again, in seconds. */
export const lookAgainS = 1;

export type Request = Pick<FastifyRequest, "caller"> & {
  readonly params: { readonly id: string };
  readonly headers: { readonly "idempotency-key"?: string | undefined };
  readonly body: { readonly key?: string | undefined };
};

export interface Ask<Asked extends KeyRequest> {
  readonly operation: Operation<Asked>;
  /** The request beyond account and key. */
  readonly wanted: Omit<Asked, keyof KeyRequest>;
  /** The fields that tell one request from another, in a fixed order. */
  readonly fields: readonly (string | number | null)[];
}

/** Gives the session as it is once it is open. */
export async function answerLaunched<Asked extends KeyRequest>(
  context: AccountContext,
  request: Request,
  reply: FastifyReply,
  { operation, wanted, fields }: Ask<Asked>,
): Promise<Session> {
  const account = await tenantAccount(context, request, request.params.id);
  if (account.status !== "active") throw notActive(account);
  const keys = await openKeys(context, account);
  // A renewal without a name means the key that has pairs.
  const may = operation.ofPairs ? keys.filter(({ charter }) => schemeOf(charter.scheme).pairs) : keys;
  const key = keyFor(request.body.key, request.body.key === undefined && may.length > 0 ? may : keys);
  const about = { account, key };
  const scope = {
    tenantId: account.tenant_id,
    actor: actorOf(request),
    route: `POST /api/v1/accounts/{id}/${operation.kind}`,
    key: request.headers["idempotency-key"],
    bodyHash: hashBody([account.account_id, hex(key.charter.keyId), ...fields]),
  };
  const subject = await launch(context, operation, { ...about, ...wanted } as Asked, about, scope);
  const { session_id: id } = subject.session.row;
  // A coordinator that has gone away by now changes nothing about the session.
  const progress = await context.coordinator.session(id, 0).catch(() => undefined);
  reply.header("location", `/api/v1/sessions/${id}`);
  reply.header("retry-after", String(lookAgainS));
  return viewSession(subject, { progress, events: [] });
}

/** Throws account/no-such-key. */
export function keyFor(named: string | undefined, keys: readonly AccountKey[]): AccountKey {
  const [only, ...others] = keys;
  if (named === undefined && only !== undefined && others.length === 0) return only;
  const shown = keys.map(({ charter }) => charter.scheme).join(", ");
  if (named === undefined)
    throw new CovaultError("account/no-such-key", `The account has several keys (${shown}): say which one in "key".`, {
      facts: { pointer: "/key" },
    });
  const id = new Uint8Array(Buffer.from(named.replace(/^0x/i, ""), "hex"));
  const key = keys.find(({ charter }) => charter.scheme === named || equal(charter.keyId, id));
  if (key !== undefined) return key;
  throw new CovaultError("account/no-such-key", `The account has no key ${named}. Its keys: ${shown}.`, { facts: { pointer: "/key" } });
}
