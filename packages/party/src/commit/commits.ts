// Commit (dkls23-spec section 7): a share is only staged until every holder has acknowledged it; all acknowledgements together are the
// certificate, and whoever holds one tells everybody. A party in doubt asks; it never decides by itself.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { intentIdOf, keysOf, type SchemeName, verifyAbandonment, verifyAck, verifyCertificate } from "@covault/trust";
import {
  type Abandoned,
  type Ack,
  type Acknowledged,
  AcknowledgedSchema,
  AckSchema,
  type Certificate,
  CertificateRequestSchema,
  CertificateSchema,
  type Committed,
  CommittedSchema,
  type Member,
  type Signed,
  SignedSchema,
} from "@covault/wire";
import { same } from "../bytes.ts";
import type { PartyContext } from "../context.ts";
import type { StoredShare } from "../ports/store.ts";
import type { Address } from "../ports/transport.ts";
import { type Attempt, epochNumberOf, holdersOf } from "../session/attempt.ts";
import { coordinator, envelope, post, ttlMs } from "../session/mail.ts";

/** What acknowledgements of a session must fit. */
interface Terms {
  readonly sessionId: string;
  readonly intentId: Uint8Array;
  readonly members: readonly Member[];
  readonly scheme: string;
  readonly epochNumber: number;
}

interface Waiting extends Terms {
  readonly share: StoredShare;
  cancel: () => void;
}

/** What this needs to know of attempts that run. */
export interface RunningAttempts {
  ofSession(sessionId: string): Attempt | undefined;
  /** The session will never commit. */
  abandon(sessionId: string): void;
  /** This epoch is the key's now: sessions of another one end. */
  supersede(keyId: Uint8Array, epoch: Uint8Array): void;
  /** Nobody needs this session's sent bytes any more. */
  settle(sessionId: string): void;
}

export class Commits {
  readonly #context: PartyContext;
  readonly #running: RunningAttempts;
  readonly #waiting = new Map<string, Waiting>();
  /** Verified acknowledgements by session and share index; also early ones, while my own run still goes on. */
  readonly #acks = new Map<string, Map<number, { readonly ack: Ack; readonly signed: Signed }>>();

  constructor(context: PartyContext, running: RunningAttempts) {
    this.#context = context;
    this.#running = running;
  }

