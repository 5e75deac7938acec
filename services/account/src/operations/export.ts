// An export has each holder seal its share to a recipient that the holder lists itself. It has no
// rounds and no session at the coordinator: its holders are asked with the intent until the
// documents of enough of them are the key, so many refuse that it cannot be, or its time is over.
// What they have answered is kept as they signed it. A holder consents with a document that proves
// its share. One whose document does not is named among those that refuse. From the first consent
// on the key counts as exported for good.
import { fromBase64 } from "@covault/crypto";
import { asCovaultError, CovaultError } from "@covault/errors";
import { decodeBackup, publicSharesOf } from "@covault/party/backup";
import { foundingOf, parseExact, type SchemeName, verifyRelease } from "@covault/trust";
import { CertificateSchema, type ExportAction, IntentSchema, type Member, type Release, SignedSchema } from "@covault/wire";
import type { AccountContext } from "../context.ts";
import { sessionFailed } from "../coordinator/failure.ts";
import { event } from "../events/event.ts";
import { continuationOf } from "../intent/continuation.ts";
import { type AccountKey, equal, hex } from "../keys/account-key.ts";
import { certificateFacts } from "../keys/certificate-facts.ts";
import { alteredRow } from "../store/row-mac.ts";
import type { StoredSession } from "../store/sessions.ts";
import { askHolders, type KeyRequest } from "./continuing.ts";
import type { Operation, Subject } from "./operation.ts";
import { type ExpectedDocument, faultCodeOf, withChain } from "./released-document.ts";

export interface ExportRequest extends KeyRequest {
  /** The fingerprint of the recipient, 32 bytes. */
  readonly recipient: Uint8Array;
  readonly reason: string;
}

export const exportKey = {
  kind: "export",
  ttlMs: ({ lifecycleTtlMs }) => lifecycleTtlMs,
  async intent(context, { account, key, recipient, reason }) {
    const { key: current } = await askHolders(context, account, key);
    const { epoch, epochNumber, charter } = current;
    const { keyId, scheme } = charter;
    return { case: "export", value: { keyId, scheme, epoch, epochNumber, recipient, reason } };
  },
  isOf({ account, key, recipient, reason }, { account: found, session }) {
    const asked = askedOf(session);
    const isSame = equal(asked.keyId, key.charter.keyId) && equal(asked.recipient, recipient) && asked.reason === reason;
    return found.account_id === account.account_id && isSame;
  },
  accept(_context, { session }) {
    throw alteredRow("sessions", session.row.session_id);
  },
  view({ session, releases = [] }) {
    const { keyId, scheme, epochNumber, recipient } = askedOf(session);
    return {
      ...{ key_id: hex(keyId), scheme: scheme as SchemeName, epoch: epochNumber, recipient: hex(recipient) },
      documents: consents(releases).map(({ partyId, document }) => ({
        party_id: partyId,
        document: Buffer.from(document).toString("base64"),
      })),
      refused: refusals(releases).map(({ partyId, code }) => ({ party_id: partyId, code })),
    };
  },
} as const satisfies Operation<ExportRequest>;

const consents = (releases: readonly Release[]): readonly Release[] => releases.filter(({ document }) => document.length > 0);
const refusals = (releases: readonly Release[]): readonly Release[] => releases.filter(({ document }) => document.length === 0);

function askedOf({ row, intent: { action } }: StoredSession): ExportAction {
  if (action.case !== "export") throw alteredRow("sessions", row.session_id);
  return action.value;
}

interface Holders extends ExpectedDocument {
  readonly members: readonly Member[];
  readonly threshold: number;
}

/**
 * Gives the holders of the epoch that is exported, which need not be the key's last one any more.
 * Undefined when the key's chain does not have it.
 */
function holdersOf({ keysOf }: Reading, session: StoredSession, { certificates }: AccountKey): Holders | undefined {
  const asked = askedOf(session);
  const at = certificates.findIndex((each) => equal(certificateFacts(each)?.epoch ?? new Uint8Array(), asked.epoch));
  const certificate = certificates[at];
  const signed = certificate && parseExact(CertificateSchema, certificate)?.intent;
  const intent = signed && parseExact(IntentSchema, signed.body);
  const terms = intent && (foundingOf(intent) ?? continuationOf(intent));
  if (terms === undefined) return undefined;
  const { members, threshold } = terms;
  return { members, threshold, asked, intentId: session.intentId, certificates: certificates.slice(0, at + 1), keysOf };
}

type Reading = Pick<AccountContext, "store" | "keysOf">;

/**
 * Gives what the holders of the key have answered to a session, verified. A document has the key's
 * chain. An answer whose document proves nothing is a refusal.
 */
export async function releasesOf(context: Reading, session: StoredSession, key: AccountKey): Promise<readonly Release[]> {
  const holders = holdersOf(context, session, key);
  if (holders === undefined) return [];
  const rows = await context.store.releases.ofSession(session.row.session_id);
  return rows.map(({ release, consents }) => {
    const read = readRelease(session, holders, new Uint8Array(release));
    if (read === undefined || (consents && read.document.length === 0)) throw alteredRow("releases", session.row.session_id);
    if (read.document.length === 0) return read;
    return consents ? { ...read, document: withChain(read, holders) } : { ...read, document: new Uint8Array(), code: "backup/not-proven" };
  });
}

