// The pair certificate is the intent of a renewal and the acknowledgements of both ends
// (dkls23-spec 7.1 "Commit"). Only it makes a renewed pair usable, and only it ends what somebody
// remembers against the pair before. So everybody who acts on it checks it as a whole.
import { isBytes, same } from "@covault/crypto";
import type { ErrorCode } from "@covault/errors";
import {
  type Intent,
  type PairAck,
  PairAckSchema,
  type PairCertificate,
  PairCertificateSchema,
  type Signed,
  signatureTags,
} from "@covault/wire";
import { compareBytes } from "./bytes.ts";
import { certifiedIntent } from "./certified-intent.ts";
import type { VerifiedKey } from "./charter.ts";
import { fieldChecks, parseExact, reread } from "./fields.ts";
import type { HolderKeys, InitiatorKeys } from "./roster.ts";
import { signingKeyOf } from "./signature.ts";
import { type Ends, renewed } from "./within-epoch.ts";

export interface ExpectedPairAck {
  /** The two ends: `checkRenews`. */
  readonly ends: Ends;
  /** The keys that an end may have signed with: `holderKeysOf(roster)`. */
  readonly holderKeys: HolderKeys;
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  /** The generation of the intent. */
  readonly generation: number;
  /** The id of the pair before, as the intent says it, 32 bytes. */
  readonly oldPairId: Uint8Array;
  readonly intentId: Uint8Array;
  readonly sessionId: string;
}

/**
 * Verifies the acknowledgement of one end. Whether both ends acknowledge one pair is for
 * `verifyPairCertificate`. Throws `trust/bad-pair-ack`, or `code` when it is given.
 */
export function verifyPairAck(signed: Signed, expected: ExpectedPairAck, code: ErrorCode = "trust/bad-pair-ack"): PairAck {
  const check = fieldChecks(code, "The acknowledgement of a pair");
  const { ends, holderKeys } = expected;
  const [lo, hi] = ends;
  const end = ends.find(({ partyId }) => partyId === signed.signer) ?? check.fail("its signer is no end of the pair");
  signingKeyOf(signed, signatureTags.pairAck, holderKeys(end), check, `the identity key of ${end.partyId} did not sign it`);
  const ack = parseExact(PairAckSchema, signed.body) ?? check.fail("its body cannot be read in exactly one way");
  check.that(ack.shareIndex === end.shareIndex, "share_index is not the signer's");
  check.that(same(ack.intentId, expected.intentId), "intent_id is that of another intent");
  check.that(ack.sessionId === expected.sessionId, "session_id is that of another session");
  check.that(same(ack.keyId, expected.keyId), "key_id is that of another key");
  check.that(same(ack.epoch, expected.epoch), "epoch is another one");
  check.that(
    ack.shareIndexLo === lo.shareIndex && ack.shareIndexHi === hi.shareIndex,
    "share_index_lo and share_index_hi are those of another pair",
  );
  check.that(ack.generation === expected.generation, `generation is ${ack.generation}, not ${expected.generation}`);
  check.bytes(ack.pairId, 32, "pair_id");
  check.that(
    ack.pairId.some((byte) => byte !== 0),
    "pair_id is that of a lost pair",
  );
  check.that(!same(ack.pairId, expected.oldPairId), "pair_id is the old one");
  return ack;
}

export interface ExpectedPairCertificate {
  /** The key in the epoch of the pair. */
  readonly key: VerifiedKey;
  /**
   * The keys that may have signed the intent: `keysOf(roster)`. A certificate stays good when a key
   * is retired or revoked.
   */
  readonly keysOf: InitiatorKeys;
  /** The keys that the ends may have signed with: `holderKeysOf(roster)`. */
  readonly holderKeys: HolderKeys;
  /**
   * The id of the intent that the certificate must answer, 32 bytes. `any` means that every renewal
   * of the key in this epoch will do.
   */
  readonly intentId: Uint8Array | "any";
}

export interface VerifiedPairCertificate {
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly epochNumber: number;
  readonly ends: Ends;
  readonly generation: number;
  readonly pairId: Uint8Array;
  /** The id of the pair before, as the intent says it. It is all zero for a pair that was lost. */
  readonly oldPairId: Uint8Array;
  readonly intentId: Uint8Array;
  readonly sessionId: string;
  readonly intent: Intent;
  /** The initiator's key that signed the intent, 32 bytes. */
  readonly initiatorKey: Uint8Array;
  readonly certificate: PairCertificate;
}

/**
 * Verifies a pair certificate, given as the message or its bytes. Throws
 * `trust/bad-pair-certificate`.
 */
export function verifyPairCertificate(
  certificate: PairCertificate | Uint8Array,
  { key, keysOf, holderKeys, intentId }: ExpectedPairCertificate,
): VerifiedPairCertificate {
  const code = "trust/bad-pair-certificate";
  const check = fieldChecks(code, "The pair certificate");
  const read = reread(PairCertificateSchema, certificate) ?? check.fail("it cannot be read in exactly one way");
  const opened = certifiedIntent(read, { keysOf, devices: key.members }, check);
  check.that(intentId === "any" || (isBytes(intentId) && same(intentId, opened.intentId)), "it answers another intent");
  const { intent, key: initiatorKey } = opened;
  const { action, ends } = renewed(key, opened, check);
  const { keyId, epoch, epochNumber, generation, oldPairId } = action;
  const { sessionId } = intent;
  const facts = { ends, keyId, epoch, generation, oldPairId, intentId: opened.intentId, sessionId };
  check.that(read.acks.length === 2, `it has ${read.acks.length} acknowledgements, not 2`);
  const [lo, hi] = read.acks.map((signed) => verifyPairAck(signed, { ...facts, holderKeys }, code)) as [PairAck, PairAck];
  check.that(
    lo.shareIndex === ends[0].shareIndex && hi.shareIndex === ends[1].shareIndex,
    "its acknowledgements are not one of each end, ascending",
  );
  check.that(same(lo.pairId, hi.pairId), "its acknowledgements are of different pairs");
  return { ...facts, epochNumber, pairId: lo.pairId, intent, initiatorKey, certificate: read };
}

/**
 * Compares two makings of one pair within one epoch. The result is above 0 when `a` is the higher
 * one. The highest certified one is the pair.
 */
export function compareGenerations(
  a: Pick<VerifiedPairCertificate, "generation" | "pairId">,
  b: Pick<VerifiedPairCertificate, "generation" | "pairId">,
): number {
  return a.generation - b.generation || compareBytes(a.pairId, b.pairId);
}
