// Chains of certificates that arrive: verified as a whole, judged against what is held of the key,
// and taken (dkls23-spec 7, rules 3 and 4). Only a certificate makes an epoch usable, and only one
// erases what is lower.
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { same } from "@covault/crypto";
import { asCovaultError, CovaultError, type ErrorCode } from "@covault/errors";
import { type ChainVerdict, checkContinues, compareEpochs, judgeChain, keysOf, openIntent, type VerifiedKey } from "@covault/trust";
import { type Signed, SignedSchema } from "@covault/wire";
import { intentOf } from "../attempt/attempt-terms.ts";
import { supersededBy } from "../attempt/attempts.ts";
import type { PartyDeps } from "../deps.ts";
import type { NewShare, StoredShare } from "../ports/store.ts";
import { shareOpens } from "../share-opens.ts";
import { continuing, isOfEpoch } from "./chain.ts";
import { LearntChains } from "./learnt-chains.ts";
import type { Waiting, WaitingShares } from "./waiting-shares.ts";

/** What is told of an epoch that is certified here. */
export interface ChainOwner {
  /** This epoch is the key's now, and attempts that use another one end. */
  supersede(key: VerifiedKey): void;
  /** Nobody needs the bytes any more that this intent's attempts have sent. */
  release(intentId: Uint8Array): void;
  /** The roster is behind, so that a certificate could not be judged. */
  unheard(): void;
}

/** A chain of the key that is held here, or of one of which nothing is held. */
interface Judged {
  readonly key: VerifiedKey;
  readonly verdict: ChainVerdict;
  /** The last certificate of what it was compared with. */
  readonly last: Uint8Array | undefined;
}

export class Chains {
  /** The chains of keys that this party is to get a share of, and has nothing of in its store. */
  readonly learnt = new LearntChains();
  readonly #deps: PartyDeps;
  readonly #waiting: WaitingShares;
  readonly #owner: ChainOwner;

  constructor(deps: PartyDeps, waiting: WaitingShares, owner: ChainOwner) {
    this.#deps = deps;
    this.#waiting = waiting;
    this.#owner = owner;
  }

