// What this service signs: intents (what a session is for) and abandonments (a keygen that will never commit). The bytes built here
// are the bytes that are signed, stored and sent; nobody encodes them again.
import { createHash } from "node:crypto";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { AbandonmentSchema, type Intent, IntentSchema, signatureTags } from "@covault/wire";
import type { Initiator } from "./initiator.ts";

export interface SignedIntent {
  readonly intent: Intent;
  /** Encoded `Signed`. */
  readonly signed: Uint8Array;
  /** SHA-256 of the intent's bytes, 32 bytes. */
  readonly intentId: Uint8Array;
}

interface IntentFrame {
  readonly tenantId: string;
  readonly accountId: string;
  readonly sessionId: string;
  readonly issuedAtMs: number;
  readonly ttlMs: number;
}

export interface KeygenMember {
  readonly partyId: string;
  /** 32 bytes, from the roster. */
  readonly idpk: Uint8Array;
  readonly role: string;
}

type Action = NonNullable<MessageInitShape<typeof IntentSchema>["action"]>;

function signIntentOf(initiator: Initiator, frame: IntentFrame, action: Action): SignedIntent {
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

/** Members get the share indices 1..n in the order given. This initiator alone may ask for signatures by the new key. */
export function keygenIntent(
  initiator: Initiator,
  frame: IntentFrame,
  keygen: { readonly scheme: string; readonly threshold: number; readonly members: readonly KeygenMember[] },
): SignedIntent {
  return signIntentOf(initiator, frame, {
    case: "keygen",
    value: {
      scheme: keygen.scheme,
      threshold: keygen.threshold,
      members: keygen.members.map(({ partyId, idpk, role }, at) => ({ partyId, shareIndex: at + 1, idpk, role })),
      initiators: [initiator.id],
      custody: "server",
      policyRoot: new Uint8Array(),
    },
  });
}

export function signIntent(
  initiator: Initiator,
  frame: IntentFrame,
  sign: {
    readonly keyId: Uint8Array;
    readonly publicKey: Uint8Array;
    readonly scheme: string;
    readonly message: Uint8Array;
    readonly eligible: readonly string[];
    readonly required: readonly string[];
  },
): SignedIntent {
  const { keyId, publicKey, scheme, message, eligible, required } = sign;
  return signIntentOf(initiator, frame, {
    case: "sign",
    value: { keyId, publicKey, scheme, message, eligible: [...eligible], required: [...required] },
  });
}

/** Encoded `Signed` abandonment: "this session will never commit". */
export function abandonment(initiator: Initiator, sessionId: string, intentId: Uint8Array): Uint8Array {
  const statement = create(AbandonmentSchema, { sessionId, intentId, initiatorId: initiator.id });
  return initiator.statement(signatureTags.abandon, toBinary(AbandonmentSchema, statement));
}
