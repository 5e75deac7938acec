// This file finds the account that a request names, if it is its tenant's. Another tenant's account
// and one that does not exist are answered alike.
import { CovaultError } from "@covault/errors";
import type { FastifyRequest } from "fastify";
import type { AccountContext } from "../context.ts";
import { tenantOf } from "../guard.ts";
import type { AccountRow } from "../store/tables.ts";

export function noAccount(accountId: string): CovaultError {
  return new CovaultError("account/not-found", `There is no account ${accountId}.`);
}

export async function tenantAccount(
  context: AccountContext,
  request: Pick<FastifyRequest, "caller">,
  accountId: string,
): Promise<AccountRow> {
  const account = await context.store.accounts.find(tenantOf(request), accountId);
  if (!account) throw noAccount(accountId);
  return account;
}
