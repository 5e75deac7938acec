// The intent: what a session is for, signed by its initiator. The signature is checked over the exact bytes before anything is parsed;
// then every field, so that who holds an `OpenedIntent` need not look again. Whether a party wants to do it is its policy's business.
import { CovaultError } from "@covault/errors";
import {
  type Intent,
  IntentSchema,
  type KeygenAction,
  type RefreshAction,
  type SignAction,
  type Signed,
  signatureTags,
} from "@covault/wire";
import { type FieldChecks, fieldChecks, type IntentKind, isPublicKey, parseExact, type Scheme, same, schemes, skewMs } from "./fields.ts";
import { intentIdOf, keyIdOf } from "./key-id.ts";
import { checkInitiators, readSigned } from "./roster.ts";
import { isEcdsaDigest } from "./secp256k1.ts";
import { verifySignature } from "./signature.ts";

/** Longest time between issue and expiry. */
export const intentLifeMsMax = 7 * 24 * 3600 * 1000;
/** Longest message of a scheme that signs messages and not digests. */
export const messageBytesMax = 65_536;

/** The public keys, 32 bytes each, that an initiator may sign with. Asked before parsing, with `Signed.signer`. */
export type InitiatorKeys = (initiatorId: string) => readonly Uint8Array[];

export interface OpenedIntent {
  readonly intent: Intent;
  readonly kind: IntentKind;
  /** SHA-256 of `body`, 32 bytes. */
  readonly intentId: Uint8Array;
  /** The exact signed bytes. */
  readonly body: Uint8Array;
  /** Which of the initiator's keys signed, 32 bytes: see `isEntitled`. */
  readonly key: Uint8Array;
}

/**
 * Throws `trust/bad-intent` for a wrong signature or field, `trust/intent-expired` outside its time (60 s of skew are allowed).
 * `nowMs` undefined: an intent of the past, as in a certificate.
 */
export function openIntent(signedBytes: Uint8Array | Signed, keysOf: InitiatorKeys, nowMs: number | undefined): OpenedIntent {
  const check = fieldChecks("trust/bad-intent", "The intent");
  const signed =
    (signedBytes instanceof Uint8Array ? readSigned(signedBytes) : signedBytes) ?? check.fail("its bytes are not a signed statement");
  const { body } = signed;
  const key = keysOf(signed.signer).find((candidate) => verifySignature(signatureTags.intent, body, signed.signature, candidate));
  if (key === undefined) return check.fail("no known key of its initiator signed it");
  const intent = parseExact(IntentSchema, body) ?? check.fail("its body cannot be read in exactly one way");
  check.that(intent.version === 1, `version ${intent.version} is not 1`);
  check.that(intent.initiatorId === signed.signer, "initiator_id is not who signed");
  check.name(intent.initiatorId, "initiator_id");
  check.name(intent.tenantId, "tenant_id");
  check.name(intent.sessionId, "session_id");
  if (intent.accountId !== "") check.name(intent.accountId, "account_id");
  checkTimes(intent, check, nowMs);
  return { intent, kind: checkAction(intent, check), intentId: intentIdOf(body), body, key };
}

function checkTimes(intent: Intent, check: FieldChecks, nowMs: number | undefined): void {
  const life = intent.expiresAtMs - intent.issuedAtMs;
  check.that(intent.issuedAtMs > 0n && life > 0n && life <= BigInt(intentLifeMsMax), "it lives for no time, or for more than seven days");
  if (nowMs === undefined) return;
  const facts = { issued_at_ms: String(intent.issuedAtMs), expires_at_ms: String(intent.expiresAtMs), now_ms: String(nowMs) };
  if (intent.expiresAtMs + BigInt(skewMs) <= BigInt(nowMs))
    throw new CovaultError("trust/intent-expired", "The intent has expired.", { facts });
  if (intent.issuedAtMs > BigInt(nowMs + skewMs))
    throw new CovaultError("trust/intent-expired", "The intent was issued in the future.", { facts });
}

function checkAction(intent: Intent, check: FieldChecks): IntentKind {
  const { action } = intent;
  if (action.case === "keygen") checkKeygen(action.value, check);
  else if (action.case === "sign") checkSign(action.value, check);
  else if (action.case === "refresh") return checkRefresh(action.value, check);
  else return check.fail("it asks for nothing that version 1 knows");
  return action.case;
}

