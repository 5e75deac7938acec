// A keygen makes a new account and its keys, or a further key of an account. Its members are chosen
// before anything is stored, and hold all keys of the account. The account becomes active only with
// certificates that this service verified itself, one of each scheme that was asked for.
import { CovaultError } from "@covault/errors";
import { foundingOf, type SchemeName, schemeOf } from "@covault/trust";
import type { KeygenAction, Member } from "@covault/wire";
import { chooseMembers } from "../accounts/choose-members.ts";
import { requireHolders } from "../accounts/outlook.ts";
import { schemesOf, schemesText } from "../accounts/schemes.ts";
import type { AccountContext } from "../context.ts";
import { type IntentAction, signIntent } from "../intent/statements.ts";
import { type AccountKey, certifiedKey, equal, publicFacts } from "../keys/account-key.ts";
import { alteredRow } from "../store/row-mac.ts";
import { newSession, type StoredSession } from "../store/sessions.ts";
import type { AccountRow } from "../store/tables.ts";
import type { ActiveAccount, Changes, Operation, Subject } from "./operation.ts";
import { founds } from "./subject.ts";

export interface KeygenRequest {
  readonly userId: string;
  readonly name: string | null;
  /**
   * The schemes of the keys, one key each. The first one founds the account. The list is not empty,
   * and names no scheme twice.
   */
  readonly schemes: readonly SchemeName[];
  readonly thresholdT: number;
  readonly thresholdN: number;
}

/** Asks for a further key of an active account. */
export interface KeyRequest extends ActiveAccount {
  readonly scheme: SchemeName;
}

type Holder = Pick<Member, "partyId" | "role" | "idpk">;

// The coordinator gives an attempt of more members more time, and so does this.
const ttlOf = (keygenTtlMs: number, holders: number): number => Math.round(keygenTtlMs * (1 + Math.max(0, holders - 3) / 10));

/**
 * Gives the action of the intent. Members get the share indices 1..n in the order given. This
 * initiator alone may ask for signatures by the new key.
 */
function actionOf(context: AccountContext, scheme: SchemeName, threshold: number, holders: readonly Holder[]): IntentAction {
  return { case: "keygen", value: termsFor(context, scheme, threshold, holders) };
}

function termsFor({ initiator }: AccountContext, scheme: SchemeName, threshold: number, holders: readonly Holder[]) {
  const members = holders.map(({ partyId, role, idpk }, at) => ({ partyId, role, idpk, shareIndex: at + 1 }));
  return { scheme, threshold, members, initiators: [initiator.id], custody: "server", policyRoot: new Uint8Array() };
}

function accept(context: AccountContext, subject: Subject, certificate: Uint8Array) {
  const { account, session } = subject;
  const key = certifiedKey(context, session, certificate, undefined);
  return { changes: { ...changesBy(context, account, session, key), key }, view: publicFacts(key) };
}

/**
 * Gives what the new key changes. An account that is creating goes on with its next key, or becomes
 * active with its last one. An active account gains a key.
 */
function changesBy(context: AccountContext, account: AccountRow, session: StoredSession, key: AccountKey): Changes {
  const schemes = schemesOf(account);
  const { scheme } = key.charter;
  if (account.status !== "creating") {
    if (!schemes.includes(scheme)) return { account: { schemes: schemesText([...schemes, scheme]) } };
    throw keyExists(account, scheme, `has got a key of ${scheme} from another request before session ${session.row.session_id} ended`);
  }
  const next = schemes[schemes.indexOf(scheme) + 1];
  if (next === undefined) return { account: { status: "active" } };
  const issuedAtMs = context.nowMs();
  const { tenant_id: tenantId, account_id: accountId } = account;
  const ttlMs = ttlOf(context.timing.keygenTtlMs, key.members.length);
  const frame = { tenantId, accountId, sessionId: context.newId("ses"), issuedAtMs, ttlMs };
  const signed = signIntent(context.initiator, frame, actionOf(context, next, key.threshold, key.members));
  return { account: { status: "creating" }, next: newSession(signed, new Date(issuedAtMs)) };
}

function keyExists({ account_id: account }: AccountRow, scheme: string, what: string): CovaultError {
  return new CovaultError("account/key-exists", `The account ${account} ${what}.`, { facts: { account, scheme } });
}

