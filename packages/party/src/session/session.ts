// One attempt from the join to its end: intake, machine turns, guard, sending, resending, abort. Everything that computes runs in the
// session's own worker; this side holds sealed bytes only. Turns run one after another, never two at once.
import { create } from "@bufbuild/protobuf";
import { asCovaultError, CovaultError } from "@covault/errors";
import { protocolCodes } from "@covault/mpc/protocol";
import { AbortedSchema, ProgressSchema, type RoundMessage, type RoundRequest, SessionResultSchema, type Start } from "@covault/wire";
import { same } from "../bytes.ts";
import type { PartyContext } from "../context.ts";
import type { DropReason } from "../events.ts";
import type { StoredSession } from "../ports/store.ts";
import type { Address } from "../ports/transport.ts";
import { failureOf } from "../run/failure.ts";
import type { SessionRun, Turned } from "../run/runner.ts";
import { type Attempt, openStart, type Started } from "./attempt.ts";
import { burnFor, type Pairing, runCheck } from "./guard.ts";
import { Inbox } from "./inbox.ts";
import { makeJob } from "./job.ts";
import { coordinator, envelope, post, ttlMs } from "./mail.ts";
import { Outgoing } from "./outgoing.ts";
import { Rounds } from "./rounds.ts";

/** What the session asks of its party. */
export interface SessionOwner {
  /** A new share is staged: commit takes over. */
  staged(session: Session): Promise<void>;
  /** These pairs are burned: every other session with them ends. */
  burned(epoch: Uint8Array, partners: readonly number[], except: Session): void;
  /** It is over; `lingers`: peers may still ask for what was sent. */
  ended(session: Session, lingers: boolean): void;
}

/** Why a session ends from outside. `lost`: another instance has it, nothing may be written or said any more. */
export type EndReason = "cancelled" | "abandoned" | "lost" | "stopped";

type Phase = "joined" | "running" | "ending" | "ended";

export class Session {
  readonly attempt: Attempt;
  readonly #context: PartyContext;
  readonly #owner: SessionOwner;
  readonly #run: SessionRun;
  readonly #inbox: Inbox;
  readonly #rounds: Rounds;
  readonly #cancels: (() => void)[] = [];
  /** Resolves when it is over and wiped. */
  readonly done: Promise<void>;
  #resolveDone: () => void = () => {};
  #outgoing: Outgoing | undefined;
  #phase: Phase = "joined";
  #busy = false;
  #working: Promise<void> = Promise.resolve();
  #end: { readonly why: EndReason } | { readonly error: unknown } | undefined;
  #sid = new Uint8Array(32);
  #quietMs: number;

  constructor(context: PartyContext, owner: SessionOwner, attempt: Attempt, run: SessionRun) {
    this.attempt = attempt;
    this.done = new Promise((resolve) => {
      this.#resolveDone = resolve;
    });
    this.#context = context;
    this.#owner = owner;
    this.#run = run;
    this.#rounds = new Rounds(context, attempt, run);
    this.#quietMs = context.limits.resendMs;
    const peers = new Map([...attempt.members].filter(([index]) => index !== attempt.self).map(([index, member]) => [index, member.idpk]));
    this.#inbox = new Inbox({ protocolCode: protocolCodes[attempt.protocol.name], rid: attempt.rid, self: attempt.self, peers });
    this.#timer(Math.max(0, attempt.endsAtMs - context.clock.nowMs()), () => this.end("cancelled"));
  }

