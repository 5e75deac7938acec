// Commit (dkls23-spec section 7): a share is only staged until every holder has acknowledged it.
// All acknowledgements together are the certificate, and a party that holds one tells everybody. A
// party in doubt asks. It never decides by itself.

import { toBinary } from "@bufbuild/protobuf";
import { CovaultError } from "@covault/errors";
import { intentIdOf, kindOf, kinds, parseExact, speakingKeysOf, type VerifiedKey, verifyAbandonment } from "@covault/trust";
import {
  type Abandoned,
  AbandonmentSchema,
  type Acknowledged,
  type CertificateRequest,
  CertificateSchema,
  type Committed,
  type Signed,
} from "@covault/wire";
import { type AttemptTerms, holdersOf, intentOf } from "../attempt/attempt-terms.ts";
import { coordinator, post, ttlMs } from "../attempt/mail.ts";
import type { PartyDeps } from "../deps.ts";
import type { NewShare, StoredShare } from "../ports/store.ts";
import type { Address } from "../ports/transport.ts";
import { answerRequest } from "./answer-request.ts";
import { certified, chainTo, continuing, epochOf, isNewcomer, keyIdOf } from "./chain.ts";
import { Chains } from "./chains.ts";
import type { LearntChains } from "./learnt-chains.ts";
import { ackersOf, acknowledged, committed, concerns, everybodyOf, pageMax, request, tell } from "./statements.ts";
import { acknowledgedIntent, ackTermsOf, type Waiting, WaitingShares } from "./waiting-shares.ts";

