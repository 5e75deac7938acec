// This file finds the active accounts that a party holds shares of, of all tenants, each with what
// a roster leaves of its holders. An operator who has removed a party, or means to, asks for them.
import { setImmediate as breathe } from "node:timers/promises";
import { asCovaultError } from "@covault/errors";
import type { AccountContext } from "../context.ts";
import { openKeys } from "../keys/account-key.ts";
import type { ListedAccount } from "../store/accounts.ts";
import { type Outlook, outlookOf } from "./outlook.ts";

const pageSize = 100;

export type HeldAccount = Outlook & { readonly tenantId: string; readonly userId: string };
/** An account whose rows this service did not write. */
export interface AlteredAccount {
  readonly accountId: string;
  readonly altered: true;
}

type Needed = Pick<AccountContext, "store" | "openedKeys" | "roster" | "nowMs">;

/**
 * Gives the accounts in the order of their ids. It takes a few milliseconds for each account that
 * there is.
 */
export async function* heldAccounts(context: Needed, partyId: string): AsyncGenerator<HeldAccount | AlteredAccount> {
  let after: string | undefined;
  for (;;) {
    const page: readonly ListedAccount[] = await context.store.accounts.active({ after, limit: pageSize });
    for (const listed of page) {
      const held = await heldBy(context, listed, partyId);
      if (held !== undefined) yield held;
      // Certificates are checked on the way, so other requests are let in between.
      await breathe();
    }
    if (page.length < pageSize) return;
    after = page.at(-1)?.accountId;
  }
}

async function heldBy(
  context: Needed,
  { accountId, read }: ListedAccount,
  partyId: string,
): Promise<HeldAccount | AlteredAccount | undefined> {
  try {
    const account = read();
    // Each key has holders of its own, once one of them was reshared.
    const key = (await openKeys(context, account)).find(({ members }) => members.some((member) => member.partyId === partyId));
    if (key === undefined) return undefined;
    const { tenant_id: tenantId, user_id: userId } = account;
    return { tenantId, userId, ...outlookOf(context.roster(), account, key, context.nowMs()) };
  } catch (error) {
    if (asCovaultError(error)?.code !== "account/altered-row") throw error;
    return { accountId, altered: true };
  }
}
