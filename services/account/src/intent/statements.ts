// This file makes what this service signs: intents (what a session is for) and abandonments (a
// keygen that will never commit). The bytes that are built here are the bytes that are signed,
// stored and sent. No other code encodes them again.
import { createHash } from "node:crypto";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { AbandonmentSchema, type Intent, IntentSchema, signatureTags } from "@covault/wire";
import type { Initiator } from "./initiator.ts";

export interface SignedIntent {
  readonly intent: Intent;
  /** The encoded `Signed` intent. */
  readonly signed: Uint8Array;
  /** The SHA-256 of the intent's bytes, 32 bytes. */
  readonly intentId: Uint8Array;
}

/** What every intent says, whatever it asks for. */
export interface IntentFrame {
  readonly tenantId: string;
  readonly accountId: string;
  readonly sessionId: string;
  readonly issuedAtMs: number;
  readonly ttlMs: number;
}

export interface KeygenMember {
  readonly partyId: string;
  /** The identity key from the roster, 32 bytes. */
  readonly idpk: Uint8Array;
  readonly role: string;
}

/** What an intent asks for. */
export type IntentAction = NonNullable<MessageInitShape<typeof IntentSchema>["action"]>;

export function signIntent(initiator: Initiator, frame: IntentFrame, action: IntentAction): SignedIntent {
  const intent = create(IntentSchema, {
    version: 1,
    tenantId: frame.tenantId,
    initiatorId: initiator.id,
    sessionId: frame.sessionId,
    issuedAtMs: BigInt(frame.issuedAtMs),
    expiresAtMs: BigInt(frame.issuedAtMs + frame.ttlMs),
    accountId: frame.accountId,
    action,
  });
  const body = toBinary(IntentSchema, intent);
  return {
    intent,
    signed: initiator.statement(signatureTags.intent, body),
    intentId: new Uint8Array(createHash("sha256").update(body).digest()),
  };
}

/** Gives an encoded `Signed` abandonment, which says "this session will never commit". */
export function abandonment(initiator: Initiator, sessionId: string, intentId: Uint8Array): Uint8Array {
  const statement = create(AbandonmentSchema, { sessionId, intentId, initiatorId: initiator.id });
  return initiator.statement(signatureTags.abandon, toBinary(AbandonmentSchema, statement));
}
