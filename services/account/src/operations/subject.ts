// A subject is a stored session with its account and its key, as they are now.
import { kinds } from "@covault/trust";
import type { AccountContext } from "../context.ts";
import { type AccountKey, equal, openKeys } from "../keys/account-key.ts";
import { alteredRow } from "../store/row-mac.ts";
import type { StoredSession } from "../store/sessions.ts";
import type { AccountRow } from "../store/tables.ts";
import { releasesOf } from "./export.ts";
import type { Subject } from "./operation.ts";

/**
 * Whether the session founds the account. The account's row names the one intent that founds its
 * first key.
 */
export const founds = ({ intentId }: StoredSession, account: AccountRow): boolean => equal(intentId, account.keygen_intent_id);

/**
 * The statuses that an account may have while the session that founds it has this one. They are
 * stored together, and further keys may come after.
 */
const mayBe = { open: ["creating"], completed: ["creating", "active", "failed"], failed: ["failed"] } as const;

/** Whether the session ended as the rows with a MAC say: with a key and an account, or without. */
function agrees({ account, session, key }: Subject): boolean {
  const { row } = session;
  if (!kinds[row.kind].abandonable) return true;
  const accounts: readonly AccountRow["status"][] = founds(session, account) ? mayBe[row.status] : [account.status];
  return (row.status === "completed") === (key !== undefined) && accounts.includes(account.status);
}

/**
 * Gives the key that the session signs with or changes, which its intent names. For other sessions
 * it gives the key that the session has founded.
 */
function keyOf({ intent: { action }, intentId }: StoredSession, keys: readonly AccountKey[]): AccountKey | undefined {
  const keyId = action.value !== undefined && "keyId" in action.value ? action.value.keyId : undefined;
  return keys.find(({ charter }) => (keyId === undefined ? equal(charter.foundingIntentId, intentId) : equal(charter.keyId, keyId)));
}

/**
 * Gives the subject, or undefined when the tenant has no such session. Throws account/altered-row.
 */
export async function findSubject(context: AccountContext, tenantId: string, sessionId: string): Promise<Subject | undefined> {
  const { store } = context;
  async function read(): Promise<Subject | undefined> {
    const session = await store.sessions.find(tenantId, sessionId);
    if (session === undefined) return undefined;
    const account = await store.accounts.find(tenantId, session.row.account_id);
    if (account === undefined) return undefined;
    const key = keyOf(session, await openKeys(context, account));
    if (kinds[session.row.kind].ends !== "release" || key === undefined) return { account, session, key };
    return { account, session, key, releases: await releasesOf(context, session, key) };
  }
  let subject = await read();
  // The session may have ended between the statements.
  if (subject !== undefined && !agrees(subject)) subject = await read();
  if (subject === undefined) return undefined;
  const { account, session } = subject;
  const isFounding = account.keygen_session_id === sessionId;
  if (!agrees(subject) || isFounding !== founds(session, account)) throw alteredRow("sessions", sessionId);
  return subject;
}
