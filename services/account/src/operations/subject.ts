// A stored session with its account and its key, as they are now.
import type { AccountContext } from "../context.ts";
import { keyOfAccount } from "../keys/account-key.ts";
import { alteredRow } from "../store/row-mac.ts";
import type { StoredSession } from "../store/sessions.ts";
import type { AccountRow } from "../store/tables.ts";
import type { Subject } from "./operation.ts";

/** How an account ends with the session that founds it: both are stored together. */
const endsAs = { open: "creating", completed: "active", failed: "failed" } as const;
const agrees = ({ row }: StoredSession, account: AccountRow): boolean => endsAs[row.status] === account.status;
/** The account's row names the one intent that founds its key. */
export const founds = ({ intentId }: StoredSession, account: AccountRow): boolean => Buffer.from(intentId).equals(account.keygen_intent_id);

/** Undefined when the tenant has no such session. Throws account/altered-row. */
export async function findSubject(context: AccountContext, tenantId: string, sessionId: string): Promise<Subject | undefined> {
  const { store } = context;
  const find = () => store.sessions.find(tenantId, sessionId);
  let session = await find();
  if (session === undefined) return undefined;
  const account = await store.accounts.find(tenantId, session.row.account_id);
  if (account === undefined) return undefined;
  if (account.keygen_session_id === sessionId) {
    // It may have ended between the two statements.
    if (!agrees(session, account)) session = await find();
    if (session === undefined || !agrees(session, account) || !founds(session, account)) throw alteredRow("sessions", sessionId);
  }
  return { account, session, key: account.status === "active" ? await keyOfAccount(context, account) : undefined };
}
