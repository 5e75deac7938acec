// Commit (dkls23-spec section 7): a share is only staged until every holder has acknowledged it; all acknowledgements together are the
// certificate, and whoever holds one tells everybody. A party in doubt asks; it never decides by itself.

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { same } from "@covault/crypto";
import { asCovaultError, CovaultError } from "@covault/errors";
import {
  compareEpochs,
  intentIdOf,
  kindOf,
  kinds,
  type SchemeName,
  speakingKeysOf,
  type VerifiedKey,
  verifyAbandonment,
  verifyAck,
} from "@covault/trust";
import {
  type Abandoned,
  type Ack,
  type Acknowledged,
  AcknowledgedSchema,
  AckSchema,
  type Certificate,
  type CertificateRequest,
  CertificateRequestSchema,
  CertificateSchema,
  type Committed,
  CommittedSchema,
  type Member,
  type Signed,
  SignedSchema,
} from "@covault/wire";
import type { PartyContext } from "../context.ts";
import type { StoredShare } from "../ports/store.ts";
import type { Address } from "../ports/transport.ts";
import { type Attempt, epochNumberOf, type Holders, holdersOf, intentOf } from "../session/attempt.ts";
import { coordinator, envelope, post, ttlMs } from "../session/mail.ts";
import { certified, chainAfter, chainTo, continuing, isNewcomer } from "./chain.ts";

/** What acknowledgements of a session must fit. */
interface Terms {
  readonly sessionId: string;
  readonly intentId: Uint8Array;
  readonly holders: Holders;
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
    const holders = holdersOf(intentOf(share.intent));
    if (holders === undefined) throw new RangeError("a stored share's intent makes no share");
    const intentId = intentIdOf(fromBinary(SignedSchema, share.intent).body);
    const { sessionId, scheme, epochNumber } = share;
    const waiting: Waiting = { share, sessionId, intentId, holders, scheme, epochNumber, cancel: () => {} };
    this.#waiting.set(share.sessionId, waiting);
    // Early ones of another key than mine are worthless: their signer may still send the right one.
    for (const [index, { ack }] of this.#acks.get(share.sessionId) ?? [])
      if (!fits(ack, share)) this.#acks.get(share.sessionId)?.delete(index);
    const own = fromBinary(SignedSchema, share.ack);
    this.#keep(share.sessionId, fromBinary(AckSchema, own.body), own);
    const ack = acknowledged(share);
    this.#tell(waiting, () => ack);
    await this.#complete(waiting);
    this.#askLater(waiting, this.#context.limits.certificateMs);
  }

