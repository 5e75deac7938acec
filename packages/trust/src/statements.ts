// This file verifies what members sign within a session (joins, acknowledgements, accusations), and
// the initiator's abandonment. Each statement is checked against what the verifier already knows
// from the intent. The signature is checked first.
import { same } from "@covault/crypto";
import { CovaultError, type ErrorCode } from "@covault/errors";
import {
  type Abandonment,
  AbandonmentSchema,
  type Accusation,
  AccusationSchema,
  type Ack,
  AckSchema,
  accusationTags,
  type JoinStatement,
  JoinStatementSchema,
  type Member,
  type Signed,
  signatureTags,
} from "@covault/wire";
import { type FieldChecks, fieldChecks, parseExact } from "./fields.ts";
import { epochOf, keyIdOf } from "./key-id.ts";
import type { SchemeName } from "./schemes/index.ts";
import { signingKeyOf } from "./signature.ts";

export interface ExpectedJoin {
  /** The id of the attempt, 32 bytes. */
  readonly rid: Uint8Array;
  readonly intentId: Uint8Array;
  readonly attempt: number;
  /** The share indices of the attempt, ascending. */
  readonly signers: readonly number[];
  /**
   * The member whose join it is. It comes from the intent (keygen), or was kept with the share
   * (sign).
   */
  readonly member: Pick<Member, "partyId" | "shareIndex" | "idpk">;
  /**
   * The key of a sign attempt: the epoch that signs, and whether its scheme has pairs. It is
   * undefined when the attempt makes the key.
   */
  readonly key?: JoinedKey | undefined;
}
export interface JoinedKey {
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly epochNumber: number;
  readonly pairs: boolean;
}

/**
 * Verifies a join. Throws `trust/bad-join`. Whether the members' pairs fit is for `pairFaults`,
 * which takes all joins.
 */
export function verifyJoin(signed: Signed, expected: ExpectedJoin): JoinStatement {
  const { member } = expected;
  const check = fieldChecks("trust/bad-join", `The join of ${member.partyId}`);
  check.that(signed.signer === member.partyId, "another party claims to have signed it");
  signingKeyOf(signed, signatureTags.join, [member.idpk], check, "its identity key did not sign it");
  const join = parseExact(JoinStatementSchema, signed.body) ?? check.fail("its body cannot be read in exactly one way");
  check.that(same(join.rid, expected.rid), "rid is that of another attempt");
  check.that(same(join.intentId, expected.intentId), "intent_id is that of another intent");
  check.that(join.attempt === expected.attempt, `attempt is ${join.attempt}, not ${expected.attempt}`);
  check.that(
    join.partyId === member.partyId && join.shareIndex === member.shareIndex,
    "party_id and share_index are not those of the intent",
  );
  check.name(join.instanceId, "instance_id");
  check.bytes(join.contribution, 32, "contribution");
  check.bytes(join.x25519, 32, "x25519");
  const signers = expected.signers;
  check.that(
    join.signers.length === signers.length && join.signers.every((index, at) => index === signers[at]),
    "signers are not those of the attempt",
  );
  if (join.policyVersion === 0n) check.bytes(join.policyHash, 0, "policy_hash");
  else check.bytes(join.policyHash, 32, "policy_hash");
  checkJoinedKey(join, expected, check);
  return join;
}

function checkJoinedKey(join: JoinStatement, { key, signers, member }: ExpectedJoin, check: FieldChecks): void {
  const { pairs, epochNumber } = join;
  const none = new Uint8Array();
  check.that(same(join.keyId, key?.keyId ?? none), "key_id is not that of the attempt");
  check.that(same(join.epoch, key?.epoch ?? none), "epoch is not that of the attempt");
  check.that(epochNumber === (key?.epochNumber ?? 0), `epoch_number is ${epochNumber}, not ${key?.epochNumber ?? 0}`);
  const partners = key?.pairs === true ? signers.filter((index) => index !== member.shareIndex) : [];
  check.that(
    pairs.length === partners.length && pairs.every(({ shareIndex }, at) => shareIndex === partners[at]),
    "pairs are not one for each other signer, ascending",
  );
  for (const { pairId } of pairs) check.bytes(pairId, 32, "pairs.pair_id");
}

/**
 * Gives the pairs of an attempt that its two ends do not name alike, or that one of them does not
 * have, as share indices (dkls23-spec 0.4). With any such pair, the attempt ends before round 1 and
 * nobody is blamed. `joins` are the verified joins of all signers. A party's own join names the
 * pairs of its store.
 */
export function pairFaults(joins: readonly JoinStatement[]): readonly (readonly [lo: number, hi: number])[] {
  const named = (from: JoinStatement, to: JoinStatement) => from.pairs.find(({ shareIndex }) => shareIndex === to.shareIndex)?.pairId;
  const ascending = joins.toSorted((a, b) => a.shareIndex - b.shareIndex);
  return ascending.flatMap((lo, at) =>
    ascending.slice(at + 1).flatMap((hi) => {
      const [one, other] = [named(lo, hi), named(hi, lo)];
      const fits = one !== undefined && other !== undefined && same(one, other) && one.some((byte) => byte !== 0);
      return fits ? [] : [[lo.shareIndex, hi.shareIndex] as const];
    }),
  );
}

