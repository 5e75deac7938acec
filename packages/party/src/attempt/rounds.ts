// The durable half of a stored protocol (dkls23-spec 0.6). Round state and outbox are written in
// one transaction under the fence before the first byte is sent. The staged share is written in one
// transaction at the end. Signing has nothing of this, and every method returns at once for it.

import { create, toBinary } from "@bufbuild/protobuf";
import { signStatement } from "@covault/channel";
import { same, sha256 } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { AckSchema, SignedSchema, signatureTags } from "@covault/wire";
import type { PartyDeps } from "../deps.ts";
import { dealtBy } from "../import/import-desk.ts";
import { stagedMaxOf } from "../invite/check-succession.ts";
import { makeRenewal } from "../pair/make-renewal.ts";
import { renewalRunsMax } from "../ports/pairs.ts";
import type { InputsAnswer, OutboxEntry, StoredSession } from "../ports/store.ts";
import { storesRounds } from "../protocols/protocol.ts";
import type { AttemptSecrets, SealedMessage, Turned } from "../run/runner.ts";
import { eraseKeys } from "../vault/blob.ts";
import { shareAad } from "../vault/vault.ts";
import { type AttemptTerms, encodeStoredTerms, epochNumberOf, renewedPair, type Started } from "./attempt-terms.ts";
import { isStored } from "./resume.ts";
import type { RoundOutbox } from "./round-outbox.ts";

/** What a run ends with that makes an epoch, or a pair within one. */
export type Staging = Extract<Turned, { kind: "share" | "left" | "pair" }>;

/** What a dealer that leaves has of the new epoch. */
const leaving = { record: new Uint8Array(), secret: new Uint8Array(), pairs: undefined };

export class Rounds {
  readonly #deps: PartyDeps;
  readonly #terms: AttemptTerms;
  readonly #secrets: AttemptSecrets;
  started: Started | undefined;
  /** The fence of the stored attempt. Undefined when nothing is stored yet. */
  fence: number | undefined;
  /** True while it is not known whether the attempt is stored. */
  #opens = false;

  constructor(deps: PartyDeps, terms: AttemptTerms, secrets: AttemptSecrets) {
    this.#deps = deps;
    this.#terms = terms;
    this.#secrets = secrets;
  }

