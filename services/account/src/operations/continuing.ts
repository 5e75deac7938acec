// What refresh, reshare and recovery have in common (dkls23-spec 7). The holders are asked before
// anything else: for the highest epoch number that they know, and for the public shares of the
// epoch. Members and identity keys come from the key's certificates and from the roster, never from
// a request. A result continues the key's chain.
import { randomBytes } from "node:crypto";
import { fromBase64 } from "@covault/crypto";
import { asCovaultError, CovaultError } from "@covault/errors";
import { agreedPublicShares, type Kind, parseExact, rosterParty, type SchemeName, verifyHolding } from "@covault/trust";
import { type Holding, type Member, type RefreshAction, SignedSchema } from "@covault/wire";
import type { AccountContext } from "../context.ts";
import { continuationOf } from "../intent/continuation.ts";
import type { IntentAction } from "../intent/statements.ts";
import { type AccountKey, certifiedKey, equal, hex, openKeys } from "../keys/account-key.ts";
import { learn } from "../keys/learn.ts";
import { alteredRow } from "../store/row-mac.ts";
import type { StoredSession } from "../store/sessions.ts";
import type { AccountRow } from "../store/tables.ts";
import type { Changes, Subject } from "./operation.ts";

/** What the holders of a key have said. */
export interface Holdings {
  /** The key as it is now, with what the coordinator knew beyond this service. */
  readonly key: AccountKey;
  /** Verified, one for each party that answered. */
  readonly holdings: readonly Holding[];
  readonly absent: readonly string[];
}

/** Asks the holders of a key. `parties` are further ones. Throws account/coordinator-…. */
export async function askHolders(
  context: AccountContext,
  account: AccountRow,
  { charter }: AccountKey,
  parties: readonly string[] = [],
): Promise<Holdings> {
  // Another request may have moved the key since it was read.
  const stored = (await openKeys(context, account)).find((key) => equal(key.charter.keyId, charter.keyId));
  if (stored === undefined) throw alteredRow("keys", account.account_id);
  const nonce = new Uint8Array(randomBytes(32));
  const { keyId } = charter;
  const answer = await context.coordinator.holdings({ keyId, epoch: stored.epoch, nonce, parties });
  const key = await learn(context, account, stored, answer.certificates.map(fromBase64));
  const holdings = new Map<string, Holding>();
  for (const statement of answer.holdings) {
    const holding = verified(context, key, parties, nonce, fromBase64(statement));
    if (holding !== undefined) holdings.set(holding.partyId, holding);
  }
  return { key, holdings: [...holdings.values()], absent: answer.absent };
}

/** A statement that nobody who was asked has signed is worth nothing, and is logged. */
function verified(
  { roster, nowMs, logger }: AccountContext,
  { members, charter }: AccountKey,
  parties: readonly string[],
  nonce: Uint8Array,
  statement: Uint8Array,
): Holding | undefined {
  const signed = parseExact(SignedSchema, statement);
  const partyId = signed?.signer ?? "";
  // The roster has the identity key of the moment. One that lost its store may have got another.
  const known = rosterParty(roster(), partyId, nowMs()) ?? members.find((member) => member.partyId === partyId);
  const isAsked = members.some((member) => member.partyId === partyId) || parties.includes(partyId);
  if (signed === undefined || known === undefined || !isAsked) return undefined;
  try {
    return verifyHolding(signed, { holder: known, keyId: charter.keyId, nonce, scheme: charter.scheme });
  } catch (error) {
    if (asCovaultError(error)?.kind !== "usage") throw error;
    logger.warn({ party_id: partyId, code: asCovaultError(error)?.code }, asCovaultError(error)?.message ?? "a holding is worthless");
    return undefined;
  }
}

/** A party joins no run that is further above the numbers that it knows (dkls23-spec 7, rule 1). */
const numbersAheadMax = 2 ** 16;
/**
 * How far below that the numbers are that holders are believed to know. A liar's would else leave
 * none above it that the others join. The runs after it may fail so often.
 */
const numbersToSpare = 256;

/**
 * Gives a number above that of every run of the key: those that are certified, those that holders
 * know, and those that this service asked for.
 */
async function nextEpochNumber({ store }: AccountContext, { key, holdings }: Holdings): Promise<number> {
  const last = await store.sessions.lastOfKey(key.charter.tenantId, key.charter.keyId);
  const asked = (last && continuationOf(last.intent)?.epochNumber) ?? 0;
  const mostAsked = key.epochNumber + numbersAheadMax - 1;
  const said = holdings.map(({ highestEpochNumber }) => highestEpochNumber).filter((number) => number <= mostAsked - numbersToSpare);
  return Math.max(key.epochNumber, asked <= mostAsked ? asked : 0, ...said) + 1;
}

export const holdsShare = ({ key, holdings }: Holdings, partyId: string): boolean =>
  holdings.some((holding) => holding.partyId === partyId && holding.share === "held" && equal(holding.epoch, key.epoch));

/**
 * Whether a holder that answered has no share of the key's epoch. One that has not heard of the
 * certificate may have its share staged.
 */
