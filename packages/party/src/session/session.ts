// One attempt from the join to its end: intake, machine turns, guard, sending, abort. Everything that computes runs in the session's own
// worker; this side holds sealed bytes only. Turns run one after another, never two at once.
import { same } from "@covault/crypto";
import { asCovaultError, CovaultError, type ErrorCode } from "@covault/errors";
import { protocolCodes } from "@covault/mpc/protocol";
import type { RoundMessage, RoundRequest, Start } from "@covault/wire";
import type { PartyContext } from "../context.ts";
import { claim } from "../invite/admit.ts";
import type { StoredSession } from "../ports/store.ts";
import type { Address } from "../ports/transport.ts";
import { failureOf } from "../run/failure.ts";
import { eraseSecrets, type SessionRun, type Turned } from "../run/runner.ts";
import { type Attempt, type Started, verifiedStart } from "./attempt.ts";
import { burnFor, type Pairing, runCheck } from "./guard.ts";
import { Inbox, type Intake } from "./inbox.ts";
import { makeJob } from "./job.ts";
import { Outgoing } from "./outgoing.ts";
import { Reports } from "./reports.ts";
import { Rounds } from "./rounds.ts";
import { Watch } from "./watch.ts";

/** What the session asks of its party. */
export interface SessionOwner {
  /** A new share is staged: commit takes over. */
  staged(session: Session): Promise<void>;
  /** Its members have all signed for it, and it is claimed: other attempts of its session are over. */
  started(session: Session): void;
  /** These pairs are burned: every other session with them ends. */
  burned(epoch: Uint8Array, partners: readonly number[], except: Session): void;
  /** It is over; `lingers`: peers may still ask for what was sent. */
  ended(session: Session, lingers: boolean): void;
}

const pairMismatch = (strangers: Started["strangers"]): CovaultError => {
  const pairs = strangers.map(([lo, hi]) => `${lo} and ${hi}`).join(", ");
  return new CovaultError("party/pair-mismatch", `These members do not name one pair: ${pairs}.`, { facts: { pairs } });
};

/** Why a session ends from outside. `lost`: another instance has it, nothing may be written or said any more. */
export type EndReason = "cancelled" | "abandoned" | "lost" | "stopped";
type End = { readonly why: EndReason } | { readonly error: unknown };
type Phase = "joined" | "running" | "ending" | "ended";

export class Session {
  readonly attempt: Attempt;
  /** Resolves when it is over and wiped. */
  readonly done: Promise<void>;
  readonly #context: PartyContext;
  readonly #owner: SessionOwner;
  readonly #run: SessionRun;
  readonly #inbox: Inbox;
  readonly #rounds: Rounds;
  readonly #reports: Reports;
  readonly #watch: Watch;
  #resolveDone: () => void = () => {};
  #outgoing: Outgoing | undefined;
  #phase: Phase = "joined";
  #busy = false;
  #working: Promise<void> = Promise.resolve();
  #end: End | undefined;
  /** The machine has thrown: whoever resumed its round would see the same. */
  #thrown = false;
  #sid = new Uint8Array(32);
  #lastWord: Uint8Array | undefined;

  constructor(context: PartyContext, owner: SessionOwner, attempt: Attempt, run: SessionRun) {
    this.attempt = attempt;
    this.done = new Promise((resolve) => {
      this.#resolveDone = resolve;
    });
    this.#context = context;
    this.#owner = owner;
    this.#run = run;
    this.#rounds = new Rounds(context, attempt, run);
    this.#reports = new Reports(context, attempt);
    this.#watch = new Watch(context);
    this.#watch.deadline(attempt.endsAtMs, () => this.end("cancelled"));
    const peers = new Map([...attempt.members].filter(([index]) => index !== attempt.self).map(([index, member]) => [index, member.idpk]));
    this.#inbox = new Inbox({ protocolCode: protocolCodes[attempt.protocol.name], rid: attempt.rid, self: attempt.self, peers });
  }

  get over(): boolean {
    return this.#phase === "ending" || this.#phase === "ended";
  }

  /** Joined, and not started. */
  get waiting(): boolean {
    return this.#phase === "joined" && this.#end === undefined;
  }
  /** How it was aborted, as reported. */
  get lastWord(): Uint8Array | undefined {
    return this.#lastWord;
  }