function view({ session, key }: Subject) {
  if (key === undefined) throw alteredRow("sessions", session.row.session_id);
  return publicFacts(key);
}

export const keygen = {
  kind: "keygen",
  ttlMs: ({ keygenTtlMs }, { thresholdN }) => ttlOf(keygenTtlMs, thresholdN),
  async intent(context, { schemes: [first], thresholdT, thresholdN }) {
    return actionOf(context, schemeOf(first ?? "").name, thresholdT, await chooseMembers(context, thresholdN));
  },
  founds: ({ userId, name, schemes, thresholdT, thresholdN }) => ({
    user_id: userId,
    name,
    schemes: schemesText(schemes),
    threshold_t: thresholdT,
    threshold_n: thresholdN,
  }),
  isOf({ userId, name, schemes, thresholdT, thresholdN }, { account, session }) {
    const same = account.user_id === userId && account.name === name && schemesOf(account).join().startsWith(schemes.join());
    return same && account.threshold_t === thresholdT && account.threshold_n === thresholdN && founds(session, account);
  },
  accept,
  view,
} as const satisfies Operation<KeygenRequest>;

/** Asks for an account of a key that exists in one place. */
export interface ImportRequest extends KeygenRequest {
  readonly publicKey: Uint8Array;
  readonly chain: Uint8Array;
  /** The party that deals the key, and what is sealed to its key for this import. */
  readonly partyId: string;
  readonly recipient: Uint8Array;
  readonly sealedKey: Uint8Array;
}

/** An import is a keygen in which one member deals the key. */
export const importKey = {
  ...keygen,
  kind: "import",
  async intent(context, { schemes: [scheme], thresholdT, thresholdN, partyId, publicKey, chain, recipient, sealedKey }) {
    const terms = termsFor(context, schemeOf(scheme ?? "").name, thresholdT, await chooseMembers(context, thresholdN, partyId));
    const importer = terms.members.find((member) => member.partyId === partyId)?.shareIndex;
    if (importer === undefined)
      throw new CovaultError("trust/unknown-party", `The roster has no party ${partyId} that could hold a share.`);
    return { case: "import", value: { keygen: terms, publicKey, chain, importer, recipient, sealedKey } };
  },
  isOf(request, subject) {
    const { action } = subject.session.intent;
    return keygen.isOf(request, subject) && action.case === "import" && equal(action.value.sealedKey, request.sealedKey);
  },
} as const satisfies Operation<ImportRequest>;

/**
 * A further keygen is the same kind for an account that is there. The account's holders hold the
 * further key, too.
 */
export const furtherKeygen = {
  kind: keygen.kind,
  ttlMs: ({ keygenTtlMs }, { key }) => ttlOf(keygenTtlMs, key.members.length),
  async intent(context, { account, key, scheme }) {
    // Another key may have come since the request was read.
    const current = await context.store.accounts.find(account.tenant_id, account.account_id);
    if (!schemesOf(current ?? account).includes(scheme)) {
      requireHolders(context.roster(), account.account_id, key.members, context.nowMs(), "all of its holders make a further key");
      return actionOf(context, scheme, key.threshold, key.members);
    }
    throw keyExists(account, scheme, `has a key of ${scheme} already`);
  },
  isOf: ({ account, scheme }, subject) => subject.account.account_id === account.account_id && schemeAsked(subject.session) === scheme,
  accept,
  view,
} as const satisfies Operation<KeyRequest>;

/** Gives the members that will hold shares. */
export const membersOf = (session: StoredSession): readonly Member[] => termsOf(session).members;
const schemeAsked = (session: StoredSession): string => termsOf(session).scheme;

function termsOf({ row, intent }: StoredSession): KeygenAction {
  const terms = foundingOf(intent);
  if (terms === undefined) throw alteredRow("sessions", row.session_id);
  return terms;
}

/** Gives the session that founds an account. It is the one whose intent the account's row names. */
export async function keygenOf({ store }: AccountContext, account: AccountRow): Promise<StoredSession> {
  const session = await store.sessions.find(account.tenant_id, account.keygen_session_id);
  if (session === undefined || !founds(session, account)) throw alteredRow("sessions", account.keygen_session_id);
  return session;
}
