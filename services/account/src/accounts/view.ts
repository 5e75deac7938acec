// This file shows an account as the API does. The row gives what the caller said, and the
// certificates give everything about the key.
import type { Account } from "@covault/api/account";
import { schemeOf } from "@covault/trust";
import type { AccountContext } from "../context.ts";
import { type AccountKey, hex, openKeys } from "../keys/account-key.ts";
import { addressesAt, keySummary } from "../keys/view.ts";
import { keygenOf, membersOf } from "../operations/keygen.ts";
import type { AccountRow } from "../store/tables.ts";
import { schemesOf } from "./schemes.ts";

/**
 * Gives the view of an account. No key of an account is usable, and none is shown, before all keys
 * that it was asked for are there.
 */
export async function viewAccount(context: AccountContext, account: AccountRow): Promise<Account> {
  const keys: readonly AccountKey[] = account.status === "active" ? await openKeys(context, account) : [];
  const [first] = keys;
  // While there is no key, the keygen says which members are to hold it.
  const members = first?.members ?? membersOf(await keygenOf(context, account));
  return {
    id: account.account_id,
    user_id: account.user_id,
    name: account.name,
    status: account.status,
    scheme: schemeOf(schemesOf(account)[0] ?? "").name,
    threshold_t: first?.threshold ?? account.threshold_t,
    threshold_n: members.length,
    public_key: first === undefined ? null : hex(first.charter.publicKey),
    addresses: addressesAt(keys, []),
    keys: keys.map(keySummary),
    keygen_session_id: account.keygen_session_id,
    parties: members.map(({ partyId, role, shareIndex }) => ({ party_id: partyId, role, share_index: shareIndex })),
    error: account.status === "failed" ? { code: account.failure_code ?? "unknown", message: account.failure_message ?? "" } : null,
    created_at: account.created_at.toISOString(),
  };
}