export const lostShare = ({ key, holdings }: Holdings, partyId: string): boolean =>
  holdings.some(
    (holding) =>
      holding.partyId === partyId &&
      holding.share !== "held" &&
      (equal(holding.epoch, key.epoch) || holding.highestEpochNumber < Math.max(1, key.epochNumber)),
  );

/** Gives the public shares of the holders, in their order. Throws account/holders-away. */
export function publicSharesOf({ key, holdings, absent }: Holdings): readonly Uint8Array[] {
  // Further parties were asked as well, and threshold - 1 liars among the holders are allowed for.
  const holders = holdings.filter(({ partyId }) => key.members.some((member) => member.partyId === partyId));
  const agreed = agreedPublicShares(holders, key.epoch, key.threshold) ?? [];
  const shares = key.members.map(({ shareIndex }) => agreed.find((share) => share.shareIndex === shareIndex)?.point);
  if (agreed.length === key.members.length && shares.every((share) => share !== undefined)) return shares;
  const said = holdings.map(({ partyId, share, epochNumber }) => `${partyId} (${share}, epoch ${epochNumber})`).join(", ");
  const silent = key.members
    .map(({ partyId }) => partyId)
    .filter((id) => !absent.includes(id) && !holdings.some(({ partyId }) => partyId === id));
  const others = [
    ["Away", absent],
    ["Connected and silent", silent],
  ] as const;
  const rest = others.flatMap(([what, ids]) => (ids.length === 0 ? [] : [` ${what}: ${ids.join(", ")}.`])).join("");
  const text = `${key.threshold} of the key's holders have to say, alike, what its public shares in epoch ${key.epochNumber} are. Answered: ${said || "nobody"}.${rest}`;
  throw new CovaultError("account/holders-away", text, { facts: { absent: absent.join(", ") } });
}

type Continuing = "refresh" | "reshare" | "recover";

export interface NewEpoch {
  readonly kind: Continuing;
  readonly threshold: number;
  /** The holders to come, ascending by share index. */
  readonly members: readonly Member[];
  /** The share indices of the holders that deal, ascending. */
  readonly dealers: readonly number[];
}

/** Gives the action of the intent. Throws account/holders-away. */
export async function actionOf(
  context: AccountContext,
  said: Holdings,
  { kind, threshold, members, dealers }: NewEpoch,
): Promise<IntentAction> {
  const { charter, epoch, threshold: oldThreshold, members: oldMembers } = said.key;
  const { keyId, publicKey, chain, scheme } = charter;
  const oldPublicShares = [...publicSharesOf(said)];
  const before = { keyId, oldEpoch: epoch, publicKey, chain, scheme, oldThreshold, oldMembers: [...oldMembers], oldPublicShares };
  const [epochNumber, exported] = [await nextEpochNumber(context, said), await wasExported(context, said)];
  return { case: "refresh", value: { kind, ...before, dealers: [...dealers], threshold, members: [...members], epochNumber, exported } };
}

/**
 * Tells whether the key has been exported, or may have been: by what this service has stored, by
 * the key's certificates, or by the word of any holder. The database of this service may have been
 * restored, and whoever has left the key may have been the only one to consent.
 */
export async function wasExported({ store, logger }: AccountContext, { key, holdings }: Holdings): Promise<boolean> {
  const { keyId, isExported } = key.charter;
  if (isExported || (await store.releases.exported([keyId])).length > 0) return true;
  const saying = holdings.filter(({ exposed }) => exposed === "exported").map(({ partyId }) => partyId);
  if (saying.length > 0)
    logger.warn({ key_id: hex(keyId), parties: saying }, "holders say that the key has been exported, and no export is stored here");
  return saying.length > 0;
}

/** Gives what the intent of a stored session asks for. */
export function askedOf({ row, intent }: StoredSession): RefreshAction {
  const asked = continuationOf(intent);
  if (asked === undefined) throw alteredRow("sessions", row.session_id);
  return asked;
}

export interface KeyRequest {
  readonly account: AccountRow;
  readonly key: AccountKey;
}

/** Whether a session is of this kind and of the key that was asked for. */
export function isOfKey({ account, key }: KeyRequest, kind: Kind, { account: found, session }: Subject): boolean {
  const asked = askedOf(session);
  return found.account_id === account.account_id && asked.kind === kind && equal(asked.keyId, key.charter.keyId);
}

/** What an operation that makes a further epoch of a key does with its result. */
export const continuing = {
  ttlMs: ({ lifecycleTtlMs }: AccountContext["timing"]): number => lifecycleTtlMs,
  accept(context: AccountContext, subject: Subject, certificate: Uint8Array) {
    const { session, key } = subject;
    if (key === undefined) throw alteredRow("keys", session.row.account_id);
    const next = certifiedKey(context, session, certificate, key);
    const changes: Changes = next === key ? {} : { key: next };
    return { changes, view: continuing.view(subject) };
  },
  view({ session }: Subject) {
    const { keyId, scheme, epochNumber } = askedOf(session);
    return { key_id: hex(keyId), scheme: scheme as SchemeName, epoch: epochNumber };
  },
} as const;
