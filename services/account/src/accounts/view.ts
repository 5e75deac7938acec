// An account as the API shows it: the row for what the caller said, the certificates for everything about the key.
import type { Addresses } from "@covault/chains";
import type { AccountContext } from "../context.ts";
import { type AccountKey, keyOfAccount, publicFacts } from "../keys/account-key.ts";
import { keygenOf, membersOf } from "../operations/keygen.ts";
import type { AccountRow } from "../store/tables.ts";

export interface AccountView {
  readonly id: string;
  readonly user_id: string;
  readonly name: string | null;
  readonly status: AccountRow["status"];
  readonly scheme: string;
  readonly threshold_t: number;
  readonly threshold_n: number;
  readonly public_key: string | null;
  readonly addresses: Addresses;
  readonly keygen_session_id: string;
  readonly parties: { party_id: string; role: string; share_index: number }[];
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly created_at: string;
}

/** `known`: the account's key, where the caller has it. */
export async function viewAccount(context: AccountContext, account: AccountRow, known?: AccountKey): Promise<AccountView> {
  const key = known ?? (account.status === "active" ? await keyOfAccount(context, account) : undefined);
  // Without a key its keygen says who is to hold it.
  const members = key?.members ?? membersOf(await keygenOf(context, account));
  return {
    id: account.account_id,
    user_id: account.user_id,
    name: account.name,
    status: account.status,
    scheme: account.scheme,
    threshold_t: account.threshold_t,
    threshold_n: account.threshold_n,
    ...(key ? publicFacts(key) : { public_key: null, addresses: {} }),
    keygen_session_id: account.keygen_session_id,
    parties: members.map(({ partyId, role, shareIndex }) => ({ party_id: partyId, role, share_index: shareIndex })),
    error: account.status === "failed" ? { code: account.failure_code ?? "unknown", message: account.failure_message ?? "" } : null,
    created_at: account.created_at.toISOString(),
  };
}
