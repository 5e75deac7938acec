// The commit of renewed pairs (dkls23-spec 7.1, "Commit"). A pair is only staged until both of its
// ends have acknowledged it. Both acknowledgements are the pair certificate. An end in doubt asks,
// and decides nothing by itself: the pair is out of use until the certificate is there, or until
// the next renewal passes this one by.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { hex, same } from "@covault/crypto";
import { asCovaultError, type ErrorCode } from "@covault/errors";
import {
  type ExpectedPairAck,
  holderKeysOf,
  intentIdOf,
  keysOf,
  parseExact,
  type VerifiedKey,
  type VerifiedPairCertificate,
  verifyPairAck,
  verifyPairCertificate,
} from "@covault/trust";
import {
  type PairAck,
  type PairAcknowledged,
  PairAckSchema,
  type PairCertificate,
  PairCertificateSchema,
  type PairCommitted,
  type PairRequest,
  type Signed,
  SignedSchema,
} from "@covault/wire";
import { type AttemptTerms, intentOf } from "../attempt/attempt-terms.ts";
import { coordinator, post, ttlMs } from "../attempt/mail.ts";
import type { PartyDeps } from "../deps.ts";
import type { DropReason } from "../events.ts";
import type { PairName, StoredRenewal } from "../ports/pairs.ts";
import type { Address } from "../ports/transport.ts";
import { acknowledged, committed, pairTermsOf, request } from "./pair-terms.ts";

/** What the commit of pairs needs to know of the attempts that run. */
export interface RunningRenewals {
  ofIntent(intentId: Uint8Array): AttemptTerms | undefined;
  /** This is the pair now, and attempts that use another one of the same two holders end. */
  supersedePair(pair: PairName, pairId: Uint8Array): void;
  /** Nobody needs the bytes any more that this intent's attempts have sent. */
  release(intentId: Uint8Array): void;
}

interface Waiting {
  readonly renewal: StoredRenewal;
  readonly terms: ExpectedPairAck;
  cancel: () => void;
}
interface Acked {
  readonly ack: PairAck;
  readonly signed: Signed;
}

export class Renewals {
  readonly #deps: PartyDeps;
  readonly #running: RunningRenewals;
  /** The renewals that wait for their certificate, by intent, in hex. */
  readonly #waiting = new Map<string, Waiting>();
  /**
   * Verified acknowledgements, by intent and share index. Those of the other end may come early,
   * while the run of this party still goes on.
   */
  readonly #acks = new Map<string, Map<number, Acked>>();

  constructor(deps: PartyDeps, running: RunningRenewals) {
    this.#deps = deps;
    this.#running = running;
  }

