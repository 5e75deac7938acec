// A party: one holder of shares. It takes envelopes from its transport, decides for itself what it
// joins, runs the attempts, and commits. What arrives is believed by its own signatures only. What
// does not fit is dropped and counted, and never ends the process.
import { parseExact, type VerifiedKey } from "@covault/trust";
import {
  coordinatorAddress,
  type Envelope,
  EnvelopeSchema,
  headerBytes,
  type RoundMessage,
  type RoundRequest,
  type Start,
} from "@covault/wire";
import { type AttemptOwner, AttemptRun } from "./attempt/attempt-run.ts";
import { joinedIntent } from "./attempt/attempt-terms.ts";
import { Attempts } from "./attempt/attempts.ts";
import { coordinator, post, ttlMs } from "./attempt/mail.ts";
import { isPassing, isStored, resumable } from "./attempt/resume.ts";
import { Backups } from "./backup/backups.ts";
import { reportBackup } from "./backup/report-backup.ts";
import { Commits } from "./commit/commits.ts";
import type { PartyDeps } from "./deps.ts";
import type { DropReason } from "./events.ts";
import { reportHolding } from "./holding.ts";
import { offerRecipient } from "./import/import-desk.ts";
import { sendForgotten } from "./invite/answer.ts";
import { Invites } from "./invite/invites.ts";
import { depsOf, type PartyOptions } from "./options.ts";
import { Renewals } from "./pair/renewals.ts";
import { isPlausible } from "./plausible.ts";
import type { CheckedPair } from "./ports/check-notes.ts";
import type { NewShare, StoreStanding } from "./ports/store.ts";
import type { Address } from "./ports/transport.ts";
import { roundsOf } from "./protocols/protocol.ts";
import { ReleaseDesk } from "./release.ts";
import { RestoreWatch, wasRestored } from "./restored.ts";
import { Senders } from "./senders.ts";

/**
 * What an intent left is kept so much longer than it is good for, in milliseconds. The intent must
 * not be good again when the wall clock is set back.
 */
const clockStepMs = 2 * 3_600_000;

/**
 * One process of a party. It receives from its transport from `start` on. A party that was stopped
 * is not started again.
 *
 *     const me = { partyId, instanceId, identity, roster, vault };
 *     const party = new Party({ ...me, store, transport, runner });
 *     await party.start();
 *     // ... until the process ends:
 *     await party.stop();
 *     await runner.close();
 */
export class Party {
  readonly #deps: PartyDeps;
  readonly #restores: RestoreWatch | undefined;
  readonly #attempts: Attempts;
  readonly #backups: Backups;
  readonly #releases: ReleaseDesk;
  readonly #commits: Commits;
  readonly #renewals: Renewals;
  readonly #owner: AttemptOwner;
  readonly #invites: Invites;
  readonly #senders: Senders;
  readonly #dropped = new Map<DropReason, number>();
  #cancelSweep: () => void = () => {};
  #cancelTick: () => void = () => {};
  readonly #stopping = new AbortController();

