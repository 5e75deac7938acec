// One attempt from the join to its end: messages in, machine turns, guard, sending, abort.
// Everything that computes runs in the attempt's own worker. This side holds sealed bytes only.
// Turns run one after another, never two at once.
import { same } from "@covault/crypto";
import { asCovaultError, CovaultError, type ErrorCode } from "@covault/errors";
import { protocolCodes } from "@covault/mpc/protocol";
import type { RoundMessage, RoundRequest, Start } from "@covault/wire";
import type { PartyDeps } from "../deps.ts";
import { checkStillMay, claim } from "../invite/admit.ts";
import type { CheckedPair } from "../ports/check-notes.ts";
import type { NewShare, StoredSession, StoredShare } from "../ports/store.ts";
import type { Address } from "../ports/transport.ts";
import { failureOf } from "../run/failure.ts";
import { type AttemptSecrets, eraseSecrets, type Turned } from "../run/runner.ts";
import { type AttemptTerms, pairsOf, type Started, verifiedStart } from "./attempt-terms.ts";
import { AttemptTimers } from "./attempt-timers.ts";
import { burnFor, type Pairing, runCheck } from "./guard.ts";
import { makeJob } from "./job.ts";
import { repairedShare } from "./repaired.ts";
import { Reports } from "./reports.ts";
import { isPassing } from "./resume.ts";
import { type Kept, RoundInbox } from "./round-inbox.ts";
import { RoundOutbox } from "./round-outbox.ts";
import { Rounds, type Staging } from "./rounds.ts";

/** What a run asks of its party. */
export interface AttemptOwner {
  /** A new share is staged, and the commit takes over. */
  staged(run: AttemptRun): Promise<void>;
  /**
   * This party's share was made again. Keeps it, and throws when it may not be kept.
   */
  repaired(run: AttemptRun, share: NewShare): Promise<void>;
  /**
   * All members of the run have signed for it, and it is claimed. The other attempts of its session
   * are over.
   */
  started(run: AttemptRun): void;
  /** These pairs are burned, and every other run with them ends. */
  burned(pairs: readonly CheckedPair[], except: AttemptRun): void;
  /** The run is over. `lingers` says that peers may still ask for what was sent. */
  finished(run: AttemptRun, lingers: boolean): void;
}

const pairMismatch = (strangers: Started["strangers"]): CovaultError => {
  const pairs = strangers.map(([lo, hi]) => `${lo} and ${hi}`).join(", ");
  return new CovaultError("party/pair-mismatch", `These members do not name one pair: ${pairs}.`, { facts: { pairs } });
};

/**
 * Why an attempt ends from outside. `lost` means that another instance has it, so that nothing may
 * be written or reported any more.
 */
export type EndReason = "cancelled" | "abandoned" | "lost" | "stopped";
type FinishReason = { readonly why: EndReason } | { readonly error: unknown };
type Phase = "joined" | "running" | "finishing" | "finished";

export class AttemptRun {
  readonly terms: AttemptTerms;
  /** Resolves when the attempt is over and wiped. */
  readonly done: Promise<void>;
  readonly #deps: PartyDeps;
  readonly #owner: AttemptOwner;
  readonly #secrets: AttemptSecrets;
  readonly #inbox: RoundInbox;
  readonly #rounds: Rounds;
  readonly #reports: Reports;
  readonly #timers: AttemptTimers;
  #resolveDone: () => void = () => {};
  #outbox: RoundOutbox | undefined;
  #phase: Phase = "joined";
  #busy = false;
  #working: Promise<void> = Promise.resolve();
  #reason: FinishReason | undefined;
  /** True when the machine has thrown. An instance that resumed its round would see the same. */
  #thrown = false;
  #sid = new Uint8Array(32);
  #abortReport: Uint8Array | undefined;

