// An account as the API shows it: the row for what the caller said, the certificate for everything about the key.
import { type Addresses, schemeOf, type VerifiedKey } from "@covault/trust";
import type { AccountContext } from "../context.ts";
import { membersOf } from "../store/sessions.ts";
import type { AccountRow } from "../store/tables.ts";
import { keygenSession, keyOfAccount } from "./verified-key.ts";

export const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;

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

/** What anybody may know of a key, all of it computed from its certificates. */
export function publicFacts({ charter: { scheme, publicKey } }: VerifiedKey): { public_key: string; addresses: Addresses } {
  return { public_key: hex(publicKey), addresses: schemeOf(scheme).publicKey.addresses(publicKey) };
}

export async function viewAccount(context: AccountContext, account: AccountRow): Promise<AccountView> {
  const keygen = await keygenSession(context, account);
  const key = account.status === "active" ? await keyOfAccount(context, account, keygen) : undefined;
  const members = key?.members ?? membersOf(keygen) ?? [];
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