  /**
   * Takes up what is in doubt, after a restart and by the clock, and lets go of what another
   * instance of this party has ended.
   */
  async resume(): Promise<void> {
    const before = [...this.#waiting.values()];
    const staged = await this.#deps.store.stagedPairs();
    for (const { renewal } of before) if (!staged.some(({ intentId }) => same(intentId, renewal.intentId))) this.#finish(renewal.intentId);
    // One that cannot be read, or fails for now, keeps no other waiting. The next sweep tries it.
    for (const renewal of staged)
      await this.staged(renewal).catch((error: unknown) => this.#deps.observe({ kind: "failed", error, sessionId: renewal.sessionId }));
  }

  /**
   * Takes up a renewed pair that is durable here: says this party's acknowledgement, and waits for
   * that of the other end.
   */
  async staged(renewal: StoredRenewal): Promise<void> {
    const name = hex(renewal.intentId);
    if (this.#waiting.has(name)) return;
    const terms = await this.#termsOf(renewal);
    // No certificate makes a pair of another epoch usable.
    if (terms === undefined || this.#waiting.has(name) || this.#deps.stopping.aborted) return;
    const waiting: Waiting = { renewal, terms, cancel: () => {} };
    this.#finishLower(renewal);
    this.#waiting.set(name, waiting);
    // An early acknowledgement of another pair is worthless. Its signer may still send the right
    // one.
    for (const [index, { ack }] of this.#acks.get(name) ?? []) if (!same(ack.pairId, renewal.pairId)) this.#acks.get(name)?.delete(index);
    const own = fromBinary(SignedSchema, renewal.ack);
    this.#keep(fromBinary(PairAckSchema, own.body), own);
    this.#tell(terms, acknowledged(renewal));
    await this.#complete(waiting);
    this.#askLater(waiting, this.#deps.limits.certificateMs);
  }

  /** Says and asks everything again, since messages may have been lost. */
  reconnected(): void {
    for (const waiting of this.#waiting.values()) this.#ask(waiting);
  }

  /** This epoch is the key's now, so that pairs of others are over. */
  supersede({ charter, epoch }: VerifiedKey): void {
    for (const { renewal } of [...this.#waiting.values()])
      if (same(renewal.keyId, charter.keyId) && !same(renewal.epoch, epoch)) this.#finish(renewal.intentId);
  }

  stop(): void {
    for (const waiting of this.#waiting.values()) waiting.cancel();
    this.#waiting.clear();
  }

  /** Takes the acknowledgement of the other end. */
  async onAck({ ack: signed }: PairAcknowledged, from: Address): Promise<void> {
    const intentId = (signed && parseExact(PairAckSchema, signed.body)?.intentId) ?? new Uint8Array();
    const waiting = this.#waiting.get(hex(intentId));
    const terms = waiting?.terms ?? this.#runningTerms(intentId);
    // What was committed or passed by may be acknowledged again, by an end that has restarted.
    if (signed === undefined || terms === undefined) return this.#drop("unknown-session", from);
    const ack = readAck(signed, terms);
    if (ack === undefined || (waiting !== undefined && !same(ack.pairId, waiting.renewal.pairId))) return this.#drop("bad-ack", from);
    this.#keep(ack, signed);
    if (waiting !== undefined) await this.#complete(waiting);
  }

  /** Takes the certificate of a pair that is staged here, whoever sends it. */
  async onCommitted({ certificate }: PairCommitted, from: Address): Promise<void> {
    if (certificate?.intent === undefined) return this.#drop("bad-certificate", from);
    const intentId = intentIdOf(certificate.intent.body);
    const renewal = this.#waiting.get(hex(intentId))?.renewal ?? (await this.#deps.store.renewalOfIntent(intentId));
    if (renewal === undefined) return this.#drop("unknown-session", from);
    if (renewal.status === "committed") return;
    if (!(await this.#commit(renewal, certificate))) this.#drop("bad-certificate", from);
  }

  /**
   * Answers the other end of a pair, or the coordinator: with the certificate, or else with the
   * acknowledgement of this party as it was stored. To all others the renewal is unknown.
   */
  async onRequest({ sessionId, intentId }: PairRequest, from: Address): Promise<void> {
    const renewal = await this.#deps.store.renewalOfIntent(intentId);
    if (renewal?.sessionId !== sessionId || !(await this.#isConcerned(renewal, from))) return this.#drop("unknown-session", from);
    const { certificate } = renewal;
    const answer = certificate === undefined ? acknowledged(renewal) : committed(renewal, fromBinary(PairCertificateSchema, certificate));
    post(this.#deps, from, answer, ttlMs.stored);
  }

  /** Tells whether a party is an end of a pair that is staged here. */
  hasMember(partyId: string): boolean {
    return [...this.#waiting.values()].some(({ terms }) => terms.ends.some((end) => end.partyId === partyId));
  }

  /** Drops an early acknowledgement of an intent whose attempt ended without a pair. */
  dropEarly(intentId: Uint8Array): void {
    if (!this.#waiting.has(hex(intentId))) this.#acks.delete(hex(intentId));
  }

  async #complete({ renewal, terms }: Waiting): Promise<void> {
    const acks = terms.ends.map(({ shareIndex }) => this.#acks.get(hex(renewal.intentId))?.get(shareIndex)?.signed);
    if (!acks.every((ack): ack is Signed => ack !== undefined)) return;
    const certificate = create(PairCertificateSchema, { intent: fromBinary(SignedSchema, renewal.intent), acks });
    if (await this.#commit(renewal, certificate)) this.#tell(terms, committed(renewal, certificate));
  }

  /** Gives false for what is no certificate of this pair in the epoch of its key. */
  async #commit(renewal: StoredRenewal, certificate: PairCertificate): Promise<boolean> {
    const { keyId, epoch, partner, generation, pairId, intentId, sessionId } = renewal;
    // Another instance of this party may have staged the pair.
    const waited = this.#waiting.has(hex(intentId));
    const key = await this.#keyOf(renewal);
    const verified = key && this.#verified(certificate, key, intentId);
    if (verified === undefined || !same(verified.pairId, pairId)) return false;
    const answer = await this.#deps.store.commitPair(intentId, toBinary(PairCertificateSchema, verified.certificate));
    if (answer === "unknown") return false;
    const isNews = !waited || this.#waiting.has(hex(intentId));
    this.#finish(intentId);
    // Another instance may have committed this pair, and a higher generation since.
    const present = (await this.#deps.store.pairs(keyId, epoch)).find((pair) => pair.partner === partner);
    if (present === undefined || !same(present.pairId, pairId)) return true;
    this.#running.supersedePair(present, pairId);
    if (isNews) this.#deps.observe({ kind: "renewed", sessionId, epoch: hex(epoch), partner, generation });
    return true;
  }

  #verified(certificate: PairCertificate, key: VerifiedKey, intentId: Uint8Array): VerifiedPairCertificate | undefined {
    try {
      const roster = this.#deps.roster();
      return verifyPairCertificate(certificate, { key, keysOf: keysOf(roster), holderKeys: holderKeysOf(roster), intentId });
    } catch (error) {
      if (asCovaultError(error)?.code !== ("trust/bad-pair-certificate" satisfies ErrorCode)) throw error;
      return undefined;
    }
  }

  /** Gives the key when it is in the epoch of this pair. */
  async #keyOf({ keyId, epoch }: PairName): Promise<VerifiedKey | undefined> {
    const key = await this.#deps.keys.held(this.#deps.store, keyId);
    return key !== undefined && same(key.epoch, epoch) ? key : undefined;
  }

  async #termsOf(renewal: StoredRenewal): Promise<ExpectedPairAck | undefined> {
    const key = await this.#keyOf(renewal);
    return key && pairTermsOf(intentOf(renewal.intent), renewal.intentId, key.members, this.#deps.roster());
  }

  #runningTerms(intentId: Uint8Array): ExpectedPairAck | undefined {
    const terms = this.#running.ofIntent(intentId);
    return terms && pairTermsOf(terms.intent, intentId, [...terms.members.values()], this.#deps.roster());
  }

  async #isConcerned(renewal: StoredRenewal, { partyId }: Address): Promise<boolean> {
    if (partyId === coordinator.partyId) return true;
    const { ends = [] } = (await this.#termsOf(renewal)) ?? {};
    return ends.some((end) => end.partyId === partyId);
  }

  /** Lower generations of a pair are over when a higher one is signed. */
  #finishLower({ keyId, epoch, partner, generation }: StoredRenewal): void {
    for (const { renewal: other } of [...this.#waiting.values()])
      if (same(other.keyId, keyId) && same(other.epoch, epoch) && other.partner === partner && other.generation < generation)
        this.#finish(other.intentId);
  }

  #finish(intentId: Uint8Array): void {
    const name = hex(intentId);
    this.#waiting.get(name)?.cancel();
    this.#waiting.delete(name);
    this.#acks.delete(name);
    this.#running.release(intentId);
  }

  #keep(ack: PairAck, signed: Signed): void {
    const name = hex(ack.intentId);
    const known = this.#acks.get(name) ?? new Map<number, Acked>();
    known.set(ack.shareIndex, { ack, signed });
    this.#acks.set(name, known);
  }

  /** Sends to the other end, and to the coordinator as well. */
  #tell({ ends }: ExpectedPairAck, bytes: Uint8Array): void {
    for (const { partyId } of ends) if (partyId !== this.#deps.partyId) post(this.#deps, { partyId, instanceId: "" }, bytes, ttlMs.stored);
    post(this.#deps, coordinator, bytes, ttlMs.stored);
  }

  #ask({ renewal, terms }: Waiting): void {
    this.#tell(terms, acknowledged(renewal));
    this.#tell(terms, request(renewal));
  }

  #askLater(waiting: Waiting, ms: number): void {
    if (this.#waiting.get(hex(waiting.renewal.intentId)) !== waiting) return;
    waiting.cancel = this.#deps.clock.timer(ms, () => {
      this.#ask(waiting);
      this.#askLater(waiting, Math.min(ms * 2, this.#deps.limits.certificateMs * 10));
    });
  }

  #drop(reason: DropReason, from: Address): void {
    this.#deps.observe({ kind: "dropped", reason, from: from.partyId });
  }
}

function readAck(signed: Signed, terms: ExpectedPairAck): PairAck | undefined {
  try {
    return verifyPairAck(signed, terms);
  } catch {
    return undefined;
  }
}