  constructor(deps: PartyDeps, owner: AttemptOwner, terms: AttemptTerms, secrets: AttemptSecrets) {
    this.terms = terms;
    this.done = new Promise((resolve) => {
      this.#resolveDone = resolve;
    });
    this.#deps = deps;
    this.#owner = owner;
    this.#secrets = secrets;
    this.#rounds = new Rounds(deps, terms, secrets);
    this.#reports = new Reports(deps, terms);
    this.#timers = new AttemptTimers(deps);
    this.#timers.deadline(terms.endsAtMs, () => this.end("cancelled"));
    const peers = new Map([...terms.members].filter(([index]) => index !== terms.self).map(([index, member]) => [index, member.idpk]));
    this.#inbox = new RoundInbox({ protocolCode: protocolCodes[terms.protocol.name], rid: terms.rid, self: terms.self, peers });
  }

  get finished(): boolean {
    return this.#phase === "finishing" || this.#phase === "finished";
  }

  /** True when the party has joined and the attempt has not started. */
  get waiting(): boolean {
    return this.#phase === "joined" && this.#reason === undefined;
  }
  /** The report of the abort, as it was sent. Undefined when there was none. */
  get abortReport(): Uint8Array | undefined {
    return this.#abortReport;
  }

  /** Resolves when no turn is under way. */
  async idle(): Promise<void> {
    let seen: Promise<void>;
    do {
      seen = this.#working;
      await seen;
    } while (seen !== this.#working);
  }

  /**
   * Starts the attempt, with the joins of all members: verifies them, claims the attempt, makes the
   * machine and sends round 1. `ownJoin` is the exact body that this party signed.
   */
  start(start: Start, ownJoin: Uint8Array): void {
    const { waiting } = this;
    const started = waiting ? verifiedStart(start, this.terms, ownJoin) : undefined;
    if (started === undefined) this.#reports.drop(waiting ? "bad-start" : "unexpected");
    // Nothing is claimed, noted or sent. The next attempt may have other members.
    else if (started.strangers.length > 0) this.fail(pairMismatch(started.strangers));
    else
      this.#begin(started, async () => {
        if (!(await this.#claim())) return;
        const job = await makeJob(this.#deps, this.terms, started, true);
        const { shape, turned } = await this.#secrets.start(job).finally(() => eraseSecrets(job));
        this.#sid = new Uint8Array(shape.sid);
        await this.#turn(turned);
        this.#reports.note("started");
        for (const kept of this.#inbox.begin(shape, 1)) this.#taken(kept);
      });
  }

  /**
   * Takes up a stored attempt after a restart. The stored bytes go out again, and then what is
   * missing is asked for. When a port does not answer, the run ends here and the attempt stays
   * stored, for the next sweep to take up.
   */
  resume(stored: StoredSession, started: Started): void {
    this.#rounds.fence = stored.fence;
    this.#begin(started, async (outbox) => {
      const job = await this.#orLater(makeJob(this.#deps, this.terms, started, false));
      if (job === undefined) return;
      const shape = await this.#secrets.restore(job, stored.round, stored.state).finally(() => eraseSecrets(job));
      this.#sid = new Uint8Array(shape.sid);
      this.#inbox.begin(shape, stored.round);
      const sent = this.#rounds.sendStored(outbox, stored.round, shape.peers);
      if ((await this.#orLater(sent.then(() => true))) === undefined) return;
      this.#reports.progress(stored.round);
      this.#reports.note("resumed");
      this.askAgain();
    });
  }

  receive(message: RoundMessage): void {
    if (this.finished) this.#reports.drop("unknown-session");
    else this.#taken(this.#inbox.take(message));
  }

  /** Answers a peer that asks for a round again. */
  async answer(request: RoundRequest, from: Address): Promise<void> {
    // The attempt has not started. There is nothing to send, and the peer will ask once more.
    if (this.#outbox === undefined) return;
    if (!(await this.#outbox.again(request.from, request.round, from))) this.#reports.drop("wrong-sender");
  }

  /** Asks every peer whose message of the current round is missing. */
  askAgain(): void {
    if (this.#phase !== "running") return;
    for (const peer of this.#inbox.missing) this.#outbox?.ask(peer, Math.max(1, this.#inbox.round));
  }

  /** Ends the attempt from outside, after a turn that is under way. */
  end(why: EndReason): void {
    this.#finish({ why });
  }
  fail(error: unknown): void {
    this.#finish({ error });
  }

  /** Gives undefined, and ends the run as a stop does, when a port did not answer. */
  async #orLater<T>(work: Promise<T>): Promise<T | undefined> {
    return work.catch((error: unknown) => {
      if (!isPassing(error)) throw error;
      this.#reports.failed(error);
      this.end("stopped");
      return undefined;
    });
  }

  #begin(started: Started, step: (outbox: RoundOutbox) => Promise<void>): void {
    const outbox = new RoundOutbox(this.#deps, this.terms, started.instances);
    this.#phase = "running";
    this.#rounds.started = started;
    this.#outbox = outbox;
    this.#work(async () => {
      await step(outbox);
      this.#timers.quiet(
        this.terms.signers.length,
        () => this.#inbox.round,
        () => {
          this.askAgain();
          this.#reports.waiting(this.#inbox.round, this.#inbox.missing);
        },
      );
    });
  }

  /** Gives false when there is nothing to run. */
  async #claim(): Promise<boolean> {
    const answer = await claim(this.#deps, this.terms);
    if (answer === "known") this.end("lost");
    else if (answer !== "new") {
      this.#reports.signed(answer);
      this.#wipe(false);
    } else this.#owner.started(this);
    return this.#reason === undefined && !this.finished;
  }

  #taken(kept: Kept): void {
    if (kept.kind === "dropped") this.#reports.drop(kept.reason);
    else if (kept.kind === "kept") this.#advance();
    else this.fail(new CovaultError(kept.code, "A member's message belongs to another view of this session."));
  }

  #advance(): void {
    if (this.#phase !== "running" || this.#busy || !this.#inbox.complete) return;
    this.#work(async () => {
      const messages = this.#inbox.collect();
      if (await this.#rounds.fix(this.#inbox.round, messages)) await this.#turn(await this.#ofMachine(this.#secrets.deliver(messages)));
      else this.end("lost");
    });
  }

  /**
   * Carries out what the machine asks for, until the peers have to send again or the attempt is
   * over.
   */
  async #turn(turned: Turned): Promise<void> {
    // A check that was reached is made and noted even when the attempt is to end. If it were left
    // out, it would count as a strike.
    if (this.#reason !== undefined && turned.kind !== "guard") return;
    if (turned.kind === "guard") {
      this.#announceBurned(await runCheck(this.#deps, this.#secrets, this.#pairing(), turned.partners));
      if (this.#reason === undefined) await this.#turn(await this.#ofMachine(this.#secrets.resume()));
    } else if (turned.kind === "exchange") await this.#exchange(turned);
    else if (turned.kind === "signature") {
      this.#checkKey(turned.publicKey);
      const signed = { attempt: this.terms.attempt, signature: turned.signature };
      await this.#deps.store.finishIntent(this.terms.intentId, signed);
      this.#reports.signed(signed);
      this.#wipe(true);
    } else if (turned.kind === "repaired") await this.#repair(turned.record);
    else await this.#stage(turned);
  }

  /**
   * The protocol has verified the signature under the key that it made of the tweak. That key must
   * be the one that this party has approved.
   */
  #checkKey(publicKey: Uint8Array): void {
    const approved = this.terms.signing?.publicKey;
    if (approved === undefined || !same(publicKey, approved))
      throw new CovaultError(
        "party/derivation-mismatch",
        "The signature is under another key than the intent asks for. It was not reported.",
      );
  }

  async #exchange({ round, messages, state }: Extract<Turned, { kind: "exchange" }>): Promise<void> {
    const outbox = this.#outbox as RoundOutbox;
    const entries = outbox.sign(messages);
    if (!(await this.#rounds.save(round, state, entries))) this.end("lost");
    if (this.#reason !== undefined) return;
    this.#inbox.turn(round);
    outbox.send(round, entries);
    this.#reports.progress(round);
  }

  async #stage(turned: Staging): Promise<void> {
    if (!(await this.#rounds.stage(turned))) {
      // Another run of the key may have taken the number meanwhile. That is said, so that nobody
      // waits for this one.
      await checkStillMay(this.#deps, this.terms);
      this.end("lost");
      return;
    }
    this.#reports.note("staged");
    // The share is safe. What fails from here on is done again by the party's sweep.
    await this.#owner.staged(this).catch((error: unknown) => this.#reports.failed(error));
    this.#wipe(true);
  }

  /** `record` is undefined for a helper, which has nothing to keep. */
  async #repair(record: Uint8Array | undefined): Promise<void> {
    if (record !== undefined) await this.#owner.repaired(this, await repairedShare(this.#deps, this.terms, record, this.#secrets));
    this.#reports.note(record === undefined ? "helped" : "repaired");
    this.#wipe(true);
  }

  /**
   * Does one piece of work at a time. What arrived meanwhile is looked at afterwards, and an end
   * that was asked for is carried out.
   */
  #work(step: () => Promise<void>): void {
    this.#busy = true;
    this.#working = step()
      .catch((error: unknown) => {
        const known = asCovaultError(error);
        const hasFailed = this.#thrown || known?.code === ("party/inputs-changed" satisfies ErrorCode);
        if (this.#reason === undefined || known?.consequence === "burn" || (hasFailed && this.#resumes(this.#reason)))
          this.#reason = { error };
        else if (!hasFailed && (known === undefined || known.kind === "io")) this.#reports.failed(error);
      })
      .then(() => {
        this.#busy = false;
        return this.#reason === undefined ? this.#advance() : this.#close();
      });
  }

  #ofMachine<T>(turn: Promise<T>): Promise<T> {
    return turn.catch((error: unknown) => {
      // A worker that crashed is no answer of the machine's.
      this.#thrown = asCovaultError(error)?.code !== ("party/worker-crashed" satisfies ErrorCode);
      throw error;
    });
  }

  /**
   * Tells whether a stored attempt goes on later. A stop leaves it as it stands, also when the
   * store fails meanwhile, but not when its round has failed.
   */
  #resumes(reason: FinishReason | undefined): boolean {
    return this.#rounds.fence !== undefined && reason !== undefined && "why" in reason && reason.why === "stopped";
  }

  #finish(reason: FinishReason): void {
    if (this.finished || this.#reason !== undefined) return;
    this.#reason = reason;
    if (!this.#busy) this.#working = this.#close();
  }

  /**
   * Carries out the end that was asked for. Burns are durable before the abort is reported. A
   * stored attempt is closed before that too.
   */
  async #close(): Promise<void> {
    const reason = this.#reason;
    if (reason === undefined || this.finished) return;
    this.#phase = "finishing";
    try {
      if ("error" in reason) await this.#abort(reason.error);
      else if (reason.why === "cancelled") {
        await this.#rounds.abort();
        this.#reports.note("cancelled");
      }
    } catch (error) {
      this.#reports.failed(error);
    }
    this.#wipe(false);
  }

  async #abort(error: unknown): Promise<void> {
    if (asCovaultError(error) === undefined) this.#reports.failed(error);
    // A run that makes pairs discards those that it made, and burns none.
    if (this.terms.protocol.usesPairs === true) this.#announceBurned(await burnFor(this.#deps, error, this.#pairing()));
    // An abort that is not durable is not reported. The attempt would be resumed, and go on after
    // its abort. The store's failure ends up in the log.
    if (!(await this.#rounds.abort())) return;
    this.#abortReport = this.#reports.aborted(this.#inbox.round, failureOf(error));
  }

  /**
   * Wipes the memory in the worker and stops the timers. Only sealed bytes that were sent may
   * linger.
   */
  #wipe(lingers: boolean): void {
    if (this.#phase === "finished") return;
    this.#phase = "finished";
    this.#timers.stop();
    this.#secrets.end();
    this.#owner.finished(this, lingers);
    this.#resolveDone();
  }

  #announceBurned(burned: readonly CheckedPair[]): void {
    if (burned.length > 0) this.#owner.burned(burned, this);
  }

  #pairing(): Pairing {
    const { keyId, epoch } = this.terms.share as StoredShare;
    return { keyId, epoch, sid: this.#sid, pairs: pairsOf(this.terms), inbox: this.#inbox };
  }
}