  /** After a restart: everything staged is in doubt. */
  async resume(): Promise<void> {
    for (const share of await this.#context.store.stagedShares()) await this.staged(share);
  }

  /** My share is durable: say so, and wait for everybody's word. */
  async staged(share: StoredShare): Promise<void> {
    if (this.#waiting.has(share.sessionId)) return;
    const { members } = holdersOf(share.intent);
    const intentId = intentIdOf(fromBinary(SignedSchema, share.intent).body);
    const { sessionId, scheme, epochNumber } = share;
    const waiting: Waiting = { share, sessionId, intentId, members, scheme, epochNumber, cancel: () => {} };
    this.#waiting.set(share.sessionId, waiting);
    // Early ones of another key than mine are worthless: their signer may still send the right one.
    for (const [index, { ack }] of this.#acks.get(share.sessionId) ?? [])
      if (!fits(ack, share)) this.#acks.get(share.sessionId)?.delete(index);
    const own = fromBinary(SignedSchema, share.ack);
    this.#keep(share.sessionId, fromBinary(AckSchema, own.body), own);
    this.#tell(waiting, acknowledged(share));
    await this.#complete(waiting);
    this.#askLater(waiting, this.#context.limits.certificateMs);
  }

  /** Messages may have been lost: say and ask again. */
  reconnected(): void {
    for (const waiting of this.#waiting.values()) this.#ask(waiting);
  }

  stop(): void {
    for (const waiting of this.#waiting.values()) waiting.cancel();
    this.#waiting.clear();
  }

  async onAck({ sessionId, ack: signed }: Acknowledged, from: Address): Promise<void> {
    const waiting = this.#waiting.get(sessionId);
    const terms = waiting ?? termsOf(this.#running.ofSession(sessionId));
    if (signed === undefined || terms === undefined) return;
    const ack = readAck(signed, terms);
    if (ack === undefined || (waiting !== undefined && !fits(ack, waiting.share)))
      return this.#context.observe({ kind: "dropped", reason: "bad-ack", from: from.partyId });
    this.#keep(sessionId, ack, signed);
    if (waiting !== undefined) await this.#complete(waiting);
  }

  async onCommitted({ sessionId, certificate }: Committed, from: Address): Promise<void> {
    if (certificate === undefined) return;
    const waiting = this.#waiting.get(sessionId) ?? (await this.#stagedElsewhere(sessionId));
    if (waiting === undefined) return;
    if (!(await this.#commit(waiting, certificate)))
      this.#context.observe({ kind: "dropped", reason: "bad-certificate", from: from.partyId });
  }

  /** Members may have the certificate and my acknowledgement, and so may the coordinator; to others the session is unknown. */
  async onRequest(sessionId: string, from: Address): Promise<void> {
    const share = await this.#context.store.shareOfSession(sessionId);
    if (share === undefined || !(from.partyId === coordinator.partyId || isHolder(share, from.partyId)))
      return this.#context.observe({ kind: "dropped", reason: "unknown-session", from: from.partyId });
    const bytes =
      share.certificate === undefined ? acknowledged(share) : committed(sessionId, fromBinary(CertificateSchema, share.certificate));
    post(this.#context, from, bytes, ttlMs.stored);
  }

  /** Signed by the initiator of the keygen; before a certificate only. */
  async onAbandoned({ sessionId, abandonment }: Abandoned, from: Address): Promise<void> {
    const share = await this.#context.store.shareOfSession(sessionId);
    const attempt = this.#running.ofSession(sessionId);
    const intent = share === undefined ? attempt?.intent : holdersOf(share.intent).intent;
    const intentId = share === undefined ? attempt?.intentId : intentIdOf(fromBinary(SignedSchema, share.intent).body);
    if (abandonment === undefined || intent?.action.case !== "keygen" || intentId === undefined) return;
    const { initiatorId } = intent;
    const keys = keysOf(this.#context.roster())(initiatorId);
    try {
      verifyAbandonment(abandonment, { sessionId, intentId, initiatorId, keys });
    } catch {
      return this.#context.observe({ kind: "dropped", reason: "bad-abandonment", from: from.partyId });
    }
    if (!(await this.#context.store.abandonSession(sessionId))) return;
    this.#running.abandon(sessionId);
    this.#forget(sessionId);
    this.#context.observe({ kind: "abandoned", sessionId });
  }

  /** Whether somebody is a member of what is staged here. */
  hasMember(partyId: string): boolean {
    return [...this.#waiting.values()].some(({ members }) => members.some((member) => member.partyId === partyId));
  }

  /** Another instance of this party has staged it, and the certificate came here. */
  async #stagedElsewhere(sessionId: string): Promise<Waiting | undefined> {
    const share = await this.#context.store.shareOfSession(sessionId);
    if (share?.status === "staged") await this.staged(share);
    return this.#waiting.get(sessionId);
  }

  /** An attempt ended without a share: early acknowledgements are of no use. */
  dropEarly(sessionId: string): void {
    if (!this.#waiting.has(sessionId)) this.#acks.delete(sessionId);
  }

  async #complete(waiting: Waiting): Promise<void> {
    const acks = this.#acks.get(waiting.sessionId);
    const ordered = waiting.members.map((member) => acks?.get(member.shareIndex)?.signed);
    if (!ordered.every((ack): ack is Signed => ack !== undefined)) return;
    const certificate = create(CertificateSchema, { intent: fromBinary(SignedSchema, waiting.share.intent), acks: ordered });
    if (await this.#commit(waiting, certificate)) this.#tell(waiting, committed(waiting.sessionId, certificate));
  }

  /** Verified as a whole, and of my own share: only then the key is usable. */
  async #commit(waiting: Waiting, certificate: Certificate): Promise<boolean> {
    const { share, sessionId, intentId } = waiting;
    try {
      const verified = verifyCertificate(certificate, { keysOf: keysOf(this.#context.roster()), intentId });
      if (!same(verified.keyId, share.keyId) || !same(verified.epoch, share.epoch)) return false;
    } catch {
      return false;
    }
    if (!(await this.#context.store.commitShare(share.keyId, share.epoch, toBinary(CertificateSchema, certificate)))) return false;
    if (!this.#waiting.has(sessionId)) return true;
    this.#forget(sessionId);
    this.#running.settle(sessionId);
    this.#running.supersede(share.keyId, share.epoch);
    this.#context.observe({ kind: "committed", sessionId });
    return true;
  }

  #forget(sessionId: string): void {
    this.#waiting.get(sessionId)?.cancel();
    this.#waiting.delete(sessionId);
    this.#acks.delete(sessionId);
  }

  #keep(sessionId: string, ack: Ack, signed: Signed): void {
    const known = this.#acks.get(sessionId) ?? new Map<number, { readonly ack: Ack; readonly signed: Signed }>();
    known.set(ack.shareIndex, { ack, signed });
    this.#acks.set(sessionId, known);
  }

  #tell(waiting: Waiting, bytes: Uint8Array): void {
    for (const { partyId } of waiting.members)
      if (partyId !== this.#context.partyId) post(this.#context, { partyId, instanceId: "" }, bytes, ttlMs.stored);
    post(this.#context, coordinator, bytes, ttlMs.stored);
  }

  #ask(waiting: Waiting): void {
    this.#tell(waiting, acknowledged(waiting.share));
    this.#tell(
      waiting,
      envelope({ case: "certificateRequest", value: create(CertificateRequestSchema, { sessionId: waiting.sessionId }) }),
    );
  }

  #askLater(waiting: Waiting, ms: number): void {
    if (this.#waiting.get(waiting.sessionId) !== waiting) return;
    waiting.cancel = this.#context.clock.timer(ms, () => {
      this.#ask(waiting);
      this.#askLater(waiting, Math.min(ms * 2, this.#context.limits.certificateMs * 10));
    });
  }
}

const acknowledged = ({ sessionId, ack }: StoredShare): Uint8Array =>
  envelope({ case: "acknowledged", value: create(AcknowledgedSchema, { sessionId, ack: fromBinary(SignedSchema, ack) }) });
const committed = (sessionId: string, certificate: Certificate): Uint8Array =>
  envelope({ case: "committed", value: create(CommittedSchema, { sessionId, certificate }) });

const isHolder = (share: StoredShare, partyId: string): boolean =>
  holdersOf(share.intent).members.some((member) => member.partyId === partyId);
const fits = (ack: Ack, share: StoredShare): boolean => same(ack.keyId, share.keyId) && same(ack.epoch, share.epoch);

function readAck(signed: Signed, terms: Terms): Ack | undefined {
  try {
    return verifyAck(signed, { ...terms, scheme: terms.scheme as SchemeName });
  } catch {
    return undefined;
  }
}

function termsOf(attempt: Attempt | undefined): Terms | undefined {
  const action = attempt?.intent.action;
  if (attempt === undefined || (action?.case !== "keygen" && action?.case !== "refresh")) return undefined;
  const { sessionId, intentId, protocol } = attempt;
  return { sessionId, intentId, members: action.value.members, scheme: protocol.scheme, epochNumber: epochNumberOf(attempt.intent) };
}