  /** Gives the chain of the key that is here, and otherwise the one that was learnt. */
  async of(keyId: Uint8Array): Promise<readonly Uint8Array[]> {
    const held = await this.#deps.store.certificates(keyId);
    return held.length > 0 ? held : this.learnt.certificates(keyId);
  }
  async known(keyId: Uint8Array): Promise<VerifiedKey | undefined> {
    return (await this.#deps.keys.held(this.#deps.store, keyId)) ?? this.learnt.key(keyId);
  }

  /**
   * Commits the share of this party that a chain leads to. Throws `party/unknown-share` when there
   * is none, and `trust/bad-chain` when the chain may not take the place of what is held.
   */
  async adopt(key: VerifiedKey, certificates: readonly Uint8Array[], share: StoredShare | undefined): Promise<void> {
    if (share !== undefined && same(share.keyId, key.charter.keyId) && same(share.epoch, key.epoch))
      for (;;) {
        const { last } = await this.#judge(share.keyId, certificates);
        const isTaken = await this.#commit(share, key, certificates, last);
        if (isTaken === true) return;
        if (isTaken === false) break;
      }
    throw new CovaultError("party/unknown-share", `This party has no share of epoch ${key.epochNumber}, whose certificate it was shown.`);
  }

  /**
   * Verifies the chain as a whole, as one that continues the key that is held here, and as that of
   * the share of this party. Only then the epoch is usable, and lower ones go.
   */
  async certify({ share, intentId }: Waiting, chain: readonly Uint8Array[]): Promise<boolean> {
    for (;;) {
      const opened = await this.#opened(share.keyId, chain);
      if (opened === undefined || !same(opened.key.intentId, intentId) || !same(opened.key.epoch, share.epoch)) return false;
      const isTaken = await this.#commit(share, opened.key, chain, opened.last);
      if (isTaken !== undefined) return isTaken;
    }
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
  async leave(keyId: Uint8Array, chain: readonly Uint8Array[]): Promise<boolean> {
    for (;;) {
      const opened = await this.#opened(keyId, chain);
      if (opened?.verdict !== "continues") return false;
      const { key } = opened;
      const { charter, epoch, epochNumber, sessionId, intentId, certificate } = key;
      // A certificate that was verified has its intent.
      const intent = toBinary(SignedSchema, certificate.intent as Signed);
      const left = { keyId, epoch, epochNumber, scheme: charter.scheme, sessionId, intentId, intent };
      const answer = await this.#deps.store.leaveEpoch(left, chain, opened.last);
      if (answer === "changed") continue;
      if (answer !== "left") return answer === "superseded";
      this.#supersede(key);
      this.#deps.observe({ kind: "left", sessionId });
      return true;
    }
  }

  /**
   * Takes a chain that leads past a share which is staged here, where no certificate of its key is.
   * Another key can have the same id, so that the chain must be the share's. Gives false for every
   * other chain.
   */
  async passBy(keyId: Uint8Array, chain: readonly Uint8Array[]): Promise<boolean> {
    const key = (await this.#opened(keyId, chain))?.key;
    if (key === undefined) return false;
    for (const share of await this.#deps.store.stagedShares(keyId))
      if (compareEpochs(key, share) > 0 && (await this.#isChainOf(share, key, chain))) return this.leave(keyId, chain);
    return false;
  }

  /**
   * Keeps certificates of a key that this party is to get a share of, from the founding one on.
   * Gives the key that they lead to, whether it is news, or undefined for what is no chain of it.
   */
  async learn(
    keyId: Uint8Array,
    chain: readonly Uint8Array[],
  ): Promise<{ readonly key: VerifiedKey; readonly isNews: boolean } | undefined> {
    const { key } = (await this.#opened(keyId, chain)) ?? {};
    return key && { key, isNews: this.learnt.keep(key, chain) };
  }

  /**
   * Keeps this party's share of the epoch that a chain leads to, which others have made again
   * (dkls23-spec 7.2). A share that is here and opens stays, with its pairs. Throws
   * `party/epoch-superseded` when a higher epoch is known by now, and `party/unknown-share` when
   * the share may not take the place of what is here.
   */
  async keepRepaired(share: NewShare, key: VerifiedKey, chain: readonly Uint8Array[]): Promise<void> {
    const { store, observe } = this.#deps;
    const mayStill = async (): Promise<void> => {
      const known = await this.known(share.keyId);
      if (known !== undefined && compareEpochs(known, key) > 0) throw supersededBy(known.epochNumber);
    };
    const keep = async (): Promise<boolean> => {
      await mayStill();
      // Another run, or a write whose answer was lost, has made the share again already. Its pairs
      // may be renewed since, and a second write would take them away.
      const there = await store.share(share.keyId, share.epoch);
      if (there?.status === "committed" && (await shareOpens(this.#deps, key, there))) return true;
      const opened = await this.#opened(share.keyId, chain);
      // No repair takes a party from the epoch that is committed here to a fork below it. Only the
      // share that this party itself has acknowledged does (`adopt`, `certify`).
      if (opened === undefined || opened.verdict === "forks" || compareEpochs(opened.key, key) !== 0) return false;
      return store.keepRepaired(share, chain, opened.last);
    };
    const isKept = await keep().catch((failure: unknown) => {
      if (asCovaultError(failure) !== undefined) throw failure;
      // The write may have been done, and its answer lost. The second try sees the share then.
      observe({ kind: "failed", error: failure });
      return keep();
    });
    if (!isKept) {
      await mayStill();
      throw new CovaultError("party/unknown-share", "The repaired share may not take the place of what this party has of the key.");
    }
    this.#supersede(key);
  }

  /**
   * Gives undefined for what is no chain of the key that is held here, and for a chain that may not
   * take the place of what is held. A store that is away says nothing about the chain, and this
   * throws.
   */
  async #opened(keyId: Uint8Array, chain: readonly Uint8Array[]): Promise<Judged | undefined> {
    const { keys, store } = this.#deps;
    try {
      // What was learnt may be another key with the same id.
      const held = await keys.held(store, keyId);
      const key = await keys.open(chain, { keyId, foundingIntentId: held?.charter.foundingIntentId });
      return { key, ...(await this.#judge(keyId, chain)) };
    } catch (error) {
      const known = asCovaultError(error);
      if (known?.code === ("trust/roster-behind" satisfies ErrorCode)) this.#owner.unheard();
      else if (known?.code !== ("trust/bad-chain" satisfies ErrorCode)) throw error;
      return undefined;
    }
  }

  async #judge(keyId: Uint8Array, chain: readonly Uint8Array[]): Promise<Omit<Judged, "key">> {
    const { roster, clock, store } = this.#deps;
    const held = await store.certificates(keyId);
    return { verdict: judgeChain(held, chain, { roster: roster(), nowMs: clock.nowMs() }), last: held.at(-1) };
  }

  /**
   * Gives false when there is no such share, and undefined when the key's chain is another one than
   * `last` ended. A dealer that leaves erases what it had of the key.
   */
  async #commit(
    { keyId, epoch, intentId, sessionId }: StoredShare,
    key: VerifiedKey,
    chain: readonly Uint8Array[],
    last: Uint8Array | undefined,
  ): Promise<boolean | undefined> {
    const answer = await this.#deps.store.commitShare({ keyId, epoch, intentId }, chain, last);
    if (answer === "changed") return undefined;
    if (answer === "unknown") return false;
    const isNews = this.#waiting.of(intentId) !== undefined;
    if (isNews) this.#finish(intentId);
    if (answer === "superseded") return true;
    this.#supersede(key);
    if (isNews) this.#deps.observe({ kind: answer === "left" ? "left" : "committed", sessionId });
    return true;
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

  /** What is lower is over as well, since no certificate makes it usable any more. */
  #supersede(key: VerifiedKey): void {
    this.learnt.forget(key.charter.keyId);
    for (const { intentId } of this.#waiting.below(key)) this.#finish(intentId);
    this.#owner.supersede(key);
  }

  #finish(intentId: Uint8Array): void {
    this.#waiting.forget(intentId);
    this.#owner.release(intentId);
  }
}
