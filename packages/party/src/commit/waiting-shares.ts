// The shares that are staged here and wait for the acknowledgements of everybody else, and the
// acknowledgements that came. Everything here is in memory, and is taken up from the store again.
import { create, fromBinary } from "@bufbuild/protobuf";
import { hex, same } from "@covault/crypto";
import { compareEpochs, parseExact, type SchemeName, type VerifiedKey, verifyAck } from "@covault/trust";
import { type Ack, AckSchema, type Certificate, CertificateSchema, type Signed, SignedSchema } from "@covault/wire";
import { type AttemptTerms, epochNumberOf, type Holders, holdersOf, intentOf } from "../attempt/attempt-terms.ts";
import type { StoredShare } from "../ports/store.ts";
import { ackersOf, everybodyOf } from "./statements.ts";

/** What the acknowledgements of one intent must fit. */
export interface AckTerms {
  readonly sessionId: string;
  readonly intentId: Uint8Array;
  readonly holders: Holders;
  readonly scheme: string;
  readonly epochNumber: number;
}

export interface Waiting extends AckTerms {
  readonly share: StoredShare;
  cancel: () => void;
}

export class WaitingShares {
  /** By intent, in hex. Another intent may have the same session id. */
  readonly #waiting = new Map<string, Waiting>();
  /**
   * Verified acknowledgements, by intent and share index. Some come early, while the run of this
   * party still goes on.
   */
  readonly #acks = new Map<string, Map<number, { readonly ack: Ack; readonly signed: Signed }>>();

  /** Adds a share with this party's own acknowledgement. Gives undefined when it waits already. */
  add(share: StoredShare): Waiting | undefined {
    const name = hex(share.intentId);
    if (this.#waiting.has(name)) return undefined;
    // What is stored as a share was made by an intent that makes one.
    const holders = holdersOf(intentOf(share.intent)) as Holders;
    const { intentId, sessionId, scheme, epochNumber } = share;
    const waiting: Waiting = { share, sessionId, intentId, holders, scheme, epochNumber, cancel: () => {} };
    this.#waiting.set(name, waiting);
    // Early acknowledgements of another key are worthless. Their signer may still send the right
    // one.
    for (const [index, { ack }] of this.#acks.get(name) ?? []) if (!fits(ack, share)) this.#acks.get(name)?.delete(index);
    const own = fromBinary(SignedSchema, share.ack);
    this.#keep(fromBinary(AckSchema, own.body), own);
    return waiting;
  }

  of(intentId: Uint8Array): Waiting | undefined {
    return this.#waiting.get(hex(intentId));
  }
  all(): readonly Waiting[] {
    return [...this.#waiting.values()];
  }
  ofKey(keyId: Uint8Array): readonly Waiting[] {
    return this.all().filter(({ share }) => same(share.keyId, keyId));
  }
  /** Gives those of a key that are lower than this epoch, which is certified. */
  below(key: VerifiedKey): readonly Waiting[] {
    return this.ofKey(key.charter.keyId).filter(({ share }) => compareEpochs(share, key) < 0);
  }
  /** Tells whether a party is a member of what waits, or was one of the epoch before. */
  hasMember(partyId: string): boolean {
    return this.all().some(({ holders }) => everybodyOf(holders).some((member) => member.partyId === partyId));
  }

  /** Takes an acknowledgement that fits `terms`. Gives false, and keeps nothing, for others. */
  take(signed: Signed, terms: AckTerms): boolean {
    const ack = readAck(signed, terms);
    const waiting = this.of(terms.intentId);
    if (ack === undefined || (waiting !== undefined && !fits(ack, waiting.share))) return false;
    this.#keep(ack, signed);
    return true;
  }

  /** Gives the certificate when everybody has acknowledged. */
  certificateOf({ share, intentId, holders }: Waiting): Certificate | undefined {
    const { members, leaving } = holders;
    const acks = this.#acks.get(hex(intentId));
    const ordered = ackersOf(holders).map((member) => acks?.get(member.shareIndex)?.signed);
    if (!ordered.every((ack): ack is Signed => ack !== undefined)) return undefined;
    return create(CertificateSchema, {
      intent: fromBinary(SignedSchema, share.intent),
      acks: ordered.slice(0, members.length),
      dealerAcks: ordered.slice(members.length, members.length + leaving.length),
    });
  }

  forget(intentId: Uint8Array): void {
    const name = hex(intentId);
    this.#waiting.get(name)?.cancel();
    this.#waiting.delete(name);
    this.#acks.delete(name);
  }

  /**
   * Drops early acknowledgements of an intent whose attempt ended without a share. They are of no
   * use.
   */
  dropEarly(intentId: Uint8Array): void {
    if (this.of(intentId) === undefined) this.#acks.delete(hex(intentId));
  }

  stop(): void {
    for (const waiting of this.#waiting.values()) waiting.cancel();
    this.#waiting.clear();
  }

  #keep(ack: Ack, signed: Signed): void {
    const name = hex(ack.intentId);
    const known = this.#acks.get(name) ?? new Map<number, { readonly ack: Ack; readonly signed: Signed }>();
    known.set(ack.shareIndex, { ack, signed });
    this.#acks.set(name, known);
  }
}

/**
 * Gives the intent that an acknowledgement is about, as it says itself. It is empty when it cannot
 * be read. Nothing of it is verified.
 */
export const acknowledgedIntent = ({ body }: Signed): Uint8Array => parseExact(AckSchema, body)?.intentId ?? new Uint8Array();

/** Gives what early acknowledgements of an attempt that runs must fit. */
export function ackTermsOf(terms: AttemptTerms | undefined): AckTerms | undefined {
  const holders = terms && holdersOf(terms.intent);
  if (terms === undefined || holders === undefined) return undefined;
  const { sessionId, intentId, protocol } = terms;
  return { sessionId, intentId, holders, scheme: protocol.scheme, epochNumber: epochNumberOf(terms.intent) };
}

const fits = (ack: Ack, share: StoredShare): boolean => same(ack.keyId, share.keyId) && same(ack.epoch, share.epoch);

function readAck(signed: Signed, { holders, ...terms }: AckTerms): Ack | undefined {
  try {
    return verifyAck(signed, { ...terms, members: ackersOf(holders), scheme: terms.scheme as SchemeName });
  } catch {
    return undefined;
  }
}