  constructor(options: PartyOptions) {
    this.#deps = depsOf(options, {
      stopping: this.#stopping.signal,
      restored: () => this.#restored(),
      observe: (event) => {
        if (event.kind === "dropped") this.#dropped.set(event.reason, (this.#dropped.get(event.reason) ?? 0) + 1);
        options.observe?.(event);
      },
    });
    this.#attempts = new Attempts(this.#deps);
    this.#backups = new Backups(this.#deps, options.backups);
    // The counter moves before a share leaves, so that a backup which lacks the mark is recognised.
    this.#releases = new ReleaseDesk(this.#deps, options.exportRecipients, () => this.#moveGeneration());
    this.#restores = this.#deps.restores instanceof RestoreWatch ? this.#deps.restores : undefined;
    this.#commits = new Commits(this.#deps, {
      ofIntent: (intentId) => this.#attempts.ofIntent(intentId)[0]?.terms,
      ofSession: (sessionId) => this.#attempts.ofSession(sessionId)[0]?.terms,
      abandon: (intentId) => {
        for (const run of this.#attempts.ofIntent(intentId)) run.end("abandoned");
        this.#attempts.release(intentId);
      },
      supersede: (key) => {
        this.#attempts.supersede(key);
        this.#renewals.supersede(key);
        this.#backups.moved(key);
      },
      release: (intentId) => this.#attempts.release(intentId),
    });
    this.#renewals = new Renewals(this.#deps, {
      ofIntent: (intentId) => this.#attempts.ofIntent(intentId)[0]?.terms,
      supersedePair: (pair, pairId) => this.#attempts.supersedePair(pair, pairId),
      release: (intentId) => this.#attempts.release(intentId),
    });
    this.#owner = {
      staged: (run) => this.#staged(run),
      repaired: (run, share) => this.#repaired(run, share),
      started: (run) => this.#attempts.started(run),
      burned: (pairs, except) => this.#burned(pairs, except),
      finished: (run, lingers) => {
        this.#attempts.finished(run, lingers);
        if (lingers) return;
        this.#commits.dropEarly(run.terms.intentId);
        this.#renewals.dropEarly(run.terms.intentId);
      },
    };
    this.#invites = new Invites(this.#deps, this.#attempts, this.#owner, this.#commits);
    this.#senders = new Senders(this.#deps, (partyId) =>
      [this.#attempts, this.#commits, this.#renewals].some((each) => each.hasMember(partyId)),
    );
  }

  /** Recovers what the store holds, then receives. Throws when a port fails. */
  async start(): Promise<void> {
    const { transport, store, clock, instance } = this.#deps;
    await this.#restores?.move();
    await instance.start((error) => {
      this.#deps.observe({ kind: "failed", error });
      this.#attempts.lost(error);
    });
    await store.prune(clock.nowMs() - clockStepMs);
    transport.onEnvelope((from, bytes) => this.receive(from, bytes));
    transport.onReconnect(() => this.#reconnected());
    await this.#resumeAttempts();
    await this.#commits.resume();
    await this.#renewals.resume();
    await this.#backups.start();
    this.#sweepLater();
    this.#tickLater();
  }

  /** Ends everything that runs. Stored attempts and staged shares go on at the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancelSweep();
    this.#senders.stop();
    this.#cancelTick();
    this.#commits.stop();
    this.#renewals.stop();
    await this.#attempts.stop();
    await this.#backups.stop();
    await this.#releases.idle();
    // The notes of an instance that has gone are strikes, so that they are taken back before.
    await Promise.all(this.#deps.clearing);
    await this.#deps.instance.stop();
    await this.#moveGeneration();
  }

  /**
   * Compares a store that an adapter has just made a new connection to. `read` reads the store's
   * standing there, before the connection is used.
   */
  async checkConnection(read: () => Promise<StoreStanding>): Promise<void> {
    await this.#restores?.check(read);
  }

  /** The number of messages that were dropped since the start, by reason. */
  get dropped(): ReadonlyMap<DropReason, number> {
    return this.#dropped;
  }
  /**
   * The error for which the party cannot tell at present whether its store was restored. Undefined
   * when it can tell.
   */
  get restoreFailure(): unknown {
    return this.#restores?.failure;
  }
  /** The number of attempts that run, which is this party's load. */
  get running(): number {
    return this.#attempts.size;
  }

  /**
   * Resolves when no turn of any attempt is under way. Everything received so far has had its
   * effect then.
   */
  async idle(): Promise<void> {
    await Promise.all(this.#attempts.all().map((run) => run.idle()));
    await this.#backups.idle();
    await this.#releases.idle();
  }

  /** Takes one envelope. Never throws: what fails is the problem of one message or one attempt. */
  async receive(from: Address, bytes: Uint8Array): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    try {
      await this.#hear(from, bytes);
    } catch (error) {
      // The roster may be behind, or the store may not answer. That says nothing of the message.
      if (isPassing(error)) this.#commits.unheard();
      this.#deps.observe({ kind: "failed", error });
    }
  }

  #hear(from: Address, bytes: Uint8Array): Promise<void> | void {
    if (!this.#senders.isHeard(from)) return this.#drop("stranger", from);
    if (bytes.length > this.#deps.limits.envelopeBytesMax) return this.#drop("too-long", from);
    // A field that is not known here could change what the others mean, so that nothing is skipped.
    const body = parseExact(EnvelopeSchema, bytes)?.body;
    if (body === undefined || !isPlausible(body)) return this.#drop("malformed", from);
    return this.#route(from, body);
  }

  #route(from: Address, body: Envelope["body"]): Promise<void> | void {
    switch (body.case) {
      case "round":
        return this.#round(from, body.value);
      case "roundRequest":
        return this.#roundRequest(from, body.value);
      case "acknowledged":
        return this.#commits.onAck(body.value, from);
      case "committed":
        return this.#mayLook(from) ? this.#commits.onCommitted(body.value, from) : undefined;
      case "abandoned":
        return this.#mayLook(from) ? this.#commits.onAbandoned(body.value, from) : undefined;
      case "certificateRequest":
        return this.#mayLook(from) ? this.#commits.onRequest(body.value, from) : undefined;
      case "pairAcknowledged":
        return this.#renewals.onAck(body.value, from);
      case "pairCommitted":
        return this.#mayLook(from) ? this.#renewals.onCommitted(body.value, from) : undefined;
      case "pairRequest":
        return this.#mayLook(from) ? this.#renewals.onRequest(body.value, from) : undefined;
      case "invite":
      case "start":
      case "cancel":
      case "holdingRequest":
      case "exportRequest":
      case "importRecipientRequest":
      case "backupRequest":
        break;
      default:
        return this.#drop(body.case === undefined ? "malformed" : "unexpected", from);
    }
    // Only the coordinator leads attempts. It can refuse service with these messages, and do
    // nothing else.
    if (from.partyId !== coordinatorAddress) return this.#drop("wrong-sender", from);
    if (body.case === "invite") return this.#invites.take(body.value);
    if (body.case === "start") return this.#start(from, body.value);
    if (body.case === "backupRequest") return this.#mayLook(from) ? reportBackup(this.#deps, this.#backups, body.value, from) : undefined;
    if (body.case === "holdingRequest") return this.#mayLook(from) ? reportHolding(this.#deps, body.value, from) : undefined;
    if (body.case === "importRecipientRequest") return this.#mayLook(from) ? offerRecipient(this.#deps, body.value, from) : undefined;
    if (body.case === "exportRequest") return this.#mayLook(from) ? this.#releases.answer(body.value, from) : undefined;
    const entry = this.#attempts.get(body.value.rid);
    if (entry === undefined) return this.#drop("unknown-session", from);
    entry.run.end("cancelled");
  }

  async #start(from: Address, start: Start): Promise<void> {
    const entry = this.#attempts.get(start.rid);
    if (entry !== undefined) return entry.run.start(start, entry.ownJoin?.body ?? new Uint8Array(0));
    this.#drop("unknown-session", from);
    const abortReport = this.#attempts.abortReport(start.rid);
    if (abortReport !== undefined) return post(this.#deps, coordinator, abortReport, ttlMs.signing);
    if (this.#attempts.isLingering(start.rid) || !this.#mayLook(from)) return;
    if (!(await isStored(this.#deps.store, { ...start, intentId: joinedIntent(start) }))) sendForgotten(this.#deps, start);
  }

  #round(from: Address, message: RoundMessage): void {
    const { header } = message;
    // The rid stands at the same place in every version of the header.
    const entry = header.length === headerBytes ? this.#attempts.get(header.subarray(7, 39)) : undefined;
    if (entry === undefined) this.#drop(header.length === headerBytes ? "unknown-session" : "malformed", from);
    else entry.run.receive(message);
  }

  async #roundRequest(from: Address, request: RoundRequest): Promise<void> {
    const run = this.#attempts.answering(request.rid);
    if (run !== undefined) return run.answer(request, from);
    if (!this.#mayLook(from)) return;
    // This party may have sent it before a restart. The stored bytes are sealed for the peer, so
    // that it does not matter which party they are sent to.
    const bytes = await this.#deps.store.outbox(request.rid, request.round, request.from);
    if (bytes === undefined) return this.#drop("unknown-session", from);
    post(this.#deps, from, bytes, ttlMs.stored);
  }

  async #resumeAttempts(): Promise<void> {
    for await (const { terms, started, stored } of resumable(this.#deps, (rid) => this.#attempts.get(rid)?.run)) {
      const { key, certificates, protocol } = terms;
      if (key !== undefined && certificates.length > 0) this.#commits.learnt.keep(key, certificates);
      const run = new AttemptRun(this.#deps, this.#owner, terms, this.#deps.runner.open(roundsOf(protocol)));
      this.#attempts.add(run, undefined);
      run.resume(stored, started);
    }
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#deps.clock.timer(this.#deps.limits.leaseMs / 2, () => {
      if (this.#stopping.signal.aborted) return;
      void this.#sweep().catch((error: unknown) => this.#deps.observe({ kind: "failed", error }));
      this.#sweepLater();
    });
  }

  async #sweep(): Promise<void> {
    // The sessions of a restored store must not go on.
    await this.#restores?.look();
    await this.#deps.store.prune(this.#deps.clock.nowMs() - clockStepMs);
    await this.#attempts.giveWay();
    await this.#resumeAttempts();
    await this.#commits.resume();
    await this.#renewals.resume();
  }

  #tickLater(): void {
    if (this.#restores === undefined) return;
    this.#cancelTick = this.#deps.clock.timer(this.#deps.limits.generationMs, () => {
      if (this.#stopping.signal.aborted) return;
      void this.#restores?.tick().catch((error: unknown) => this.#deps.observe({ kind: "failed", error }));
      this.#tickLater();
    });
  }

  /**
   * Where the counter cannot move, work goes on. The next tick tries again, and the party's health
   * says so.
   */
  async #moveGeneration(): Promise<void> {
    await this.#restores?.move().catch((error: unknown) => this.#deps.observe({ kind: "failed", error }));
  }

  /** What is in memory was read from another store. */
  #restored(): void {
    this.#deps.observe({ kind: "restored" });
    for (const run of this.#attempts.all()) run.fail(wasRestored());
  }

  #reconnected(): void {
    for (const run of this.#attempts.all()) run.askAgain();
    this.#commits.reconnected();
    this.#renewals.reconnected();
  }

  async #staged(run: AttemptRun): Promise<void> {
    const { store } = this.#deps;
    // The counter moves before anybody learns of the share or the pair, so that a backup without it
    // is recognised from now on.
    await this.#moveGeneration();
    const share = await store.shareOfIntent(run.terms.intentId);
    if (share !== undefined) return this.#commits.staged(share);
    const renewal = await store.renewalOfIntent(run.terms.intentId);
    if (renewal !== undefined) await this.#renewals.staged(renewal);
  }

  async #repaired({ terms }: AttemptRun, share: NewShare): Promise<void> {
    await this.#commits.repaired(share, terms.key as VerifiedKey, terms.certificates);
    await this.#moveGeneration();
    // The share is here, whatever happens to the report. The next invite has it said again.
    const told = { keyId: share.keyId, nonce: terms.rid };
    await reportHolding(this.#deps, told, coordinator).catch((error: unknown) => this.#deps.observe({ kind: "failed", error }));
  }

  #burned(pairs: readonly CheckedPair[], except: AttemptRun): void {
    this.#attempts.burned(pairs, except);
    void this.#moveGeneration();
  }

  #mayLook(from: Address): boolean {
    const may = this.#senders.mayLook(from);
    if (!may) this.#drop("too-often", from);
    return may;
  }

  #drop(reason: DropReason, from: Address): void {
    this.#deps.observe({ kind: "dropped", reason, from: from.partyId });
  }
}