/** Gives the answer of one of the holders, and undefined for everything else. */
function readRelease(session: StoredSession, { members }: Holders, statement: Uint8Array): Release | undefined {
  const signed = parseExact(SignedSchema, statement);
  const holder = members.find(({ partyId }) => partyId === signed?.signer);
  if (signed === undefined || holder === undefined) return undefined;
  try {
    return verifyRelease(signed, { holder, intentId: session.intentId, keyId: askedOf(session).keyId });
  } catch (error) {
    if (asCovaultError(error)?.kind !== "usage") throw error;
    return undefined;
  }
}

type ExportEnding = { readonly status: "completed"; readonly result: null } | { readonly status: "failed"; readonly error: CovaultError };

/**
 * Asks the holders once more, and keeps what they answer. Gives the end of the export, or undefined
 * while it has none. Throws account/coordinator-….
 */
export async function askForExport(
  context: AccountContext,
  subject: Subject,
): Promise<{ readonly releases: readonly Release[]; readonly ending: ExportEnding | undefined }> {
  const { session, key } = subject;
  if (key === undefined) throw alteredRow("keys", session.row.account_id);
  const holders = holdersOf(context, session, key);
  if (holders === undefined) throw alteredRow("keys", session.row.account_id);
  const answer = await context.coordinator.exports(new Uint8Array(session.row.intent));
  for (const statement of answer.releases) await keep(context, subject, holders, fromBase64(statement));
  const [agreed = [], ...others] = byPublicShares(await releasesOf(context, session, key));
  const isWhole = agreed.length >= holders.threshold;
  // Enough shares on one polynomial are the key, so that those on another one are lies.
  if (isWhole) await refuseAll(context, subject, others.flat());
  const releases = await releasesOf(context, session, key);
  return { releases, ending: isWhole ? { status: "completed", result: null } : failureOf(session, holders, releases, agreed.length) };
}

/** Groups the documents by the public shares that they agree on, the largest group first. */
function byPublicShares(releases: readonly Release[]): readonly (readonly Release[])[] {
  const groups = new Map<string, Release[]>();
  for (const release of consents(releases)) {
    const shares = publicSharesOf(decodeBackup(release.document));
    groups.set(shares, [...(groups.get(shares) ?? []), release]);
  }
  return [...groups.values()].sort((one, other) => other.length - one.length);
}

async function refuseAll({ store, logger }: AccountContext, { account, session }: Subject, lies: readonly Release[]): Promise<void> {
  const { session_id } = session.row;
  for (const { partyId } of lies) {
    logger.warn(
      { account_id: account.account_id, session_id, party_id: partyId },
      "a released document has other public shares than the key",
    );
    await store.releases.refuse(session_id, partyId);
  }
}

/** Gives the failure of an export that cannot be whole any more, as `agreed` documents are. */
function failureOf({ row }: StoredSession, { threshold, members }: Holders, releases: readonly Release[], agreed: number) {
  if (agreed + members.length - releases.length >= threshold) return undefined;
  const refused = refusals(releases).map(({ partyId, code }) => `${partyId} (${code})`);
  const isTorn = consents(releases).length > agreed;
  const torn = isTorn
    ? ` The documents of ${consents(releases)
        .map(({ partyId }) => partyId)
        .join(", ")} are not of one key.`
    : "";
  const text = `The export ${row.session_id} needs ${threshold} holders, and these refuse: ${refused.join(", ") || "nobody"}.${torn}`;
  const error = new CovaultError("account/export-refused", text, { facts: { session: row.session_id } });
  return { status: "failed", error } as const;
}

/** The end of an export whose time is over. */
export const exportExpired = ({ row }: StoredSession): CovaultError =>
  sessionFailed(row.kind, row.session_id, "too few holders have answered before its intent expired");

async function keep(context: AccountContext, { account, session }: Subject, holders: Holders, statement: Uint8Array): Promise<void> {
  const { store, initiator, logger } = context;
  const { session_id, tenant_id } = session.row;
  const release = readRelease(session, holders, statement);
  if (release === undefined) {
    logger.warn({ account_id: account.account_id, session_id }, "an answer to the export is worthless");
    return;
  }
  const { partyId, document } = release;
  const isKept = (await store.releases.ofSession(session_id)).some((row) => row.party_id === partyId);
  if (isKept) return;
  const fault = document.length === 0 ? undefined : faultCodeOf(release, holders);
  if (fault !== undefined)
    logger.warn({ account_id: account.account_id, session_id, party_id: partyId, code: fault }, "a released document proves no share");
  const { keyId, recipient } = askedOf(session);
  const [now, isConsent] = [new Date(context.nowMs()), document.length > 0 && fault === undefined];
  const frame = { tenant: tenant_id, actor: { kind: "service", id: initiator.id }, now } as const;
  const facts = { key_id: hex(keyId), party_id: partyId, recipient: hex(recipient) };
  const happened = isConsent ? event(frame, "key.exported", { account_id: account.account_id, session_id }, facts) : undefined;
  const row = { session_id, party_id: partyId, key_id: keyId, tenant_id, release: statement, consents: isConsent, created_at: now };
  await store.releases.add(row, happened);
}
