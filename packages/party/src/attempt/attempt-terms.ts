// One attempt of a session as this party has verified it: everything public that the run needs.

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { joinsDigest } from "@covault/channel";
import { lengthPrefixed, same } from "@covault/crypto";
import {
  foundingOf,
  type JoinedKey,
  pairFaults,
  parseExact,
  type SigningTerms,
  schemeOf,
  type VerifiedKey,
  verifyJoin,
} from "@covault/trust";
import {
  type Intent,
  IntentSchema,
  type JoinStatement,
  JoinStatementSchema,
  type Member,
  type RenewAction,
  type RepairAction,
  type Signed,
  SignedSchema,
  type Start,
  StartSchema,
} from "@covault/wire";
import type { PairName, StoredPair } from "../ports/pairs.ts";
import type { StoredShare } from "../ports/store.ts";
import type { Protocol } from "../protocols/protocol.ts";

export interface AttemptTerms {
  readonly sessionId: string;
  readonly attempt: number;
  /** The routing id, 32 bytes. */
  readonly rid: Uint8Array;
  readonly signed: Signed;
  readonly intent: Intent;
  readonly intentId: Uint8Array;
  /** The initiator's key that signed the intent, 32 bytes. */
  readonly signedBy: Uint8Array;
  readonly protocol: Protocol;
  /** This party's share index. */
  readonly self: number;
  /** The share indices of the signers, ascending. This party is one of them. */
  readonly signers: readonly number[];
  /**
   * The signers by share index. Their identities are those of the intent (keygen), or those that
   * were kept with the share.
   */
  readonly members: ReadonlyMap<number, Member>;
  /**
   * The key in the epoch that signs, or that the run continues. Undefined for a run that makes the
   * key.
   */
  readonly key: VerifiedKey | undefined;
  /**
   * The certificates of the key, for a party that holds none in its store. It needs them again when
   * it resumes. Empty for every other party.
   */
  readonly certificates: readonly Uint8Array[];
  /**
   * What is signed, as this party computed it from the intent and the key. Undefined when the
   * attempt does not sign.
   */
  readonly signing: SigningTerms | undefined;
  /** This party's share of the key in that epoch. A newcomer to the key has none. */
  readonly share: StoredShare | undefined;
  /**
   * This party's pairs in the epoch that signs, or in which one is renewed, ascending by partner.
   * Empty for an attempt that is about none.
   */
  readonly pairs: readonly StoredPair[];
  /** What opens the key that this party is to deal, sealed. Undefined for every other attempt. */
  readonly importKey?: Uint8Array;
  /** The time at which the attempt is given up for good: expiry and skew. */
  readonly endsAtMs: number;
  /**
   * The era in which the store was read for the attempt (src/restored.ts). The attempt ends with a
   * restore, and what was read in the era is void.
   */
  readonly era: number;
}

/** Gives the pairs that an attempt uses. */
export const pairsOf = ({ pairs, signers }: AttemptTerms): readonly StoredPair[] =>
  pairs.filter(({ partner }) => signers.includes(partner));

/** Gives what the intent says of the pair that it renews, and undefined when it renews none. */
export const renewing = ({ action }: Pick<Intent, "action">): RenewAction | undefined =>
  action.case === "renew" ? action.value : undefined;

/** Gives the pair that an attempt makes anew, and undefined when it renews none. */
export function renewedPair({ intent, self }: Pick<AttemptTerms, "intent" | "self">): PairName | undefined {
  const terms = renewing(intent);
  if (terms === undefined) return undefined;
  const { keyId, epoch, shareIndexLo, shareIndexHi } = terms;
  return { keyId, epoch, partner: shareIndexLo === self ? shareIndexHi : shareIndexLo };
}

/** What the members' joins fix. */
export interface Started {
  readonly start: Start;
  readonly contributions: ReadonlyMap<number, Uint8Array>;
  readonly joinKeys: ReadonlyMap<number, Uint8Array>;
  /** The instances that joined, by share index. */
  readonly instances: ReadonlyMap<number, string>;
  readonly joinsDigest: Uint8Array;
  /** The pairs that the joins name: by member, the id of its pair with each other member. */
  readonly pairIds: ReadonlyMap<number, ReadonlyMap<number, Uint8Array>>;
  /**
   * Pairs of members, as share indices, whose ends do not name one pair. With any of them, nothing
   * is sent (dkls23-spec 0.4).
   */
  readonly strangers: readonly (readonly [number, number])[];
}

/**
 * Gives what every member's join must name, and whether it names pairs as well. Gives undefined for
 * an attempt that makes an epoch: its intent says which one it continues.
 */
export function joinedKey({ key, signing }: Pick<AttemptTerms, "key" | "signing">): JoinedKey | undefined {
  if (key === undefined || signing === undefined) return undefined;
  const { charter, epoch, epochNumber } = key;
  return { keyId: charter.keyId, epoch, epochNumber, pairs: schemeOf(charter.scheme).pairs };
}