  /** Resolves when no turn is under way. */
  async settled(): Promise<void> {
    let seen: Promise<void>;
    do {
      seen = this.#working;
      await seen;
    } while (seen !== this.#working);
  }

  /** All joins are there: verify them, claim the attempt, make the machine, send round 1. `ownJoin`: the exact body that this party signed. */
  start(start: Start, ownJoin: Uint8Array): void {
    const { waiting } = this;
    const started = waiting ? verifiedStart(start, this.attempt, ownJoin) : undefined;
    if (started === undefined) this.#reports.drop(waiting ? "bad-start" : "unexpected");
    // Nothing is claimed, noted or sent: the next attempt may have other members.
    else if (started.strangers.length > 0) this.fail(pairMismatch(started.strangers));
    else
      this.#begin(started, async () => {
        if (!(await this.#claim())) return;
        const job = await makeJob(this.#context, this.attempt, started, true);
        const { shape, turned } = await this.#run.start(job).finally(() => eraseSecrets(job));
        this.#sid = new Uint8Array(shape.sid);
        await this.#turn(turned);
        this.#reports.say("started");
        for (const intake of this.#inbox.begin(shape, 1)) this.#taken(intake);
      });
  }

  /** A stored session after a restart: the stored bytes go out again, then what is missing is asked for. */
  resume(stored: StoredSession, started: Started): void {
    this.#rounds.fence = stored.fence;
    this.#begin(started, async (outgoing) => {
      const job = await makeJob(this.#context, this.attempt, started, false);
      const shape = await this.#run.restore(job, stored.round, stored.state).finally(() => eraseSecrets(job));
      this.#sid = new Uint8Array(shape.sid);
      this.#inbox.begin(shape, stored.round);
      await this.#rounds.sendStored(outgoing, stored.round, shape.peers);
      this.#reports.progress(stored.round);
      this.#reports.say("resumed");
      this.askAgain();
    });
  }

  receive(message: RoundMessage): void {
    if (this.over) this.#reports.drop("unknown-session");
    else this.#taken(this.#inbox.take(message));
  }

  /** A peer asks for a round again. */
  async answer(request: RoundRequest, from: Address): Promise<void> {
    // Not started yet: there is nothing to send, and the peer will ask once more.
    if (this.#outgoing === undefined) return;
    if (!(await this.#outgoing.again(request.from, request.round, from))) this.#reports.drop("wrong-sender");
  }

  /** Asks every peer whose message of the current round is missing. */
  askAgain(): void {
    if (this.#phase !== "running") return;
    for (const peer of this.#inbox.missing) this.#outgoing?.ask(peer, Math.max(1, this.#inbox.round));
  }

  /** Ends it from outside, after a turn that is under way. */
  end(why: EndReason): void {
    this.#endWith({ why });
  }
  fail(error: unknown): void {
    this.#endWith({ error });
  }

  #begin(started: Started, step: (outgoing: Outgoing) => Promise<void>): void {
    const outgoing = new Outgoing(this.#context, this.attempt, started.instances);
    this.#phase = "running";
    this.#rounds.started = started;
    this.#outgoing = outgoing;
    this.#work(async () => {
      await step(outgoing);
      this.#watch.quiet(
        this.attempt.signers.length,
        () => this.#inbox.round,
        () => {
          this.askAgain();
          this.#reports.waiting(this.#inbox.round, this.#inbox.missing);
        },
      );
    });
  }

  /** False: there is nothing to run. */
  async #claim(): Promise<boolean> {
    const answer = await claim(this.#context, this.attempt);
    if (answer === "known") this.end("lost");
    else if (answer !== "new") {
      this.#reports.signed(answer);
      this.#over(false);
    } else this.#owner.started(this);
    return this.#end === undefined && !this.over;
  }

  #taken(intake: Intake): void {
    if (intake.kind === "dropped") this.#reports.drop(intake.reason);
    else if (intake.kind === "kept") this.#advance();
    else this.fail(new CovaultError(intake.code, "A member's message belongs to another view of this session."));
  }

  #advance(): void {
    if (this.#phase !== "running" || this.#busy || !this.#inbox.complete) return;
    this.#work(async () => {
      const messages = this.#inbox.collect();
      if (await this.#rounds.fix(this.#inbox.round, messages)) await this.#turn(await this.#ofMachine(this.#run.deliver(messages)));
      else this.end("lost");
    });
  }

  /** Carries out what the machine asks for, until it is the peers' turn again or the end. */
  async #turn(turned: Turned): Promise<void> {
    // A check that was reached is made and noted even if the session is to end: left out, it would count as a strike.
    if (this.#end !== undefined && turned.kind !== "guard") return;
    if (turned.kind === "guard") {
      this.#spread(await runCheck(this.#context, this.#run, this.#pairing(), turned.partners));
      if (this.#end === undefined) await this.#turn(await this.#ofMachine(this.#run.resume()));
    } else if (turned.kind === "exchange") await this.#exchange(turned);
    else if (turned.kind === "signature") {
      this.#checkKey(turned.publicKey);
      const signed = { attempt: this.attempt.attempt, signature: turned.signature };
      await this.#context.store.finishIntent(this.attempt.intentId, signed);
      this.#reports.signed(signed);
      this.#over(true);
    } else await this.#stage(turned);
  }

  /** The protocol has verified the signature under the key that it made of the tweak: it must be the one that this party has approved. */
  #checkKey(publicKey: Uint8Array): void {
    const approved = this.attempt.signing?.publicKey;
    if (approved === undefined || !same(publicKey, approved))
      throw new CovaultError(
        "party/derivation-mismatch",
        "The signature is under another key than the intent asks for. It was not reported.",
      );
  }

  async #exchange({ round, messages, state }: Extract<Turned, { kind: "exchange" }>): Promise<void> {
    const outgoing = this.#outgoing as Outgoing;
    const outbox = outgoing.sign(messages);
    if (!(await this.#rounds.save(round, state, outbox))) this.end("lost");
    if (this.#end !== undefined) return;
    this.#inbox.turn(round);
    outgoing.send(round, outbox);
    this.#reports.progress(round);
  }

  async #stage(turned: Extract<Turned, { kind: "share" }>): Promise<void> {
    if (!(await this.#rounds.stage(turned))) {
      this.end("lost");
      return;
    }
    this.#reports.say("staged");
    // The share is safe: what fails from here on is done again by the party's sweep.
    await this.#owner.staged(this).catch((error: unknown) => this.#reports.failed(error));
    this.#over(true);
  }

  /** One piece of work at a time; what arrived meanwhile is looked at afterwards, an end that was asked for is carried out. */
  #work(step: () => Promise<void>): void {
    this.#busy = true;
    this.#working = step()
      .catch((error: unknown) => {
        const known = asCovaultError(error);
        const hasFailed = this.#thrown || known?.code === ("party/inputs-changed" satisfies ErrorCode);
        if (this.#end === undefined || known?.consequence === "burn" || (hasFailed && this.#resumes(this.#end))) this.#end = { error };
        else if (!hasFailed && (known === undefined || known.kind === "io")) this.#reports.failed(error);
      })
      .then(() => {
        this.#busy = false;
        return this.#end === undefined ? this.#advance() : this.#close();
      });
  }

  #ofMachine<T>(turn: Promise<T>): Promise<T> {
    return turn.catch((error: unknown) => {
      // A worker that crashed is no answer of the machine's.
      this.#thrown = asCovaultError(error)?.code !== ("party/worker-crashed" satisfies ErrorCode);
      throw error;
    });
  }

  /** A stop leaves a stored session as it stands, to go on later: also when the store fails meanwhile, but not when its round has failed. */
  #resumes(end: End | undefined): boolean {
    return this.#rounds.fence !== undefined && end !== undefined && "why" in end && end.why === "stopped";
  }

  #endWith(end: End): void {
    if (this.over || this.#end !== undefined) return;
    this.#end = end;
    if (!this.#busy) this.#working = this.#close();
  }

  /** The end that was asked for. Burns are durable before the abort is said; a stored session is closed before it too. */
  async #close(): Promise<void> {
    const end = this.#end;
    if (end === undefined || this.over) return;
    this.#phase = "ending";
    try {
      if ("error" in end) await this.#abort(end.error);
      else if (end.why === "cancelled") {
        await this.#rounds.abort();
        this.#reports.say("cancelled");
      }
    } catch (error) {
      this.#reports.failed(error);
    }
    this.#over(false);
  }

  async #abort(error: unknown): Promise<void> {
    if (asCovaultError(error) === undefined) this.#reports.failed(error);
    if (this.attempt.share !== undefined) this.#spread(await burnFor(this.#context, error, this.#pairing()));
    // What is not durable is not said: the session would be resumed, and go on after its abort. The store's failure ends up in the log.
    if (!(await this.#rounds.abort())) return;
    this.#lastWord = this.#reports.aborted(this.#inbox.round, failureOf(error));
  }

  /** Memory is wiped in the worker, timers stop; only sealed bytes that were sent may linger. */
  #over(lingers: boolean): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    this.#watch.end();
    this.#run.end();
    this.#owner.ended(this, lingers);
    this.#resolveDone();
  }

  #spread(burned: readonly number[]): void {
    const epoch = this.attempt.share?.epoch;
    if (burned.length > 0 && epoch !== undefined) this.#owner.burned(epoch, burned, this);
  }

  /** The register is by epoch; a key generation has none yet, and its checks burn nothing. */
  #pairing(): Pairing {
    return { epoch: this.attempt.share?.epoch ?? new Uint8Array(32), sid: this.#sid, inbox: this.#inbox };
  }
}