function checkKeygen(keygen: KeygenAction, check: FieldChecks): void {
  check.word(keygen.scheme, schemes, "scheme");
  check.members(keygen.members, "members");
  check.threshold(keygen.threshold, keygen.members.length, "threshold");
  check.that(keygen.initiators.length > 0, "initiators is empty: nobody could ever use the key");
  checkInitiators(keygen.initiators, "initiators", check);
  if (keygen.policyRoot.length > 0) check.bytes(keygen.policyRoot, 32, "policy_root");
}

function checkSign(sign: SignAction, check: FieldChecks): void {
  const scheme = check.word(sign.scheme, schemes, "scheme");
  check.bytes(sign.keyId, 32, "key_id");
  check.bytes(sign.epoch, 32, "epoch");
  check.publicKey(scheme, sign.publicKey, "public_key");
  if (scheme === "eddsa-ed25519") check.that(sign.message.length <= messageBytesMax, `message is longer than ${messageBytesMax} bytes`);
  else check.bytes(sign.message, 32, "message");
  if (scheme === "ecdsa-secp256k1") check.that(isEcdsaDigest(sign.message), "message is 0 modulo the group order");
  for (const party of sign.eligible) check.partyId(party, "eligible");
  check.distinct(sign.eligible, "eligible");
  check.distinct(sign.required, "required");
  check.that(
    sign.required.every((party) => sign.eligible.includes(party)),
    "required names a party that is not eligible",
  );
  check.threshold(sign.threshold, sign.eligible.length, "threshold");
  check.that(sign.required.length <= sign.threshold, "required names more parties than sign");
  check.that(
    sign.derivationPath.length <= 255 && sign.derivationPath.every((step) => step < 0x80000000),
    "derivation_path is hardened or too long",
  );
}

function checkRefresh(refresh: RefreshAction, check: FieldChecks): IntentKind {
  const kind = check.word(refresh.kind, ["refresh", "reshare", "recover"] as const, "kind");
  check.bytes(refresh.keyId, 32, "key_id");
  check.bytes(refresh.oldEpoch, 32, "old_epoch");
  check.bytes(refresh.chain, 32, "chain");
  const fits = (scheme: Scheme): boolean => [refresh.publicKey, ...refresh.oldPublicShares].every((key) => isPublicKey(scheme, key));
  const possible = schemes.filter(fits);
  check.that(possible.length > 0, "public_key and old_public_shares are not points of one curve");
  check.that(
    possible.some((scheme) => same(keyIdOf(scheme, refresh.publicKey, refresh.chain), refresh.keyId)),
    "key_id is not that of public_key and chain under any scheme of their curve",
  );
  check.members(refresh.oldMembers, "old_members");
  check.members(refresh.members, "members");
  check.threshold(refresh.oldThreshold, refresh.oldMembers.length, "old_threshold");
  check.threshold(refresh.threshold, refresh.members.length, "threshold");
  check.that(refresh.oldPublicShares.length === refresh.oldMembers.length, "old_public_shares has not one for each of old_members");
  check.ascending(refresh.dealers, "dealers");
  const old = new Map(refresh.oldMembers.map((member) => [member.shareIndex, member]));
  check.that(
    refresh.dealers.length >= refresh.oldThreshold && refresh.dealers.every((dealer) => old.has(dealer)),
    "dealers are not old_threshold old members",
  );
  checkNewMembers(kind, refresh, check);
  return kind;
}

/** An index belongs to one party for ever; refresh and recovery keep the set (dkls23-spec 0.4, 7). */
function checkNewMembers(kind: IntentKind, refresh: RefreshAction, check: FieldChecks): void {
  const old = new Map(refresh.oldMembers.map((member) => [member.shareIndex, member]));
  const highest = Math.max(...old.keys());
  for (const member of refresh.members) {
    const before = old.get(member.shareIndex);
    if (before === undefined)
      check.that(kind === "reshare" && member.shareIndex > highest, "members has a newcomer with an index that is not new");
    else if (before.partyId !== member.partyId) check.fail("members gives an index to another party");
    else check.that(kind === "recover" || same(before.idpk, member.idpk), "members changes an idpk without a recovery");
  }
  if (kind === "reshare") return;
  check.that(refresh.threshold === refresh.oldThreshold, "threshold changes without a reshare");
  check.that(refresh.members.length === old.size, "members leaves one out without a reshare");
}