  /**
   * Saves a round before its messages leave. Gives false when this instance no longer owns the
   * attempt.
   */
  async save(round: number, state: Uint8Array | undefined, outbox: readonly OutboxEntry[]): Promise<boolean> {
    const { store, instance } = this.#deps;
    const { rid, sessionId, intentId, endsAtMs } = this.#terms;
    if (!storesRounds(this.#terms.protocol)) return true;
    if (state === undefined || this.started === undefined) throw new RangeError("a stored protocol gave no state");
    const { fence } = this;
    if (fence !== undefined)
      return this.#again(
        () => store.saveRound(rid, fence, round, state, outbox),
        () => this.#stands(round, state),
      );
    const storedTerms = encodeStoredTerms(this.#terms, this.started);
    const renews = renewedPair(this.#terms);
    const session = { rid, sessionId, intentId, context: storedTerms, state, outbox, expiresAtMs: endsAtMs, renews };
    this.#opens = true;
    const opened = await this.#again(
      () => store.openSession(session, instance.tenure),
      async () => (await this.#claimed())?.fence,
    );
    this.#opens = false;
    if (opened === "exhausted")
      throw new CovaultError(
        "party/renewals-exhausted",
        `This party has begun ${renewalRunsMax} renewals of the pair in this epoch, and begins no further one.`,
      );
    this.fence = opened;
    return this.fence !== undefined;
  }

  /**
   * Fixes the messages that a stored round is answered with, before it is answered. No instance
   * that resumes it may answer with others. What a round refuses tells about its secrets, so that a
   * peer must not try several messages. Gives false when this instance no longer owns the attempt.
   * Throws `party/inputs-changed`.
   */
  async fix(round: number, messages: readonly SealedMessage[]): Promise<boolean> {
    if (this.fence === undefined) return true;
    const inputs = sha256(...messages.flatMap(({ header, sealed }) => [header, sealed]));
    const { fence } = this;
    const fixed = (): Promise<InputsAnswer> => this.#deps.store.fixInputs(this.#terms.rid, fence, round, inputs);
    const answer = await this.#again(fixed);
    if (answer === "changed")
      throw new CovaultError("party/inputs-changed", `Round ${round} had begun with other messages before this party restarted.`);
    return answer === "fixed";
  }

  async sendStored(outbox: RoundOutbox, round: number, peers: readonly number[]): Promise<void> {
    const entries: OutboxEntry[] = [];
    for (const to of peers) {
      const bytes = await this.#deps.store.outbox(this.#terms.rid, round, to);
      if (bytes !== undefined) entries.push({ to, bytes });
    }
    outbox.send(round, entries);
  }

  /**
   * Makes the new share or pair and this party's acknowledgement durable together, or the
   * acknowledgement alone for a dealer that leaves. Gives false when this instance no longer owns
   * the attempt, or when its number is taken by another run, or too many runs of the key are in
   * doubt.
   */
  stage(turned: Staging): Promise<boolean> {
    return turned.kind === "pair" ? this.#stagePair(turned) : this.#stageShare(turned);
  }

  async #stagePair({ facts }: Extract<Staging, { kind: "pair" }>): Promise<boolean> {
    const { store } = this.#deps;
    const { rid, intentId } = this.#terms;
    const { fence } = this;
    if (fence === undefined) return false;
    const renewal = await makeRenewal(this.#deps, this.#terms, facts, this.#secrets);
    return this.#again(
      () => store.stagePair(renewal, { rid, fence }),
      async () => {
        const there = await store.renewalOfIntent(intentId);
        return there !== undefined && same(there.ack, renewal.ack);
      },
    );
  }

  async #stageShare(turned: Extract<Staging, { kind: "share" | "left" }>): Promise<boolean> {
    const { store, identity, partyId } = this.#deps;
    const { intentId, sessionId, rid, intent, protocol, self } = this.#terms;
    const epochNumber = epochNumberOf(intent);
    const { keyId, epoch, h2, publicKey, chain, shareIndex } = turned.facts;
    const { fence } = this;
    if (fence === undefined) return false;
    const { record, secret, pairs } = turned.kind === "share" ? await this.#sealed(turned) : leaving;
    const ack = create(AckSchema, { keyId, epoch, h2, shareIndex, intentId, publicKey, chain, sessionId, epochNumber });
    const signed = signStatement(identity, signatureTags.ack, partyId, toBinary(AckSchema, ack));
    const staged = {
      keyId,
      epoch,
      epochNumber,
      scheme: protocol.scheme,
      sessionId,
      intentId,
      record,
      secret,
      intent: toBinary(SignedSchema, this.#terms.signed),
      ack: toBinary(SignedSchema, signed),
    };
    const session = { rid, fence, stagedMax: stagedMaxOf(protocol.kind), importKey: dealtBy(intent, self)?.recipient };
    return this.#again(
      () => store.stageShare(staged, pairs, session),
      async () => {
        const there = await store.shareOfIntent(intentId);
        return there !== undefined && same(there.secret, secret) && same(there.ack, staged.ack);
      },
    );
  }

  async #sealed({ facts, record }: Extract<Staging, { kind: "share" }>) {
    const { vault, partyId } = this.#deps;
    const { keyId, epoch } = facts;
    const aad = shareAad(partyId, keyId, epoch, record, this.#terms.intentId);
    const [keys, pairKeys] = [await vault.shareKeys(keyId, epoch), await vault.pairKeys(keyId, epoch)];
    const sealed = await this.#secrets.sealShare({ keys, aad }, pairKeys).finally(() => eraseKeys(keys, pairKeys));
    return { record, ...sealed };
  }

  /**
   * Closes the stored attempt. Gives false when another instance of this party goes on with it, or
   * when it has its share.
   */
  async abort(): Promise<boolean> {
    const { store } = this.#deps;
    const { rid } = this.#terms;
    if (this.#opens) this.fence = (await this.#claimed())?.fence;
    const { fence } = this;
    if (fence === undefined) return true;
    // Where the answer gets lost, the second try finds the attempt over, as it does in a store that
    // was restored.
    const ended = await store.abortSession(rid, fence).catch(() => store.abortSession(rid, fence));
    return ended || !(await isStored(store, this.#terms));
  }

  /**
   * Writes, and once more when that fails. A write whose answer gets lost may have been done. A
   * lost connection is found out by its use, and the second try has a new one. `stands` gives what
   * the write would have answered, where the second try says no because the first one was done.
   */
  async #again<T>(write: () => Promise<T>, stands = write): Promise<T> {
    return write().catch(async (failure: unknown) => {
      this.#deps.observe({ kind: "failed", error: failure });
      return (await write()) || stands();
    });
  }

  /**
   * Tells whether the stored round is this one: nobody else has sealed its state to these bytes.
   * The attempt is this instance's then.
   */
  async #stands(round: number, state: Uint8Array): Promise<boolean> {
    const stored = await this.#claimed();
    if (stored?.round !== round || !same(stored.state, state)) return false;
    this.fence = stored.fence;
    return true;
  }

  #claimed(): Promise<StoredSession | undefined> {
    return this.#deps.store.claimSession(this.#terms.rid, this.#deps.instance.tenure);
  }
}