  /** Messages may have been lost: say and ask again. */
  reconnected(): void {
    for (const waiting of this.#waiting.values()) this.#askSoon(waiting);
  }

  /** A chain that leads higher than what is committed here: its last epoch is committed by it. Throws `party/unknown-share` without a share of that. */
  async adopt(key: VerifiedKey, certificates: readonly Uint8Array[]): Promise<void> {
    const share = await this.#context.store.share(key.charter.keyId, key.epoch);
    // The holders of another intent could have made the same epoch's name.
    const isMine = share !== undefined && same(intentIdOf(fromBinary(SignedSchema, share.intent).body), key.intentId);
    // Another instance of this party may have staged it.
    if (isMine && share.status === "staged") await this.staged(share);
    if (!isMine || !(await this.#commit(share, key, certificates)))
      throw new CovaultError("party/unknown-share", `This party has no share of epoch ${key.epochNumber}, whose certificate it was shown.`);
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

  /** Of a run whose share is staged here, or of a key that this party holds or held a share of: whoever is left out of an epoch hears of it so. */
  async onCommitted({ certificate, earlier }: Committed, from: Address): Promise<void> {
    const { store } = this.#context;
    const intent = certificate && certified(certificate);
    if (certificate === undefined || intent === undefined) return this.#dropCertificate(from);
    const share = this.#waiting.get(intent.sessionId)?.share ?? (await store.shareOfSession(intent.sessionId));
    // Another instance of this party may have staged it.
    if (share?.status === "staged") await this.staged(share);
    const waiting = this.#waiting.get(intent.sessionId);
    if (waiting === undefined && share !== undefined) return;
    const keyId = share?.keyId ?? continuing(intent)?.keyId;
    if (keyId === undefined || (waiting === undefined && (await store.lastCertificate(keyId)) === undefined)) return;
    const shown = [...earlier, certificate].map((each) => toBinary(CertificateSchema, each));
    const chain = chainTo(await store.certificates(keyId), shown);
    if (chain !== undefined) {
      const done = waiting === undefined ? await this.#leave(keyId, chain) : await this.#certify(waiting, chain);
      if (!done) this.#dropCertificate(from);
      // An answer that leads from nowhere to nowhere is not asked for again.
    } else if (earlier.length === 0) this.askOnward(intent.sessionId, (await this.#context.keys.held(store, keyId))?.epoch);
  }

  askOnward(sessionId: string, epoch: Uint8Array | undefined): void {
    post(this.#context, coordinator, request(sessionId, epoch), ttlMs.stored);
  }

  /** Members may have the certificate and my acknowledgement, and so may the coordinator; to others the session is unknown. */
  async onRequest({ sessionId, epoch }: CertificateRequest, from: Address): Promise<void> {
    const { store } = this.#context;
    const share = await store.shareOfSession(sessionId);
    if (share === undefined || !(from.partyId === coordinator.partyId || isHolder(share, from.partyId)))
      return this.#context.observe({ kind: "dropped", reason: "unknown-session", from: from.partyId });
    if (share.status === "staged") return post(this.#context, from, acknowledged(share), ttlMs.stored);
    // To the highest, whichever run is asked for: the chain leads past runs that were superseded in doubt.
    const certificates = chainAfter(await store.certificates(share.keyId), epoch);
    if (certificates.length > 0) post(this.#context, from, committed(certificates), ttlMs.stored);
  }

  /** Signed by the initiator of the keygen; before a certificate only. */
  async onAbandoned({ sessionId, abandonment }: Abandoned, from: Address): Promise<void> {
    const share = await this.#context.store.shareOfSession(sessionId);
    const attempt = this.#running.ofSession(sessionId);
    const intent = share === undefined ? attempt?.intent : intentOf(share.intent);
    const intentId = share === undefined ? attempt?.intentId : intentIdOf(fromBinary(SignedSchema, share.intent).body);
    if (abandonment === undefined || intent === undefined || intentId === undefined || !kinds[kindOf(intent)].abandonable) return;
    const { initiatorId } = intent;
    const keys = speakingKeysOf(this.#context.roster(), initiatorId);
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
    return [...this.#waiting.values()].some(({ holders }) => ackersOf(holders).some((member) => member.partyId === partyId));
  }

  /** An attempt ended without a share: early acknowledgements are of no use. */
  dropEarly(sessionId: string): void {
    if (!this.#waiting.has(sessionId)) this.#acks.delete(sessionId);
  }

  async #complete(waiting: Waiting): Promise<void> {
    const { members, leaving } = waiting.holders;
    const acks = this.#acks.get(waiting.sessionId);
    const ordered = ackersOf(waiting.holders).map((member) => acks?.get(member.shareIndex)?.signed);
    if (!ordered.every((ack): ack is Signed => ack !== undefined)) return;
    const certificate = create(CertificateSchema, {
      intent: fromBinary(SignedSchema, waiting.share.intent),
      acks: ordered.slice(0, members.length),
      dealerAcks: ordered.slice(members.length, members.length + leaving.length),
    });
    const last = toBinary(CertificateSchema, certificate);
    const chain = chainTo(await this.#context.store.certificates(waiting.share.keyId), [last]);
    // A newcomer has all acknowledgements and not what came before: its next request is answered with the chain.
    if (chain !== undefined && !(await this.#certify(waiting, chain))) return;
    const isNew = ({ partyId }: Address): boolean => isNewcomer(intentOf(waiting.share.intent), partyId);
    this.#tell(waiting, (to) => committed(chain !== undefined && isNew(to) ? chain : [last]));
  }

  /** Verified as a whole, as what continues the key that is held here, and of my own share: only then the epoch is usable, and lower ones go. */
  async #certify({ share, intentId }: Waiting, chain: readonly Uint8Array[]): Promise<boolean> {
    const key = await this.#opened(share.keyId, chain);
    if (key === undefined || !same(key.intentId, intentId) || !same(key.epoch, share.epoch)) return false;
    return this.#commit(share, key, chain);
  }

  /**
   * The chain leads to an epoch of which I have no share: what is lower goes (dkls23-spec 7, rule 4).
   * The dealers' acknowledgements in it say that an honest holder of the epoch before took part, for
   * liars alone are too few to deal. That is said of the present holders only: those of an epoch that
   * is over may all lie by now, so the chain must go on from the last certificate that is here.
   * False: it does not, or it is no chain of the key, or that of a share that is here.
   */
  async #leave(keyId: Uint8Array, chain: readonly Uint8Array[]): Promise<boolean> {
    const held = await this.#context.store.certificates(keyId);
    const [last, shown] = [held.at(-1), chain[held.length - 1]];
    if (last === undefined || shown === undefined || chain.length === held.length || !same(last, shown)) return false;
    const key = await this.#opened(keyId, chain);
    const signed = key?.certificate.intent;
    if (key === undefined || signed === undefined) return false;
    const { charter, epoch, epochNumber, sessionId } = key;
    const left = { keyId, epoch, epochNumber, scheme: charter.scheme, sessionId, intent: toBinary(SignedSchema, signed) };
    const answer = await this.#context.store.leaveEpoch(left, chain);
    if (answer !== "left") return answer === "superseded";
    this.#forgetLower(key);
    this.#running.supersede(keyId, epoch);
    this.#context.observe({ kind: "left", sessionId });
    return true;
  }

  /** Undefined for what is no chain of the key that is held here. */
  async #opened(keyId: Uint8Array, chain: readonly Uint8Array[]): Promise<VerifiedKey | undefined> {
    const { keys, store } = this.#context;
    try {
      const held = await keys.held(store, keyId);
      return await keys.open(chain, { keyId, foundingIntentId: held?.charter.foundingIntentId });
    } catch (error) {
      if (asCovaultError(error) === undefined) throw error;
      return undefined;
    }
  }

  /** False: there is no such share. */
  async #commit({ keyId, epoch, sessionId }: StoredShare, key: VerifiedKey, chain: readonly Uint8Array[]): Promise<boolean> {
    const answer = await this.#context.store.commitShare(keyId, epoch, chain);
    if (answer === "unknown" || answer === "left") return false;
    const isNews = this.#waiting.has(sessionId);
    if (isNews) this.#over(sessionId);
    if (answer === "superseded") return true;
    this.#forgetLower(key);
    this.#running.supersede(keyId, epoch);
    if (isNews) this.#context.observe({ kind: "committed", sessionId });
    return true;
  }

  /** What is lower is over as well: no certificate makes it usable any more. */
  #forgetLower(key: VerifiedKey): void {
    for (const { share } of [...this.#waiting.values()])
      if (same(share.keyId, key.charter.keyId) && compareEpochs(share, key) < 0) this.#over(share.sessionId);
  }

  #over(sessionId: string): void {
    this.#forget(sessionId);
    this.#running.settle(sessionId);
  }

  #dropCertificate(from: Address): void {
    this.#context.observe({ kind: "dropped", reason: "bad-certificate", from: from.partyId });
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

  #tell(waiting: Waiting, bytesFor: (to: Address) => Uint8Array): void {
    for (const { partyId } of ackersOf(waiting.holders))
      if (partyId !== this.#context.partyId) {
        const to = { partyId, instanceId: "" };
        post(this.#context, to, bytesFor(to), ttlMs.stored);
      }
    post(this.#context, coordinator, bytesFor(coordinator), ttlMs.stored);
  }

  async #ask(waiting: Waiting): Promise<void> {
    const { keys, store } = this.#context;
    // What is said does not wait for a chain that cannot be read: the answer may mend it.
    const held = await keys.held(store, waiting.share.keyId).catch(() => undefined);
    const [ack, ask] = [acknowledged(waiting.share), request(waiting.sessionId, held?.epoch)];
    this.#tell(waiting, () => ack);
    this.#tell(waiting, () => ask);
  }

  #askSoon(waiting: Waiting): void {
    void this.#ask(waiting).catch((error: unknown) => this.#context.observe({ kind: "failed", error }));
  }

  #askLater(waiting: Waiting, ms: number): void {
    if (this.#waiting.get(waiting.sessionId) !== waiting) return;
    waiting.cancel = this.#context.clock.timer(ms, () => {
      this.#askSoon(waiting);
      this.#askLater(waiting, Math.min(ms * 2, this.#context.limits.certificateMs * 10));
    });
  }
}

const acknowledged = ({ sessionId, ack }: StoredShare): Uint8Array =>
  envelope({ case: "acknowledged", value: create(AcknowledgedSchema, { sessionId, ack: fromBinary(SignedSchema, ack) }) });
const request = (sessionId: string, epoch: Uint8Array | undefined): Uint8Array =>
  envelope({
    case: "certificateRequest",
    value: create(CertificateRequestSchema, { sessionId, ...(epoch === undefined ? {} : { epoch }) }),
  });
/** The last certificate, with those before it. */
function committed(certificates: readonly Uint8Array[]): Uint8Array {
  const read = certificates.map((each) => fromBinary(CertificateSchema, each));
  const certificate = read.at(-1) as Certificate;
  const sessionId = certified(certificate)?.sessionId ?? "";
  return envelope({ case: "committed", value: create(CommittedSchema, { sessionId, certificate, earlier: read.slice(0, -1) }) });
}

/** Everybody whose acknowledgement the certificate needs: they are all members of the run. */
const ackersOf = ({ members, leaving }: Holders): readonly Member[] => [...members, ...leaving];
function isHolder(share: StoredShare, partyId: string): boolean {
  const holders = holdersOf(intentOf(share.intent));
  return holders !== undefined && ackersOf(holders).some((member) => member.partyId === partyId);
}
const fits = (ack: Ack, share: StoredShare): boolean => same(ack.keyId, share.keyId) && same(ack.epoch, share.epoch);

function readAck(signed: Signed, { holders, ...terms }: Terms): Ack | undefined {
  try {
    return verifyAck(signed, { ...terms, members: ackersOf(holders), scheme: terms.scheme as SchemeName });
  } catch {
    return undefined;
  }
}

function termsOf(attempt: Attempt | undefined): Terms | undefined {
  const holders = attempt && holdersOf(attempt.intent);
  if (attempt === undefined || holders === undefined) return undefined;
  const { sessionId, intentId, protocol } = attempt;
  return { sessionId, intentId, holders, scheme: protocol.scheme, epochNumber: epochNumberOf(attempt.intent) };
}
