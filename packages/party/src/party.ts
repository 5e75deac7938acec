// A party: one holder of shares. Takes envelopes from its transport, decides for itself what it joins, runs the attempts, and commits.
// What arrives is believed by its own signatures only; what does not fit is dropped and counted, and never ends the process.
import { parseExact } from "@covault/trust";
import {
  coordinatorAddress,
  type Envelope,
  EnvelopeSchema,
  headerBytes,
  type RoundMessage,
  type RoundRequest,
  type Start,
} from "@covault/wire";
import { Commits } from "./commit/commits.ts";
import type { PartyContext } from "./context.ts";
import type { DropReason } from "./events.ts";
import { sendForgotten } from "./invite/answer.ts";
import { Intake } from "./invite/intake.ts";
import { contextOf, type PartyOptions } from "./options.ts";
import { isPlausible } from "./plausible.ts";
import type { StoreStanding } from "./ports/store.ts";
import type { Address } from "./ports/transport.ts";
import { RestoreWatch, wasRestored } from "./restored.ts";
import { Senders } from "./senders.ts";
import { coordinator, post, ttlMs } from "./session/mail.ts";
import { isStored, resumable } from "./session/resume.ts";
import { Session, type SessionOwner } from "./session/session.ts";
import { Sessions } from "./session/sessions.ts";

/** What an intent left is kept so much longer than it is good for: it must not be good again when the wall clock is set back. */
const clockStepMs = 2 * 3_600_000;

export class Party {
  readonly #context: PartyContext;
  readonly #restores: RestoreWatch | undefined;
  readonly #sessions: Sessions;
  readonly #commits: Commits;
  readonly #owner: SessionOwner;
  readonly #intake: Intake;
  readonly #senders: Senders;
  readonly #dropped = new Map<DropReason, number>();
  #cancelSweep: () => void = () => {};
  #cancelTick: () => void = () => {};
  readonly #stopping = new AbortController();