/** How many keys are asked for at once. A party may hold very many. */
const askedAtOnce = 8;

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
  readonly #waiting = new WaitingShares();
  readonly #chains: Chains;
  /**
   * The last key that was asked for since the start, or since the way to the others was lost.
   * Undefined means that all keys were asked for.
   */
  #asked: Uint8Array | undefined = new Uint8Array();

  constructor(deps: PartyDeps, running: RunningAttempts) {
    this.#deps = deps;
    this.#running = running;
    this.#chains = new Chains(deps, this.#waiting, {
      supersede: (key) => running.supersede(key),
      release: (intentId) => running.release(intentId),
      unheard: () => this.unheard(),
    });
  }

  /** The chains of keys that this party is to get a share of, and has nothing of in its store. */
  get learnt(): LearntChains {
    return this.#chains.learnt;
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
    const waiting = this.#waiting.add(share);
    if (waiting === undefined) return;
    const ack = acknowledged(share);
    tell(this.#deps, ackersOf(waiting.holders), () => ack);
    this.#askLater(waiting, this.#deps.limits.certificateMs);
    await this.#complete(waiting);
  }

  /** Says and asks everything again, since messages may have been lost. */
  reconnected(): void {
    this.#asked = new Uint8Array();
    for (const waiting of this.#waiting.all()) this.#askSoon(waiting);
  }

  /**
   * Something that was said to this party was not heard: its roster was behind, or its store did
   * not answer. It may have been a certificate, so that all keys are asked for again.
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
    const share = await this.#deps.store.shareOfIntent(key.intentId);
    // Another instance of this party may have staged the share.
    if (share?.status === "staged") await this.staged(share);
    await this.#chains.adopt(key, certificates, share);
  }

  async follow(key: VerifiedKey, certificates: readonly Uint8Array[]): Promise<boolean> {
    const { store } = this.#deps;
    const { keyId } = key.charter;
    if ((await store.shareOfIntent(key.intentId)) !== undefined) {
      await this.adopt(key, certificates);
      return true;
    }
    // Certificates of a key that is not here may be those of another key with the same id.
    if ((await store.lastCertificate(keyId)) === undefined) return this.#chains.passBy(keyId, certificates);
    if (await this.#chains.leave(keyId, certificates)) return true;
    throw new CovaultError("trust/bad-chain", "The certificates may not take the place of those that this party has of the key.");
  }

  /**
   * Keeps this party's share of a key's epoch, which others have made again (dkls23-spec 7.2).
   * `learnt` is the chain of a key of which nothing was here, and empty for every other. Throws
   * `party/epoch-superseded` when a higher epoch is known by now, and `party/unknown-share` when
   * the share may not take the place of what is here. Then nothing is written.
   */
  async repaired(share: NewShare, key: VerifiedKey, learnt: readonly Uint8Array[]): Promise<void> {
    const chain = learnt.length > 0 ? learnt : await this.#deps.store.certificates(share.keyId);
    await this.#chains.keepRepaired(share, key, chain);
  }

  stop(): void {
    this.#waiting.stop();
  }

  async onAck({ sessionId, ack: signed }: Acknowledged, from: Address): Promise<void> {
    if (signed === undefined) return;
    const intentId = acknowledgedIntent(signed);
    const waiting = this.#waiting.of(intentId);
    const terms = waiting ?? ackTermsOf(this.#running.ofIntent(intentId));
    if (terms === undefined && !this.#knows(sessionId)) return;
    if (terms === undefined || !this.#waiting.take(signed, terms))
      return this.#deps.observe({ kind: "dropped", reason: "bad-ack", from: from.partyId });
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
    const share = this.#waiting.of(intentId)?.share ?? (await store.shareOfIntent(intentId));
    // Another instance of this party may have staged the share.
    if (share?.status === "staged") await this.staged(share);
    const waiting = this.#waiting.of(intentId);
    if (waiting === undefined && share !== undefined) return;
    const keyId = share?.keyId ?? continuing(intent)?.keyId ?? keyIdOf(certificate);
    const [continues, isWanted] = [continuing(intent) !== undefined, this.#wants(keyId)];
    if (waiting === undefined && !continues && !isWanted) return;
    const isHere = (await store.lastCertificate(keyId)) !== undefined;
    if (waiting === undefined && !(isHere ? continues : isWanted)) return;
    const shown = [...earlier, certificate].map((each) => toBinary(CertificateSchema, each));
    const chain = chainTo(await this.#chains.of(keyId), shown);
    if (chain === undefined) {
      // A certificate alone that does not fit makes this party ask for those before it. An answer
      // that shows earlier ones and does not fit either is not asked for again.
      if (earlier.length === 0) this.askOnward(intent.sessionId, (await this.#chains.known(keyId))?.epoch);
      return;
    }
    const isFull = shown.length >= pageMax;
    if (waiting === undefined && !isHere) {
      if (await this.#chains.passBy(keyId, chain)) return;
      if (!(await this.#learn(keyId, chain, intent.sessionId, isFull))) this.#dropCertificate(from);
      return;
    }
    const isTaken = waiting === undefined ? this.#chains.leave(keyId, chain) : this.#chains.certify(waiting, chain);
    if (!(await isTaken)) this.#dropCertificate(from);
    // A full page may not be the last one.
    else if (isFull) this.#askFurther(chain, from);
  }

  /**
   * Asks for what follows a chain. Nobody answers in the name of a session that does not concern
   * the asker, and a party not in the name of one that it knows nothing of.
   */
  #askFurther(chain: readonly Uint8Array[], from: Address): void {
    const { partyId } = this.#deps;
    const epoch = epochOf(chain.at(-1) as Uint8Array);
    const concerning = (...ids: readonly string[]): string | undefined =>
      chain.map((each) => certified(each)).findLast((intent) => intent !== undefined && ids.every((id) => concerns(intent, id)))?.sessionId;
    const [ours, mine] = [concerning(partyId, from.partyId), concerning(partyId)];
    if (ours !== undefined) post(this.#deps, from, request(ours, epoch), ttlMs.stored);
    if (mine !== undefined) this.askOnward(mine, epoch);
  }

  askOnward(sessionId: string, epoch: Uint8Array | undefined): void {
    post(this.#deps, coordinator, request(sessionId, epoch), ttlMs.stored);
  }

  onRequest(asked: CertificateRequest, from: Address): Promise<void> {
    return answerRequest(this.#deps, asked, from);
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
    this.#waiting.forget(intentId);
    this.#deps.observe({ kind: "abandoned", sessionId });
  }

  /** Tells whether a party is a member of what is staged here, or was one of the epoch before. */
  hasMember(partyId: string): boolean {
    return this.#waiting.hasMember(partyId);
  }

  /** The intent's attempt has ended without a share. */
  dropEarly(intentId: Uint8Array): void {
    this.#waiting.dropEarly(intentId);
  }

  async #complete(waiting: Waiting): Promise<void> {
    const certificate = this.#waiting.certificateOf(waiting);
    if (certificate === undefined) return;
    const last = toBinary(CertificateSchema, certificate);
    const chain = chainTo(await this.#chains.of(waiting.share.keyId), [last]);
    // A newcomer may have forgotten what came before the acknowledgements. Its next request is
    // answered with the chain.
    if (chain !== undefined && !(await this.#chains.certify(waiting, chain))) return;
    const isNew = ({ partyId }: Address): boolean => isNewcomer(intentOf(waiting.share.intent), partyId);
    tell(this.#deps, everybodyOf(waiting.holders), (to) => committed(chain !== undefined && isNew(to) ? chain : [last]));
  }

  /**
   * Takes certificates of a key that this party is to get a share of, from the founding one on, and
   * asks for more until it has all that it wants. Gives false for what is no chain of the key.
   */
  async #learn(keyId: Uint8Array, chain: readonly Uint8Array[], sessionId: string, isFull: boolean): Promise<boolean> {
    const { learnt } = this;
    const found = await this.#chains.learn(keyId, chain);
    if (found?.isNews && (isFull || learnt.isShort(found.key))) this.askOnward(learnt.sessionOf(keyId) ?? sessionId, found.key.epoch);
    return found !== undefined;
  }

  /** Tells whether an invite or a share that is staged here waits for the chain of this key. */
  #wants(keyId: Uint8Array): boolean {
    return this.learnt.isWanted(keyId) || this.#waiting.ofKey(keyId).length > 0;
  }

  #dropCertificate(from: Address): void {
    this.#deps.observe({ kind: "dropped", reason: "bad-certificate", from: from.partyId });
  }

  /** Tells whether something of a session with this id is under way here. */
  #knows(sessionId: string): boolean {
    return this.#running.ofSession(sessionId) !== undefined || this.#waiting.all().some((each) => each.sessionId === sessionId);
  }

  async #ask(waiting: Waiting): Promise<void> {
    // Everybody may have acknowledged while the store did not answer.
    await this.#complete(waiting).catch((error: unknown) => this.#deps.observe({ kind: "failed", error }));
    if (this.#waiting.of(waiting.intentId) !== waiting) return;
    const { share, sessionId, holders } = waiting;
    // A question does not wait for a chain that cannot be read. The answer may mend it.
    const known = await this.#chains.known(share.keyId).catch(() => undefined);
    const [ack, ask] = [acknowledged(share), request(sessionId, known?.epoch)];
    tell(this.#deps, ackersOf(holders), () => ack);
    tell(this.#deps, everybodyOf(holders), () => ask);
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
      if (holders !== undefined) tell(this.#deps, everybodyOf(holders), () => ask);
    }
  }

  #askSoon(waiting: Waiting): void {
    void this.#ask(waiting).catch((error: unknown) => this.#deps.observe({ kind: "failed", error }));
  }

  #askLater(waiting: Waiting, ms: number): void {
    if (this.#waiting.of(waiting.intentId) !== waiting) return;
    waiting.cancel = this.#deps.clock.timer(ms, () => {
      this.#askSoon(waiting);
      this.#askLater(waiting, Math.min(ms * 2, this.#deps.limits.certificateMs * 10));
    });
  }
}

/** Gives the intent that a statement is about, as it says itself. Nothing is verified. */
const abandonedIntent = ({ body }: Signed): Uint8Array => parseExact(AbandonmentSchema, body)?.intentId ?? new Uint8Array();
