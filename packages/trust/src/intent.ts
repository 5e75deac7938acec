// The intent says what a session is for, and its initiator signs it. The signature is checked over
// the exact bytes before anything is parsed. Then every field is checked, so that code with an
// `OpenedIntent` need not look again. `checkMayAsk` decides whether the initiator may ask. A
// party's policy decides whether the party wants to do it.
import { isBytes } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { type Intent, IntentSchema, type Signed, signatureTags } from "@covault/wire";
import { checkAction } from "./actions/index.ts";
import { claimsToBeDevice } from "./device-id.ts";
import { type FieldChecks, fieldChecks, parseExact, skewMs } from "./fields.ts";
import { intentIdOf } from "./key-id.ts";
import { type Kind, kindOf } from "./kinds.ts";
import type { InitiatorKeys } from "./roster.ts";
import { readSigned, signingKeyOf } from "./signature.ts";

/** The longest time between issue and expiry, in milliseconds. */
export const intentLifeMsMax = 7 * 24 * 3600 * 1000;

export interface OpenedIntent {
  readonly intent: Intent;
  readonly kind: Kind;
  /** The SHA-256 of `body`, 32 bytes. */
  readonly intentId: Uint8Array;
  /** The exact signed bytes. */
  readonly body: Uint8Array;
  /**
   * The initiator's key that signed, 32 bytes. For a device it is the key that its id is made of.
   */
  readonly key: Uint8Array;
}

/**
 * Opens an intent. Throws `trust/bad-intent` for a wrong signature or field, and
 * `trust/intent-expired` outside its time (60 s of skew are allowed). `nowMs` is undefined for an
 * intent of the past, as in a certificate.
 *
 * A device's signature proves only that this device signed: **`checkMayAsk` decides whether it may
 * ask.**
 */
export function openIntent(signedBytes: Uint8Array | Signed, keysOf: InitiatorKeys, nowMs: number | undefined): OpenedIntent {
  const check = fieldChecks("trust/bad-intent", "The intent");
  const signed = (isBytes(signedBytes) ? readSigned(signedBytes) : signedBytes) ?? check.fail("its bytes are not a signed statement");
  const { body, signer } = signed;
  const keys = claimsToBeDevice(signer) ? [signed.key] : keysOf(signer);
  const key = signingKeyOf(signed, signatureTags.intent, keys, check, "no known key of its initiator signed it");
  const intent = parseExact(IntentSchema, body) ?? check.fail("its body cannot be read in exactly one way");
  check.that(intent.version === 1, `version ${intent.version} is not 1`);
  check.that(intent.initiatorId === signer, "initiator_id is not who signed");
  check.name(intent.initiatorId, "initiator_id");
  check.name(intent.tenantId, "tenant_id");
  check.name(intent.sessionId, "session_id");
  if (intent.accountId !== "") check.name(intent.accountId, "account_id");
  if (intent.requestedBy !== "") check.name(intent.requestedBy, "requested_by");
  checkTimes(intent, check, nowMs);
  checkAction(intent, check);
  return { intent, kind: kindOf(intent), intentId: intentIdOf(body), body, key };
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