export interface ExpectedAck {
  readonly members: readonly Member[];
  readonly intentId: Uint8Array;
  readonly sessionId: string;
  readonly scheme: SchemeName;
  /** The epoch number of the intent. It is 0 for a keygen. */
  readonly epochNumber: number;
}

/**
 * Verifies one holder's acknowledgement, which is complete in itself: key id and epoch follow from
 * its other fields. Throws `trust/bad-ack`, or `code` when it is given.
 */
export function verifyAck(signed: Signed, expected: ExpectedAck, code: ErrorCode = "trust/bad-ack"): Ack {
  const check = fieldChecks(code, "The acknowledgement");
  const member = expected.members.find((candidate) => candidate.partyId === signed.signer) ?? check.fail("its signer is not a member");
  signingKeyOf(signed, signatureTags.ack, [member.idpk], check, `the identity key of ${member.partyId} did not sign it`);
  const ack = parseExact(AckSchema, signed.body) ?? check.fail("its body cannot be read in exactly one way");
  check.that(ack.shareIndex === member.shareIndex, "share_index is not the signer's");
  check.that(same(ack.intentId, expected.intentId), "intent_id is that of another intent");
  check.that(ack.sessionId === expected.sessionId, "session_id is that of another session");
  check.that(ack.epochNumber === expected.epochNumber, `epoch_number is ${ack.epochNumber}, not ${expected.epochNumber}`);
  check.bytes(ack.h2, 32, "h2");
  check.bytes(ack.chain, 32, "chain");
  check.publicKey(expected.scheme, ack.publicKey, "public_key");
  check.that(same(ack.keyId, keyIdOf(expected.scheme, ack.publicKey, ack.chain)), "key_id is not that of scheme, public_key and chain");
  check.that(same(ack.epoch, epochOf(ack.keyId, ack.h2)), "epoch is not that of key_id and h2");
  return ack;
}

export interface ExpectedAccusation {
  readonly sessionId: string;
  /** The id of the attempt, 32 bytes. */
  readonly rid: Uint8Array;
  /**
   * The member that accuses. It comes from the intent (keygen), or was kept with the share (sign).
   */
  readonly member: Pick<Member, "partyId" | "idpk">;
  /** The kind of report that the accusation came in. */
  readonly report: keyof typeof accusationTags;
}

/**
 * Verifies an accusation. Throws `trust/bad-accusation`. The caller checks whether it is true, and
 * whether the culprits are members.
 */
export function verifyAccusation(signed: Signed, { sessionId, rid, member, report }: ExpectedAccusation): Accusation {
  const check = fieldChecks("trust/bad-accusation", `The accusation by ${member.partyId}`);
  check.that(signed.signer === member.partyId, "another party claims to have signed it");
  signingKeyOf(signed, accusationTags[report], [member.idpk], check, "its identity key did not sign it");
  const accusation = parseExact(AccusationSchema, signed.body) ?? check.fail("its body cannot be read in exactly one way");
  check.that(accusation.sessionId === sessionId, "session_id is that of another session");
  check.that(same(accusation.rid, rid), "rid is that of another attempt");
  check.that(accusation.partyId === member.partyId, "party_id is not the signer's");
  const { culprits, consequence } = accusation;
  check.that(
    culprits.length > 0 && culprits.every((index, at) => index > (culprits[at - 1] ?? 0)),
    "culprits are not share indices, ascending",
  );
  check.that(consequence === "retry" || consequence === "burn", "consequence is neither retry nor burn");
  return accusation;
}

export interface ExpectedAbandonment {
  readonly sessionId: string;
  readonly intentId: Uint8Array;
  readonly initiatorId: string;
  /** The keys of that initiator, 32 bytes each. */
  readonly keys: readonly Uint8Array[];
}

/**
 * Verifies an abandonment. Throws `trust/bad-abandonment`. The caller checks whether a certificate
 * exists already: no abandonment counts after one.
 */
export function verifyAbandonment(signed: Signed, expected: ExpectedAbandonment): Abandonment {
  const check = fieldChecks("trust/bad-abandonment", "The abandonment");
  const failure = "the initiator of the session did not sign it";
  check.that(signed.signer === expected.initiatorId, failure);
  signingKeyOf(signed, signatureTags.abandon, expected.keys, check, failure);
  const abandonment = parseExact(AbandonmentSchema, signed.body) ?? check.fail("its body cannot be read in exactly one way");
  if (
    abandonment.sessionId !== expected.sessionId ||
    !same(abandonment.intentId, expected.intentId) ||
    abandonment.initiatorId !== expected.initiatorId
  )
    throw new CovaultError("trust/bad-abandonment", "The abandonment is that of another session.");
  return abandonment;
}
