// GET /api/v1/accounts?user_id&limit&cursor lists accounts. The oldest comes first, so that a page
// does not shift while accounts are added.
import { setImmediate as breathe } from "node:timers/promises";
import type { Account, routes } from "@covault/api/account";
import { asCovaultError, CovaultError } from "@covault/errors";
import type { Handler } from "@covault/service-kit/http";
import { viewAccount } from "../../accounts/view.ts";
import type { AccountContext } from "../../context.ts";
import { tenantOf } from "../../guard.ts";

const cursorOf = (accountId: string): string => Buffer.from(accountId, "utf8").toString("base64url");

function readCursor(cursor: string): string {
  const accountId = Buffer.from(cursor, "base64url").toString("utf8");
  if (!/^acc_[0-9a-z]+$/.test(accountId) || cursorOf(accountId) !== cursor)
    throw new CovaultError("account/bad-cursor", "cursor: it is not one that this service made.");
  return accountId;
}

export function listAccounts(context: AccountContext): Handler<typeof routes.listAccounts> {
  /**
   * The altered accounts that were logged. Each is logged once, because a list is read again and
   * again.
   */
  const told = new Set<string>();
  function alteredOr(error: unknown, accountId: string): string {
    const known = asCovaultError(error);
    if (known?.code !== "account/altered-row") throw error;
    if (!told.has(accountId)) context.logger.error({ account_id: accountId, code: known.code }, known.message);
    told.add(accountId);
    return accountId;
  }

  return async (request) => {
    const { user_id: userId, limit, cursor } = request.query;
    const page = { userId, after: cursor === undefined ? undefined : readCursor(cursor), limit: limit + 1 };
    const rows = await context.store.accounts.list(tenantOf(request), page);
    const accounts: Account[] = [];
    const altered: string[] = [];
    for (const { accountId, read } of rows.slice(0, limit)) {
      try {
        accounts.push(await viewAccount(context, read()));
      } catch (error) {
        altered.push(alteredOr(error, accountId));
      }
      // A page of certificates is tens of milliseconds of signature checks, so other requests are
      // let in between.
      await breathe();
    }
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return { accounts, altered, next_cursor: last ? cursorOf(last.accountId) : null };
  };
}
