// Commit (dkls23-spec section 7): a share is only staged until every holder has acknowledged it.
// All acknowledgements together are the certificate, and a party that holds one tells everybody. A
// party in doubt asks. It never decides by itself.

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { hex, same } from "@covault/crypto";
import { asCovaultError, CovaultError, type ErrorCode } from "@covault/errors";
import {
  type ChainVerdict,
  checkContinues,
  compareEpochs,
  intentIdOf,
  judgeChain,
  keysOf,
  kindOf,
  kinds,
  openIntent,
  type Present,
  parseExact,
  type SchemeName,
  speakingKeysOf,
  type VerifiedKey,
  verifyAbandonment,
  verifyAck,
} from "@covault/trust";
import {
  type Abandoned,
  AbandonmentSchema,
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
import { type AttemptTerms, epochNumberOf, type Holders, holdersOf, intentOf } from "../attempt/attempt-terms.ts";
import { supersededBy } from "../attempt/attempts.ts";
import { coordinator, envelope, post, ttlMs } from "../attempt/mail.ts";
import type { PartyDeps } from "../deps.ts";
import type { NewShare, StoredShare } from "../ports/store.ts";
import type { Address } from "../ports/transport.ts";
import { certified, chainAfter, chainTo, continuing, epochOf, isNewcomer, isOfEpoch, keyIdOf } from "./chain.ts";
import { LearntChains } from "./learnt-chains.ts";

/** How many keys are asked for at once. A party may hold very many. */
const askedAtOnce = 8;

/** The most certificates of one answer. Who gets so many asks on from the last one. */
const pageMax = 32;

/** What the acknowledgements of one intent must fit. */
interface AckTerms {
  readonly sessionId: string;
  readonly intentId: Uint8Array;
  readonly holders: Holders;
  readonly scheme: string;
  readonly epochNumber: number;
}

interface Waiting extends AckTerms {
  readonly share: StoredShare;
  cancel: () => void;
}

/** What the commit needs to know of the attempts that run. */
export interface RunningAttempts {
  ofIntent(intentId: Uint8Array): AttemptTerms | undefined;
  ofSession(sessionId: string): AttemptTerms | undefined;
  /** The intent will never commit. */
  abandon(intentId: Uint8Array): void;
  /** This epoch is the key's now, and attempts that use another one end. */
  supersede(key: VerifiedKey): void;
  /** Nobody needs the bytes any more that this intent's attempts have sent. */
  release(intentId: Uint8Array): void;
}

export class Commits {
  readonly #deps: PartyDeps;
  readonly #running: RunningAttempts;
  /**
   * The shares that wait for their certificate, by intent, in hex. Another intent may have the same
   * session id.
   */
  readonly #waiting = new Map<string, Waiting>();
  /**
   * Verified acknowledgements, by intent and share index. Some come early, while the run of this
   * party still goes on.
   */
  readonly #acks = new Map<string, Map<number, { readonly ack: Ack; readonly signed: Signed }>>();
  /** The chains of keys that this party is to get a share of, and has nothing of in its store. */
  readonly learnt = new LearntChains();
  /**
   * The last key that was asked for since the start, or since the way to the others was lost.
   * Undefined means that all keys were asked for.
   */
  #asked: Uint8Array | undefined = new Uint8Array();

  constructor(deps: PartyDeps, running: RunningAttempts) {
    this.#deps = deps;
    this.#running = running;
  }

  /**
   * Takes up what is in doubt, after a restart and by the clock: everything that is staged. What is
   * committed may have been superseded while this party was away.
   */
  async resume(): Promise<void> {
    for (const share of await this.#deps.store.stagedShares()) await this.staged(share);
    await this.#askOn();
  }

  /**
   * Takes up a share of this party that is durable: acknowledges it, and waits for the word of
   * everybody else.
   */
  async staged(share: StoredShare): Promise<void> {
    const name = hex(share.intentId);
    if (this.#waiting.has(name)) return;
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
    const ack = acknowledged(share);
    this.#tell(ackersOf(holders), () => ack);
    await this.#complete(waiting);
    this.#askLater(waiting, this.#deps.limits.certificateMs);
  }

  /** Says and asks everything again, since messages may have been lost. */
  reconnected(): void {
    this.#asked = new Uint8Array();
    for (const waiting of this.#waiting.values()) this.#askSoon(waiting);
  }

  /**
   * Something that was said to this party was not heard, since its roster was behind. It may have
   * been a certificate, so that all keys are asked for again.
   */
  unheard(): void {
    this.#asked = new Uint8Array();
  }

  /**
   * Takes a chain that leads higher than what is committed here, and commits its last epoch. Throws
   * `party/unknown-share` when this party has no share of that epoch, and `trust/bad-chain` when
   * the chain may not take the place of what is held.
   */
  async adopt(key: VerifiedKey, certificates: readonly Uint8Array[]): Promise<void> {
    const { store } = this.#deps;
    const share = await store.shareOfIntent(key.intentId);
    const isMine = share !== undefined && same(share.keyId, key.charter.keyId) && same(share.epoch, key.epoch);
    if (isMine) judgeChain(await store.certificates(share.keyId), certificates, this.#present());
    // Another instance of this party may have staged the share.
    if (isMine && share.status === "staged") await this.staged(share);
    if (!isMine || !(await this.#commit(share, key, certificates)))
      throw new CovaultError("party/unknown-share", `This party has no share of epoch ${key.epochNumber}, whose certificate it was shown.`);
  }

  async follow(key: VerifiedKey, certificates: readonly Uint8Array[]): Promise<boolean> {
    const { store } = this.#deps;
    const { keyId } = key.charter;
    if ((await store.shareOfIntent(key.intentId)) !== undefined) {
      await this.adopt(key, certificates);
      return true;
    }
    // Certificates of a key that is not here may be those of another key with the same id.
    if ((await store.lastCertificate(keyId)) === undefined) return this.#passBy(keyId, certificates);
    if (await this.#leave(keyId, certificates)) return true;
    throw new CovaultError("trust/bad-chain", "The certificates may not take the place of those that this party has of the key.");
  }

  /**
   * Keeps this party's share of a key's epoch, which others have made again (dkls23-spec 7.2).
   * `learnt` is the chain of a key of which nothing was here, and empty for every other. Throws
   * `party/epoch-superseded` when a higher epoch is known by now, and `party/unknown-share` when
   * the share may not take the place of what is here. Then nothing is written.
   */
  async repaired(share: NewShare, key: VerifiedKey, learnt: readonly Uint8Array[]): Promise<void> {
    const { store, observe } = this.#deps;
    const { keyId } = share;
    const chain = learnt.length > 0 ? learnt : await store.certificates(keyId);
    const mayStill = async (): Promise<void> => {
      const known = await this.#known(keyId);
      if (known !== undefined && compareEpochs(known, key) > 0) throw supersededBy(known.epochNumber);
    };
    const keep = async (): Promise<boolean> => {
      await mayStill();
      const opened = await this.#opened(keyId, chain);
      return opened !== undefined && compareEpochs(opened.key, key) === 0 && (await store.keepRepaired(share, chain));
    };
    const isKept = await keep().catch((failure: unknown) => {
      if (asCovaultError(failure) !== undefined) throw failure;
      // The write may have been done, and its answer lost. A second one gives the same.
      observe({ kind: "failed", error: failure });
      return keep();
    });
    if (!isKept) {
      await mayStill();
      throw new CovaultError("party/unknown-share", "The repaired share may not take the place of what this party has of the key.");
    }
    this.#forgetLower(key);
    this.#running.supersede(key);
  }

  stop(): void {
    for (const waiting of this.#waiting.values()) waiting.cancel();
    this.#waiting.clear();
  }

  async onAck({ sessionId, ack: signed }: Acknowledged, from: Address): Promise<void> {
    if (signed === undefined) return;
    const intentId = acknowledgedIntent(signed);
    const waiting = this.#waiting.get(hex(intentId));
    const terms = waiting ?? ackTermsOf(this.#running.ofIntent(intentId));
    if (terms === undefined && !this.#knows(sessionId)) return;
    const ack = terms && readAck(signed, terms);
    if (ack === undefined || (waiting !== undefined && !fits(ack, waiting.share)))
      return this.#deps.observe({ kind: "dropped", reason: "bad-ack", from: from.partyId });
    this.#keep(ack, signed);
    if (waiting !== undefined) await this.#complete(waiting);
  }

  /**
   * Takes the certificate of a run whose share is staged here, or of a key that this party holds or
   * held a share of. A holder that is left out of an epoch learns of it in this way.
   */
  async onCommitted({ certificate, earlier }: Committed, from: Address): Promise<void> {
    const { store } = this.#deps;
    const intent = certificate && certified(certificate);
    if (certificate?.intent === undefined || intent === undefined) return this.#dropCertificate(from);
    const intentId = intentIdOf(certificate.intent.body);
    const name = hex(intentId);
    const share = this.#waiting.get(name)?.share ?? (await store.shareOfIntent(intentId));
    // Another instance of this party may have staged the share.
    if (share?.status === "staged") await this.staged(share);
    const waiting = this.#waiting.get(name);
    if (waiting === undefined && share !== undefined) return;
    const keyId = share?.keyId ?? continuing(intent)?.keyId ?? keyIdOf(certificate);
    const [continues, isWanted] = [continuing(intent) !== undefined, this.#wants(keyId)];
    if (waiting === undefined && !continues && !isWanted) return;
    const isHere = (await store.lastCertificate(keyId)) !== undefined;
    if (waiting === undefined && !(isHere ? continues : isWanted)) return;
    const shown = [...earlier, certificate].map((each) => toBinary(CertificateSchema, each));
    const chain = chainTo(await this.#chain(keyId), shown);
    if (chain === undefined) {
      // A certificate alone that does not fit makes this party ask for those before it. An answer
      // that shows earlier ones and does not fit either is not asked for again.
      if (earlier.length === 0) this.askOnward(intent.sessionId, (await this.#known(keyId))?.epoch);
      return;
    }
    const isFull = shown.length >= pageMax;
    if (waiting === undefined && !isHere) {
      if (await this.#passBy(keyId, chain)) return;
      if (!(await this.#learn(keyId, chain, intent.sessionId, isFull))) this.#dropCertificate(from);
      return;
    }
    if (!(await (waiting === undefined ? this.#leave(keyId, chain) : this.#certify(waiting, chain)))) this.#dropCertificate(from);
    // A full page may not be the last one.
    else if (isFull) post(this.#deps, from, request(intent.sessionId, epochOf(shown.at(-1) as Uint8Array)), ttlMs.stored);
  }

  askOnward(sessionId: string, epoch: Uint8Array | undefined): void {
    post(this.#deps, coordinator, request(sessionId, epoch), ttlMs.stored);
  }

  /**
   * Answers a party that asks for a certificate. Members may have the certificate and the
   * acknowledgement of this party. Holders of the epoch before may have the certificate, and so may
   * the coordinator. To all others the session is unknown.
   */
  async onRequest({ sessionId, epoch }: CertificateRequest, from: Address): Promise<void> {
    const { store } = this.#deps;
    const isCoordinator = from.partyId === coordinator.partyId;
    const shares = (await store.sharesOfSession(sessionId)).filter((share) => isCoordinator || isConcerned(share, from.partyId));
    if (shares.length === 0) return this.#deps.observe({ kind: "dropped", reason: "unknown-session", from: from.partyId });
    for (const share of shares) {
      if (share.status === "staged") post(this.#deps, from, acknowledged(share), ttlMs.stored);
      else {
        // Most parties ask whether there is more than they have, and there is not. A chain is long,
        // so that it is not read for them.
        const last = await store.lastCertificate(share.keyId);
        if (last === undefined || isOfEpoch(last, epoch)) continue;
        // The answer leads to the highest epoch, whichever run is asked for: the chain leads past
        // runs that were superseded in doubt.
        const certificates = chainAfter(await store.certificates(share.keyId), epoch).slice(0, pageMax);
        if (certificates.length > 0) post(this.#deps, from, committed(certificates), ttlMs.stored);
      }
    }
  }

  /**
   * Takes an abandonment, which the initiator of the keygen signs. It counts only before there is a
   * certificate.
   */
  async onAbandoned({ abandonment }: Abandoned, from: Address): Promise<void> {
    const { store, roster } = this.#deps;
    if (abandonment === undefined) return;
    const intentId = abandonedIntent(abandonment);
    const share = await store.shareOfIntent(intentId);
    const intent = share === undefined ? this.#running.ofIntent(intentId)?.intent : intentOf(share.intent);
    if (intent === undefined || !kinds[kindOf(intent)].abandonable) return;
    const { initiatorId, sessionId } = intent;
    const keys = speakingKeysOf(roster(), initiatorId);
    try {
      verifyAbandonment(abandonment, { sessionId, intentId, initiatorId, keys });
    } catch {
      return this.#deps.observe({ kind: "dropped", reason: "bad-abandonment", from: from.partyId });
    }
    if (!(await store.abandonIntent(intentId))) return;
    this.#running.abandon(intentId);
    this.#forget(intentId);
    this.#deps.observe({ kind: "abandoned", sessionId });
  }

  /** Tells whether a party is a member of what is staged here, or was one of the epoch before. */
  hasMember(partyId: string): boolean {
    return [...this.#waiting.values()].some(({ holders }) => everybodyOf(holders).some((member) => member.partyId === partyId));
  }

  /**
   * Drops early acknowledgements of an intent whose attempt ended without a share. They are of no
   * use.
   */
  dropEarly(intentId: Uint8Array): void {
    if (!this.#waiting.has(hex(intentId))) this.#acks.delete(hex(intentId));
  }

  async #complete(waiting: Waiting): Promise<void> {
    const { members, leaving } = waiting.holders;
    const acks = this.#acks.get(hex(waiting.intentId));
    const ordered = ackersOf(waiting.holders).map((member) => acks?.get(member.shareIndex)?.signed);
    if (!ordered.every((ack): ack is Signed => ack !== undefined)) return;
    const certificate = create(CertificateSchema, {
      intent: fromBinary(SignedSchema, waiting.share.intent),
      acks: ordered.slice(0, members.length),
      dealerAcks: ordered.slice(members.length, members.length + leaving.length),
    });
    const last = toBinary(CertificateSchema, certificate);
    const chain = chainTo(await this.#chain(waiting.share.keyId), [last]);
    // A newcomer may have forgotten what came before the acknowledgements. Its next request is
    // answered with the chain.
    if (chain !== undefined && !(await this.#certify(waiting, chain))) return;
    const isNew = ({ partyId }: Address): boolean => isNewcomer(intentOf(waiting.share.intent), partyId);
    this.#tell(everybodyOf(waiting.holders), (to) => committed(chain !== undefined && isNew(to) ? chain : [last]));
  }

  /**
   * Verifies the chain as a whole, as one that continues the key that is held here, and as that of
   * the share of this party. Only then the epoch is usable, and lower ones go.
   */
  async #certify({ share, intentId }: Waiting, chain: readonly Uint8Array[]): Promise<boolean> {
    const { key } = (await this.#opened(share.keyId, chain)) ?? {};
    if (key === undefined || !same(key.intentId, intentId) || !same(key.epoch, share.epoch)) return false;
    return this.#commit(share, key, chain);
  }

  /**
   * Takes a chain that leads to an epoch of which this party has no share, and erases what is lower
   * (dkls23-spec 7, rule 4). The dealers' acknowledgements in it say that an honest holder of the
   * epoch before took part, for liars alone are too few to deal. That is said of the present
   * holders only: those of an epoch that is over may all lie by now. Where nothing comes in place
   * of what goes, the chain must go on from the last certificate that is here
   * (docs/decisions/0049).
   * Gives false when it does not, or when it is no chain of the key, or when it is that of a share
   * that is here.
   */
  async #leave(keyId: Uint8Array, chain: readonly Uint8Array[]): Promise<boolean> {
    const opened = await this.#opened(keyId, chain);
    if (opened?.verdict !== "continues") return false;
    const { key } = opened;
    const { charter, epoch, epochNumber, sessionId, intentId, certificate } = key;
    // A certificate that was verified has its intent.
    const intent = toBinary(SignedSchema, certificate.intent as Signed);
    const left = { keyId, epoch, epochNumber, scheme: charter.scheme, sessionId, intentId, intent };
    const answer = await this.#deps.store.leaveEpoch(left, chain);
    if (answer !== "left") return answer === "superseded";
    this.#forgetLower(key);
    this.#running.supersede(key);
    this.#deps.observe({ kind: "left", sessionId });
    return true;
  }

  /**
   * Gives undefined for what is no chain of the key that is held here, and for a chain that may not
   * take the place of what is held.
   */
  async #opened(
    keyId: Uint8Array,
    chain: readonly Uint8Array[],
  ): Promise<{ readonly key: VerifiedKey; readonly verdict: ChainVerdict } | undefined> {
    const { keys, store } = this.#deps;
    try {
      // What was learnt may be another key with the same id.
      const held = await keys.held(store, keyId);
      const key = await keys.open(chain, { keyId, foundingIntentId: held?.charter.foundingIntentId });
      return { key, verdict: judgeChain(await store.certificates(keyId), chain, this.#present()) };
    } catch (error) {
      const known = asCovaultError(error);
      if (known === undefined) throw error;
      if (known.code === ("trust/roster-behind" satisfies ErrorCode)) this.unheard();
      return undefined;
    }
  }

  #present(): Present {
    const { roster, clock } = this.#deps;
    return { roster: roster(), nowMs: clock.nowMs() };
  }

  /**
   * Gives false when there is no such share. A dealer that leaves erases what it had of the key.
   */
  async #commit(share: StoredShare, key: VerifiedKey, chain: readonly Uint8Array[]): Promise<boolean> {
    const { keyId, epoch, intentId, sessionId } = share;
    const answer = await this.#deps.store.commitShare({ keyId, epoch, intentId }, chain);
    if (answer === "unknown") return false;
    const isNews = this.#waiting.has(hex(intentId));
    if (isNews) this.#finish(intentId);
    if (answer === "superseded") return true;
    this.#forgetLower(key);
    this.#running.supersede(key);
    if (isNews) this.#deps.observe({ kind: answer === "left" ? "left" : "committed", sessionId });
    return true;
  }

  /**
   * Takes a chain that leads past a share which is staged here, where no certificate of its key is.
   * Another key can have the same id, so that the chain must be the share's. Gives false for every
   * other chain.
   */
  async #passBy(keyId: Uint8Array, chain: readonly Uint8Array[]): Promise<boolean> {
    const key = (await this.#opened(keyId, chain))?.key;
    if (key === undefined) return false;
    for (const share of await this.#deps.store.stagedShares())
      if (same(share.keyId, keyId) && compareEpochs(key, share) > 0 && (await this.#isChainOf(share, key, chain)))
        return this.#leave(keyId, chain);
    return false;
  }

  /**
   * Tells whether a chain is that of the key that a staged share is of: it was founded by the
   * share's intent, or has the epoch that this intent continues, with the holders that it had.
   * Honest ones among them have acknowledged it.
   */
  async #isChainOf(share: StoredShare, { charter }: VerifiedKey, chain: readonly Uint8Array[]): Promise<boolean> {
    const { keys, roster } = this.#deps;
    const terms = continuing(intentOf(share.intent));
    if (terms === undefined) return same(charter.foundingIntentId, share.intentId);
    const at = chain.findIndex((each) => isOfEpoch(each, terms.oldEpoch));
    if (at < 0) return false;
    const before = await keys.open(chain.slice(0, at + 1), { keyId: share.keyId });
    try {
      checkContinues(before, openIntent(fromBinary(SignedSchema, share.intent), keysOf(roster()), undefined));
      return true;
    } catch (error) {
      if (asCovaultError(error) === undefined) throw error;
      return false;
    }
  }

  /**
   * Takes certificates of a key that this party is to get a share of, from the founding one on, and
   * asks for more until it has all that it wants. Gives false for what is no chain of the key.
   */
  async #learn(keyId: Uint8Array, chain: readonly Uint8Array[], sessionId: string, isFull: boolean): Promise<boolean> {
    const { key } = (await this.#opened(keyId, chain)) ?? {};
    if (key === undefined) return false;
    if (!this.learnt.keep(key, chain)) return true;
    if (isFull || this.learnt.isShort(key)) this.askOnward(this.learnt.sessionOf(keyId) ?? sessionId, key.epoch);
    return true;
  }

  /** Tells whether an invite or a share that is staged here waits for the chain of this key. */
  #wants(keyId: Uint8Array): boolean {
    return this.learnt.isWanted(keyId) || [...this.#waiting.values()].some(({ share }) => same(share.keyId, keyId));
  }

  /** Gives the chain of the key that is here, and otherwise the one that was learnt. */
  async #chain(keyId: Uint8Array): Promise<readonly Uint8Array[]> {
    const held = await this.#deps.store.certificates(keyId);
    return held.length > 0 ? held : this.learnt.certificates(keyId);
  }
  async #known(keyId: Uint8Array): Promise<VerifiedKey | undefined> {
    return (await this.#deps.keys.held(this.#deps.store, keyId)) ?? this.learnt.key(keyId);
  }

  /** What is lower is over as well, since no certificate makes it usable any more. */
  #forgetLower(key: VerifiedKey): void {
    this.learnt.forget(key.charter.keyId);
    for (const { share } of [...this.#waiting.values()])
      if (same(share.keyId, key.charter.keyId) && compareEpochs(share, key) < 0) this.#finish(share.intentId);
  }

  #finish(intentId: Uint8Array): void {
    this.#forget(intentId);
    this.#running.release(intentId);
  }

  #dropCertificate(from: Address): void {
    this.#deps.observe({ kind: "dropped", reason: "bad-certificate", from: from.partyId });
  }

  #forget(intentId: Uint8Array): void {
    const name = hex(intentId);
    this.#waiting.get(name)?.cancel();
    this.#waiting.delete(name);
    this.#acks.delete(name);
  }

  #keep(ack: Ack, signed: Signed): void {
    const name = hex(ack.intentId);
    const known = this.#acks.get(name) ?? new Map<number, { readonly ack: Ack; readonly signed: Signed }>();
    known.set(ack.shareIndex, { ack, signed });
    this.#acks.set(name, known);
  }

  /** Tells whether something of a session with this id is under way here. */
  #knows(sessionId: string): boolean {
    return this.#running.ofSession(sessionId) !== undefined || [...this.#waiting.values()].some((each) => each.sessionId === sessionId);
  }

  /** Sends to these members, and to the coordinator as well. */
  #tell(members: readonly Member[], bytesFor: (to: Address) => Uint8Array): void {
    for (const { partyId } of members)
      if (partyId !== this.#deps.partyId) {
        const to = { partyId, instanceId: "" };
        post(this.#deps, to, bytesFor(to), ttlMs.stored);
      }
    post(this.#deps, coordinator, bytesFor(coordinator), ttlMs.stored);
  }

  async #ask({ share, sessionId, holders }: Waiting): Promise<void> {
    // A question does not wait for a chain that cannot be read. The answer may mend it.
    const known = await this.#known(share.keyId).catch(() => undefined);
    const [ack, ask] = [acknowledged(share), request(sessionId, known?.epoch)];
    this.#tell(ackersOf(holders), () => ack);
    this.#tell(everybodyOf(holders), () => ask);
  }

  /**
   * Asks the holders of some more keys whether there is a higher epoch. A party that a run has left
   * out is told of it, but messages do not wait for ever. Nobody invites that party any more, so
   * that nothing else would make it ask.
   */
  async #askOn(): Promise<void> {
    const after = this.#asked;
    if (after === undefined) return;
    const held = await this.#deps.store.heldKeys(after, askedAtOnce);
    // The way to the others may have been lost meanwhile. Then all keys are asked for again.
    if (this.#asked === after) this.#asked = held.length < askedAtOnce ? undefined : held.at(-1)?.keyId;
    for (const { intent, sessionId, epoch } of held) {
      const holders = holdersOf(intentOf(intent));
      const ask = request(sessionId, epoch);
      if (holders !== undefined) this.#tell(everybodyOf(holders), () => ask);
    }
  }

  #askSoon(waiting: Waiting): void {
    void this.#ask(waiting).catch((error: unknown) => this.#deps.observe({ kind: "failed", error }));
  }

  #askLater(waiting: Waiting, ms: number): void {
    if (this.#waiting.get(hex(waiting.intentId)) !== waiting) return;
    waiting.cancel = this.#deps.clock.timer(ms, () => {
      this.#askSoon(waiting);
      this.#askLater(waiting, Math.min(ms * 2, this.#deps.limits.certificateMs * 10));
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
/** Gives the envelope of the last certificate, with those before it. */
function committed(certificates: readonly Uint8Array[]): Uint8Array {
  const read = certificates.map((each) => fromBinary(CertificateSchema, each));
  const certificate = read.at(-1) as Certificate;
  const sessionId = certified(certificate)?.sessionId ?? "";
  return envelope({ case: "committed", value: create(CommittedSchema, { sessionId, certificate, earlier: read.slice(0, -1) }) });
}

/** Gives everybody whose acknowledgement the certificate needs. They are all members of the run. */
const ackersOf = ({ members, leaving }: Holders): readonly Member[] => [...members, ...leaving];
/** Gives those, and the holders before that take no part. */
const everybodyOf = (holders: Holders): readonly Member[] => [...ackersOf(holders), ...holders.leftOut];
function isConcerned(share: StoredShare, partyId: string): boolean {
  const holders = holdersOf(intentOf(share.intent));
  return holders !== undefined && everybodyOf(holders).some((member) => member.partyId === partyId);
}
/**
 * Gives the intent that a statement is about, as the statement itself says. It is empty when it
 * cannot be read. Nothing of it is verified.
 */
const acknowledgedIntent = ({ body }: Signed): Uint8Array => parseExact(AckSchema, body)?.intentId ?? new Uint8Array();
const abandonedIntent = ({ body }: Signed): Uint8Array => parseExact(AbandonmentSchema, body)?.intentId ?? new Uint8Array();
const fits = (ack: Ack, share: StoredShare): boolean => same(ack.keyId, share.keyId) && same(ack.epoch, share.epoch);

function readAck(signed: Signed, { holders, ...terms }: AckTerms): Ack | undefined {
  try {
    return verifyAck(signed, { ...terms, members: ackersOf(holders), scheme: terms.scheme as SchemeName });
  } catch {
    return undefined;
  }
}

function ackTermsOf(terms: AttemptTerms | undefined): AckTerms | undefined {
  const holders = terms && holdersOf(terms.intent);
  if (terms === undefined || holders === undefined) return undefined;
  const { sessionId, intentId, protocol } = terms;
  return { sessionId, intentId, holders, scheme: protocol.scheme, epochNumber: epochNumberOf(terms.intent) };
}