  constructor(options: PartyOptions) {
    this.#context = contextOf(options, {
      stopping: this.#stopping.signal,
      restored: () => this.#restored(),
      observe: (event) => {
        if (event.kind === "dropped") this.#dropped.set(event.reason, (this.#dropped.get(event.reason) ?? 0) + 1);
        options.observe?.(event);
      },
    });
    this.#sessions = new Sessions(this.#context);
    this.#restores = this.#context.restores instanceof RestoreWatch ? this.#context.restores : undefined;
    this.#commits = new Commits(this.#context, {
      ofIntent: (intentId) => this.#sessions.ofIntent(intentId)[0]?.attempt,
      ofSession: (sessionId) => this.#sessions.ofSession(sessionId)[0]?.attempt,
      abandon: (intentId) => {
        for (const session of this.#sessions.ofIntent(intentId)) session.end("abandoned");
        this.#sessions.settle(intentId);
      },
      supersede: (keyId, epoch) => this.#sessions.supersede(keyId, epoch),
      settle: (intentId) => this.#sessions.settle(intentId),
    });
    this.#owner = {
      staged: (session) => this.#staged(session),
      started: (session) => this.#sessions.started(session),
      burned: (epoch, partners, except) => this.#burned(epoch, partners, except),
      ended: (session, lingers) => {
        this.#sessions.ended(session, lingers);
        if (!lingers) this.#commits.dropEarly(session.attempt.intentId);
      },
    };
    this.#intake = new Intake(this.#context, this.#sessions, this.#owner, this.#commits);
    this.#senders = new Senders(this.#context, (partyId) => this.#sessions.hasMember(partyId) || this.#commits.hasMember(partyId));
  }

  /** Recovers what the store holds, then receives. */
  async start(): Promise<void> {
    const { transport, store, clock, instance } = this.#context;
    await this.#restores?.move();
    await instance.start((error) => {
      this.#context.observe({ kind: "failed", error });
      this.#sessions.lost(error);
    });
    await store.prune(clock.nowMs() - clockStepMs);
    transport.onEnvelope((from, bytes) => this.receive(from, bytes));
    transport.onReconnect(() => this.#reconnected());
    await this.#resumeSessions();
    await this.#commits.resume();
    this.#sweepLater();
    this.#tickLater();
  }

  /** Ends everything that runs. Stored sessions and staged shares go on at the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancelSweep();
    this.#senders.stop();
    this.#cancelTick();
    this.#commits.stop();
    await this.#sessions.stop();
    // The notes of an instance that has gone are strikes.
    await Promise.all(this.#context.clearing);
    await this.#context.instance.stop();
    await this.#moveGeneration();
  }

  /** For an adapter that has made a new connection to its store: `read` reads the store's standing there, before the connection is used. */
  async checkConnection(read: () => Promise<StoreStanding>): Promise<void> {
    await this.#restores?.check(read);
  }

  /** Messages dropped since the start, by reason. */
  get dropped(): ReadonlyMap<DropReason, number> {
    return this.#dropped;
  }
  /** Why the party cannot tell at present whether its store was restored. */
  get restoreFailure(): unknown {
    return this.#restores?.failure;
  }
  /** Attempts that run: this party's load. */
  get running(): number {
    return this.#sessions.size;
  }

  /** Resolves when no turn of any session is under way: everything received so far has had its effect. */
  async settled(): Promise<void> {
    await Promise.all(this.#sessions.all().map((session) => session.settled()));
  }

  /** One envelope. Never throws: what fails is one message's or one session's problem. */
  async receive(from: Address, bytes: Uint8Array): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    if (!this.#senders.isHeard(from)) return this.#drop("stranger", from);
    if (bytes.length > this.#context.limits.envelopeBytesMax) return this.#drop("too-long", from);
    // A field that is not known here could change what the others mean: nothing is skipped.
    const body = parseExact(EnvelopeSchema, bytes)?.body;
    if (body === undefined || !isPlausible(body)) return this.#drop("malformed", from);
    try {
      await this.#route(from, body);
    } catch (error) {
      this.#context.observe({ kind: "failed", error });
    }
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
      case "invite":
      case "start":
      case "cancel":
        break;
      default:
        return this.#drop(body.case === undefined ? "malformed" : "unexpected", from);
    }
    // Only the coordinator leads attempts. It can refuse service with these, nothing else.
    if (from.partyId !== coordinatorAddress) return this.#drop("wrong-sender", from);
    if (body.case === "invite") return this.#intake.take(body.value);
    if (body.case === "start") return this.#start(from, body.value);
    const entry = this.#sessions.get(body.value.rid);
    if (entry === undefined) return this.#drop("unknown-session", from);
    entry.session.end("cancelled");
  }

  async #start(from: Address, start: Start): Promise<void> {
    const entry = this.#sessions.get(start.rid);
    if (entry !== undefined) return entry.session.start(start, entry.ownJoin?.body ?? new Uint8Array(0));
    this.#drop("unknown-session", from);
    const lastWord = this.#sessions.lastWord(start.rid);
    if (lastWord !== undefined) return post(this.#context, coordinator, lastWord, ttlMs.signing);
    if (this.#sessions.isLingering(start.rid) || !this.#mayLook(from)) return;
    if (!(await isStored(this.#context.store, start))) sendForgotten(this.#context, start);
  }

  #round(from: Address, message: RoundMessage): void {
    const { header } = message;
    // The rid stands at the same place in every version of the header.
    const entry = header.length === headerBytes ? this.#sessions.get(header.subarray(7, 39)) : undefined;
    if (entry === undefined) this.#drop(header.length === headerBytes ? "unknown-session" : "malformed", from);
    else entry.session.receive(message);
  }

  async #roundRequest(from: Address, request: RoundRequest): Promise<void> {
    const session = this.#sessions.answering(request.rid);
    if (session !== undefined) return session.answer(request, from);
    if (!this.#mayLook(from)) return;
    // Before a restart I may have sent it: the stored bytes are sealed for the peer, whoever carries them.
    const bytes = await this.#context.store.outbox(request.rid, request.round, request.from);
    if (bytes === undefined) return this.#drop("unknown-session", from);
    post(this.#context, from, bytes, ttlMs.stored);
  }

  async #resumeSessions(): Promise<void> {
    for await (const { attempt, started, stored } of resumable(this.#context, (rid) => this.#sessions.get(rid)?.session)) {
      const session = new Session(this.#context, this.#owner, attempt, this.#context.runner.open());
      this.#sessions.add(session, undefined);
      session.resume(stored, started);
    }
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#context.clock.timer(this.#context.limits.leaseMs / 2, () => {
      if (this.#stopping.signal.aborted) return;
      void this.#sweep().catch((error: unknown) => this.#context.observe({ kind: "failed", error }));
      this.#sweepLater();
    });
  }

  async #sweep(): Promise<void> {
    // A restored store's sessions must not go on.
    await this.#restores?.look();
    await this.#context.store.prune(this.#context.clock.nowMs() - clockStepMs);
    await this.#resumeSessions();
    await this.#commits.resume();
  }

  #tickLater(): void {
    if (this.#restores === undefined) return;
    this.#cancelTick = this.#context.clock.timer(this.#context.limits.generationMs, () => {
      if (this.#stopping.signal.aborted) return;
      void this.#restores?.tick().catch((error: unknown) => this.#context.observe({ kind: "failed", error }));
      this.#tickLater();
    });
  }

  /** Where the counter cannot move, work goes on: the next tick tries again, and the party's health says so. */
  async #moveGeneration(): Promise<void> {
    await this.#restores?.move().catch((error: unknown) => this.#context.observe({ kind: "failed", error }));
  }

  /** What is in memory was read from another store. */
  #restored(): void {
    this.#context.observe({ kind: "restored" });
    for (const session of this.#sessions.all()) session.fail(wasRestored());
  }

  #reconnected(): void {
    for (const session of this.#sessions.all()) session.askAgain();
    this.#commits.reconnected();
  }

  async #staged(session: Session): Promise<void> {
    // Before anybody hears of the share: a backup without it is recognised from now on.
    await this.#moveGeneration();
    const share = await this.#context.store.shareOfIntent(session.attempt.intentId);
    if (share !== undefined) await this.#commits.staged(share);
  }

  #burned(epoch: Uint8Array, partners: readonly number[], except: Session): void {
    this.#sessions.burned(epoch, partners, except);
    void this.#moveGeneration();
  }

  #mayLook(from: Address): boolean {
    const may = this.#senders.mayLook(from);
    if (!may) this.#drop("too-often", from);
    return may;
  }

  #drop(reason: DropReason, from: Address): void {
    this.#context.observe({ kind: "dropped", reason, from: from.partyId });
  }
}