  get over(): boolean {
    return this.#phase === "ending" || this.#phase === "ended";
  }
  /** Resolves when no turn is under way. */
  async settled(): Promise<void> {
    let seen: Promise<void>;
    do {
      seen = this.#working;
      await seen;
    } while (seen !== this.#working);
  }
  partner(index: number): boolean {
    return this.attempt.signers.includes(index);
  }

  /** All joins are there: verify them, make the machine, send round 1. `ownJoin`: the exact body that this party signed. */
  start(start: Start, ownJoin: Uint8Array): void {
    const { attempt } = this;
    const started = this.#phase === "joined" && this.#end === undefined ? verifiedStart(start, attempt, ownJoin) : undefined;
    if (started === undefined) {
      this.#drop(this.#phase === "joined" ? "bad-start" : "unexpected");
      return;
    }
    this.#phase = "running";
    this.#rounds.started = started;
    this.#outgoing = new Outgoing(this.#context, attempt, started.instances);
    this.#work(async () => {
      const { shape, turned } = await this.#run.start(await makeJob(this.#context, attempt, started));
      this.#sid = new Uint8Array(shape.sid);
      await this.#turn(turned);
      this.#say("started");
      this.#takeEarly(this.#inbox.begin(shape, 1));
      this.#watch();
    });
  }

  /** A stored session after a restart: the stored bytes go out again, then what is missing is asked for. */
  resume(stored: StoredSession, started: Started): void {
    this.#phase = "running";
    this.#rounds.started = started;
    this.#rounds.fence = stored.fence;
    const outgoing = new Outgoing(this.#context, this.attempt, started.instances);
    this.#outgoing = outgoing;
    this.#work(async () => {
      const shape = await this.#run.restore(await makeJob(this.#context, this.attempt, started), stored.round, stored.state);
      this.#sid = new Uint8Array(shape.sid);
      this.#inbox.begin(shape, stored.round);
      this.#inbox.turn(stored.round);
      await this.#rounds.sendStored(outgoing, stored.round, shape.peers);
      this.#progress(stored.round);
      this.#say("resumed");
      this.askAgain();
      this.#watch();
    });
  }

  receive(message: RoundMessage): void {
    const intake = this.over ? ({ kind: "dropped", reason: "unknown-session" } as const) : this.#inbox.take(message);
    if (intake.kind === "dropped") this.#drop(intake.reason);
    else if (intake.kind === "abort")
      this.fail(new CovaultError(intake.code, "A member's message belongs to another view of this session."));
    else this.#advance();
  }

  /** A peer asks for a round again. */
  async answer(request: RoundRequest, from: Address): Promise<void> {
    if ((await this.#outgoing?.again(request.from, request.round, from)) !== true) this.#drop("wrong-sender");
  }

  /** Asks every peer whose message of the current round is missing. */
  askAgain(): void {
    if (this.#phase !== "running") return;
    for (const peer of this.#inbox.missing) this.#outgoing?.ask(peer, Math.max(1, this.#inbox.round));
  }

  /** Ends it from outside, after a turn that is under way. */
  end(why: EndReason): void {
    this.#finishWith({ why });
  }
  fail(error: unknown): void {
    this.#finishWith({ error });
  }

  /** Runs once every turn of the machine: what `deliver` gave, until it is the peers' turn again. */
  async #turn(turned: Turned): Promise<void> {
    if (this.#end !== undefined && turned.kind !== "guard") return;
    if (turned.kind === "guard") {
      await runCheck(this.#context, this.#run, this.#pairing(), turned.partners).then((failed) => this.#spread(failed));
      if (this.#end !== undefined) return;
      return this.#turn(await this.#run.resume());
    }
    if (turned.kind === "exchange") {
      const outbox = (this.#outgoing as Outgoing).sign(turned.messages);
      if (!(await this.#rounds.save(turned.round, turned.state, outbox))) return this.#finishWith({ why: "lost" });
      if (this.#end !== undefined) return;
      this.#inbox.turn(turned.round);
      this.#outgoing?.send(turned.round, outbox);
      this.#progress(turned.round);
      this.#quietMs = this.#context.limits.resendMs;
      return;
    }
    if (turned.kind === "signature") {
      await this.#context.store.finishIntent(this.attempt.intentId);
      this.#report(envelope({ case: "result", value: create(SessionResultSchema, { ...this.#ids(), signature: turned.signature }) }));
      this.#say("signed");
      return this.#over(true);
    }
    if (!(await this.#rounds.stage(turned))) return this.#finishWith({ why: "lost" });
    this.#say("staged");
    await this.#owner.staged(this);
    this.#over(true);
  }

  #takeEarly(early: ReturnType<Inbox["begin"]>): void {
    for (const { intake } of early) {
      if (intake.kind === "dropped") this.#drop(intake.reason);
      if (intake.kind === "abort") throw new CovaultError(intake.code, "A member's message belongs to another view of this session.");
    }
  }

  #advance(): void {
    if (this.#phase !== "running" || this.#busy || !this.#inbox.complete) return;
    this.#work(async () => this.#turn(await this.#run.deliver(this.#inbox.collect())));
  }

  /** One piece of work at a time; what arrived meanwhile is looked at afterwards, an end that was asked for is carried out. */
  #work(step: () => Promise<void>): void {
    this.#busy = true;
    this.#working = step()
      .catch((error: unknown) => {
        this.#end ??= { error };
        if (asCovaultError(error)?.consequence === "burn") this.#end = { error };
      })
      .then(() => {
        this.#busy = false;
        return this.#end === undefined ? this.#advance() : this.#close();
      })
      .catch((error: unknown) => this.#context.observe({ kind: "failed", error }));
  }

  #finishWith(end: { readonly why: EndReason } | { readonly error: unknown }): void {
    if (this.over || this.#end !== undefined) return;
    this.#end = end;
    if (!this.#busy) this.#working = this.#close().catch((error: unknown) => this.#context.observe({ kind: "failed", error }));
  }

  /** The end that was asked for. Burns are durable before the abort is said; a stored session is closed before it too. */
  async #close(): Promise<void> {
    const end = this.#end;
    if (end === undefined || this.over) return;
    this.#phase = "ending";
    if ("error" in end) await this.#abort(end.error);
    else if (end.why === "cancelled") {
      await this.#rounds.abort();
      this.#say("cancelled");
    }
    this.#over(false);
  }

  async #abort(error: unknown): Promise<void> {
    const { code, culprits, consequence } = failureOf(error);
    if (asCovaultError(error) === undefined) this.#context.observe({ kind: "failed", error });
    this.#spread(await burnFor(this.#context, error, this.#pairing()));
    await this.#rounds.abort();
    const { round } = this.#inbox;
    this.#report(
      envelope({
        case: "aborted",
        value: create(AbortedSchema, { ...this.#ids(), round, code, culprits: [...culprits], consequence: consequence ?? "retry" }),
      }),
    );
    const { sessionId, attempt } = this.attempt;
    this.#context.observe({ kind: "aborted", sessionId, attempt, code, round, culprits, burn: consequence === "burn" });
  }

  /** Memory is wiped in the worker, timers stop; only sealed bytes that were sent may linger. */
  #over(lingers: boolean): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    for (const cancel of this.#cancels) cancel();
    this.#run.end();
    this.#owner.ended(this, lingers);
    this.#resolveDone();
  }

  #spread(burned: readonly number[]): void {
    const epoch = this.attempt.share?.epoch;
    if (burned.length > 0 && epoch !== undefined) this.#owner.burned(epoch, burned, this);
  }

  #pairing(): Pairing {
    // Keygen has no epoch yet and its checks burn nothing; the register is by epoch.
    return { epoch: this.attempt.share?.epoch ?? new Uint8Array(32), sid: this.#sid, inbox: this.#inbox };
  }

  /** Without progress: ask again, less and less often. And keep the lease of a stored session. */
  #watch(): void {
    const { limits } = this.#context;
    let round = this.#inbox.round;
    const ask = (): void => {
      if (this.over) return;
      if (this.#inbox.round === round) this.askAgain();
      round = this.#inbox.round;
      this.#quietMs = Math.min(this.#quietMs * 2, limits.resendMsMax);
      this.#timer(this.#quietMs, ask);
    };
    this.#timer(this.#quietMs, ask);
    if (!this.attempt.protocol.stored) return;
    const renew = (): void => {
      if (this.over) return;
      void this.#rounds.renew().then(
        (held) => (held || this.#busy ? this.#timer(limits.leaseMs / 3, renew) : this.end("lost")),
        (error: unknown) => this.#context.observe({ kind: "failed", error }),
      );
    };
    this.#timer(limits.leaseMs / 3, renew);
  }

  #timer(ms: number, act: () => void): void {
    if (!this.over) this.#cancels.push(this.#context.clock.timer(ms, act));
  }
  #progress(round: number): void {
    this.#report(envelope({ case: "progress", value: create(ProgressSchema, { ...this.#ids(), round }) }));
  }
  #report(bytes: Uint8Array): void {
    post(this.#context, coordinator, bytes, this.attempt.protocol.stored ? ttlMs.stored : ttlMs.signing);
  }
  #ids() {
    const { sessionId, attempt, rid } = this.attempt;
    return { sessionId, attempt, rid };
  }
  #say(kind: "started" | "resumed" | "signed" | "staged" | "cancelled"): void {
    const { sessionId, attempt } = this.attempt;
    this.#context.observe({ kind, sessionId, attempt });
  }
  #drop(reason: DropReason): void {
    this.#context.observe({ kind: "dropped", reason, from: this.attempt.sessionId });
  }
}

/** The members' joins, verified, with mine among them as I signed it; undefined when anything is amiss. */
function verifiedStart(start: Start, attempt: Attempt, ownJoin: Uint8Array): Started | undefined {
  if (start.joins.length !== attempt.signers.length || start.attempt !== attempt.attempt || start.sessionId !== attempt.sessionId)
    return undefined;
  try {
    const mine = start.joins[attempt.signers.indexOf(attempt.self)];
    const started = openStart(start, attempt);
    return mine !== undefined && same(mine.body, ownJoin) ? started : undefined;
  } catch {
    return undefined;
  }
}