/** Verifies every member's join (ascending, one each). Throws `trust/bad-join`. */
export function openStart(start: Start, terms: AttemptTerms): Started {
  const { rid, intentId, signers } = terms;
  const key = joinedKey(terms);
  const joins: JoinStatement[] = [];
  const contributions = new Map<number, Uint8Array>();
  const joinKeys = new Map<number, Uint8Array>();
  const instances = new Map<number, string>();
  for (const [at, index] of signers.entries()) {
    // An empty join stands for a missing one, and verifies for no member.
    const signed = start.joins[at] ?? create(SignedSchema);
    const member = terms.members.get(index) as Member;
    const join = verifyJoin(signed, { rid, intentId, attempt: terms.attempt, signers, member, key });
    joins.push(join);
    contributions.set(index, join.contribution);
    if (index !== terms.self) joinKeys.set(index, join.x25519);
    instances.set(index, join.instanceId);
  }
  const strangers = key?.pairs === true ? pairFaults(joins) : [];
  const pairIds = new Map(
    joins.map(({ shareIndex, pairs }) => [shareIndex, new Map(pairs.map(({ shareIndex: to, pairId }) => [to, pairId]))]),
  );
  const digest = joinsDigest(start.joins.slice(0, signers.length));
  return { start, contributions, joinKeys, instances, joinsDigest: digest, pairIds, strangers };
}

/**
 * Gives the members' joins, verified, with this party's own among them as it signed it. Gives
 * undefined when anything is amiss.
 */
export function verifiedStart(start: Start, terms: AttemptTerms, ownJoin: Uint8Array): Started | undefined {
  if (start.joins.length !== terms.signers.length || start.attempt !== terms.attempt || start.sessionId !== terms.sessionId)
    return undefined;
  try {
    const mine = start.joins[terms.signers.indexOf(terms.self)];
    const started = openStart(start, terms);
    return mine !== undefined && same(mine.body, ownJoin) ? started : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Encodes the intent and the joins of a stored attempt, and the certificates that the store does
 * not have. Resuming needs nothing besides them and the sealed state.
 */
export function encodeStoredTerms(terms: AttemptTerms, started: Started): Uint8Array {
  return lengthPrefixed(toBinary(SignedSchema, terms.signed), toBinary(StartSchema, started.start), ...terms.certificates);
}

export interface StoredTerms {
  readonly signed: Signed;
  readonly start: Start;
  readonly certificates: readonly Uint8Array[];
}

export function decodeStoredTerms(bytes: Uint8Array): StoredTerms {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + view.getUint32(at);
    parts.push(bytes.slice(at + 4, end));
    at = end;
  }
  const [signed = new Uint8Array(), start = new Uint8Array(), ...certificates] = parts;
  return { signed: fromBinary(SignedSchema, signed), start: fromBinary(StartSchema, start), certificates };
}

/**
 * Gives the members of a started attempt, as its first join has them. Every join is verified
 * against them.
 */
export const signersOf = (start: Start): readonly number[] =>
  fromBinary(JoinStatementSchema, start.joins[0]?.body ?? new Uint8Array(0)).signers;

/**
 * Gives the intent that a start is of, as its first join says, and undefined when that says none.
 * Nothing is verified.
 */
export function joinedIntent({ joins: [join] }: Start): Uint8Array | undefined {
  const { intentId } = (join && parseExact(JoinStatementSchema, join.body)) ?? {};
  return intentId?.length === 32 ? intentId : undefined;
}

/** The holders of a key, by the intent that made its epoch. */
export interface Holders {
  readonly intent: Intent;
  readonly members: readonly Member[];
  /**
   * Dealers of a reshare that hold no share any more. The certificate needs their acknowledgements
   * too.
   */
  readonly leaving: readonly Member[];
  /**
   * Holders of the epoch before that neither deal nor hold a share any more. They are sent the
   * certificate, and may ask for it.
   */
  readonly leftOut: readonly Member[];
}

/** Gives the number of the epoch that an intent makes. The intent says it, and no party counts. */
export const epochNumberOf = ({ action }: Intent): number => (action.case === "refresh" ? action.value.epochNumber : 0);

/** Gives the holders of a verified intent, and undefined when it makes no share. */
export function holdersOf(intent: Intent): Holders | undefined {
  const { action } = intent;
  const founding = foundingOf(intent);
  if (founding !== undefined) return { intent, members: founding.members, leaving: [], leftOut: [] };
  if (action.case !== "refresh") return undefined;
  const { members, oldMembers, dealers } = action.value;
  const stays = new Set(members.map(({ shareIndex }) => shareIndex));
  const leaving = oldMembers.filter(({ shareIndex }) => dealers.includes(shareIndex) && !stays.has(shareIndex));
  // The parties are compared by their ids. A device that is recovered has another id, and its place
  // is not its own any more.
  const takesPart = new Set([...members, ...leaving].map(({ partyId }) => partyId));
  return { intent, members, leaving, leftOut: oldMembers.filter(({ partyId }) => !takesPart.has(partyId)) };
}

/** Gives what an intent says of the share that it repairs, and undefined when it repairs none. */
export const repairing = ({ action }: Intent): RepairAction | undefined => (action.case === "repair" ? action.value : undefined);

/** Gives the holders that the stored intent of a share names, as an exact encoded `Signed`. */
export const membersOf = (signedIntent: Uint8Array): readonly Member[] => holdersOf(intentOf(signedIntent))?.members ?? [];

/** Reads back an intent that was verified when it was stored. */
export const intentOf = (signedIntent: Uint8Array): Intent => fromBinary(IntentSchema, fromBinary(SignedSchema, signedIntent).body);
