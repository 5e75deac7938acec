// A party: one holder of shares. Takes envelopes from its transport, decides for itself what it joins, runs the attempts, and commits.
// What arrives is believed by its own signatures only; what does not fit is dropped and counted, and never ends the process.
import { fromBinary } from "@bufbuild/protobuf";
import type { IdentityKey } from "@covault/channel";
import { CovaultError } from "@covault/errors";
import {
  coordinatorAddress,
  type Envelope,
  EnvelopeSchema,
  headerBytes,
  type Invite,
  type Roster,
  type RoundMessage,
  type RoundRequest,
  type Start,
} from "@covault/wire";
import { hex, same } from "./bytes.ts";
import { Commits } from "./commit/commits.ts";
import { defaultLimits, type Limits, type PartyContext } from "./context.ts";
import type { DropReason, PartyEvent } from "./events.ts";
import { admit } from "./invite/admit.ts";
import { sendDecline, sendForgotten, sendJoin } from "./invite/answer.ts";
import { makeJoin } from "./invite/join.ts";
import { isPlausible } from "./plausible.ts";
import { type Clock, platformClock } from "./ports/clock.ts";
import { type Entropy, platformEntropy } from "./ports/entropy.ts";
import type { Generation } from "./ports/generation.ts";
import type { Store } from "./ports/store.ts";
import type { Address, Transport } from "./ports/transport.ts";
import type { Protocols } from "./protocols/protocol.ts";
import { protocols } from "./protocols/registry.ts";
import { bumpGeneration, checkGeneration } from "./restored.ts";
import type { Runner } from "./run/runner.ts";
import type { Attempt } from "./session/attempt.ts";
import { post, ttlMs } from "./session/mail.ts";
import { isStored, resumable } from "./session/resume.ts";
import { Session, type SessionOwner } from "./session/session.ts";
import type { Vault } from "./vault/vault.ts";

export interface PartyOptions {
  readonly partyId: string;
  /** One process of this party. Stable over restarts if it can be: the same instance takes its own sessions back at once. */
  readonly instanceId: string;
  readonly identity: IdentityKey;
  /** The verified roster (packages/verify), asked anew each time. */
  readonly roster: () => Roster;
  readonly vault: Vault;
  readonly store: Store;
  readonly transport: Transport;
  /** `workerPool()` from "@covault/party/workers", or `inThreadRunner(protocols, platformEntropy)`. The caller closes it. */
  readonly runner: Runner;
  /** Counters and logs. */
  readonly observe?: (event: PartyEvent) => void;
  /** Where backups exist: tells a restored store from the live one. */
  readonly generation?: Generation;
  readonly entropy?: Entropy;
  readonly clock?: Clock;
  readonly protocols?: Protocols;
  readonly limits?: Partial<Limits>;
}

interface Entry {
  readonly session: Session;
  /** The join that this party signed. */
  readonly ownJoin: Uint8Array;
}

export class Party {
  readonly #context: PartyContext;
  readonly #generation: Generation | undefined;
  readonly #entries = new Map<string, Entry>();
  /** Over, but peers may ask for what was sent: by rid. */
  readonly #lingering = new Map<string, { readonly session: Session; readonly forget: () => void }>();
  readonly #commits: Commits;
  readonly #owner: SessionOwner;
  readonly #dropped = new Map<DropReason, number>();
  #cancelSweep: () => void = () => {};
  #joining = 0;
  readonly #stopping = new AbortController();

  constructor(options: PartyOptions) {
    const { observe } = options;
    this.#context = {
      partyId: options.partyId,
      instanceId: options.instanceId,
      identity: options.identity,
      roster: options.roster,
      vault: options.vault,
      store: options.store,
      transport: options.transport,
      runner: options.runner,
      entropy: options.entropy ?? platformEntropy,
      clock: options.clock ?? platformClock,
      protocols: options.protocols ?? protocols,
      limits: { ...defaultLimits, ...options.limits },
      strikesSeen: new Set(),
      burning: new Set(),
      stopping: this.#stopping.signal,
      observe: (event) => {
        if (event.kind === "dropped") this.#dropped.set(event.reason, (this.#dropped.get(event.reason) ?? 0) + 1);
        observe?.(event);
      },
    };
    this.#generation = options.generation;
    this.#commits = new Commits(this.#context, {
      ofSession: (sessionId) => this.#ofSession(sessionId)?.attempt,
      abandon: (sessionId) => {
        this.#ofSession(sessionId)?.end("abandoned");
        this.#settle(sessionId);
      },
      supersede: (keyId, epoch) => this.#supersede(keyId, epoch),
      settle: (sessionId) => this.#settle(sessionId),
    });
    this.#owner = {
      staged: (session) => this.#staged(session),
      burned: (epoch, partners, except) => this.#burned(epoch, partners, except),
      ended: (session, lingers) => this.#ended(session, lingers),
    };
  }

  /** Recovers what the store holds, then receives. */
  async start(): Promise<void> {
    const { transport, store, clock } = this.#context;
    if (this.#generation !== undefined && (await checkGeneration(this.#context, this.#generation)))
      this.#context.observe({ kind: "restored" });
    await store.prune(clock.nowMs());
    transport.onEnvelope((from, bytes) => this.receive(from, bytes));
    transport.onReconnect(() => this.#reconnected());
    await this.#resumeSessions();
    await this.#commits.resume();
    this.#sweepLater();
  }

  /** Ends everything that runs. Stored sessions and staged shares go on at the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancelSweep();
    this.#commits.stop();
    const sessions = [...this.#entries.values()].map(({ session }) => session);
    for (const session of sessions) session.end("stopped");
    for (const { forget } of [...this.#lingering.values()]) forget();
    await Promise.all(sessions.map((session) => session.done));
  }

  /** Messages dropped since the start, by reason. */
  get dropped(): ReadonlyMap<DropReason, number> {
    return this.#dropped;
  }
  /** Attempts that run: this party's load. */
  get running(): number {
    return this.#entries.size;
  }

  /** Resolves when no turn of any session is under way: everything received so far has had its effect. */
  async settled(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ session }) => session.settled()));
  }

  /** One envelope. Never throws: what fails is one message's or one session's problem. */
  async receive(from: Address, bytes: Uint8Array): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    if (bytes.length > this.#context.limits.envelopeBytesMax) return this.#drop("too-long", from);
    let body: Envelope["body"];
    try {
      body = fromBinary(EnvelopeSchema, bytes).body;
    } catch {
      return this.#drop("malformed", from);
    }
    if (!isPlausible(body)) return this.#drop("malformed", from);
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
        return this.#commits.onCommitted(body.value, from);
      case "abandoned":
        return this.#commits.onAbandoned(body.value, from);
      case "certificateRequest":
        return this.#commits.onRequest(body.value.sessionId, from);
      case "invite":
      case "start":
      case "cancel":
        break;
      default:
        return this.#drop(body.case === undefined ? "malformed" : "unexpected", from);
    }
    // Only the coordinator leads attempts. It can refuse service with these, nothing else.
    if (from.partyId !== coordinatorAddress) return this.#drop("wrong-sender", from);
    if (body.case === "invite") return this.#invite(body.value);
    if (body.case === "start") return this.#start(from, body.value);
    const entry = this.#entries.get(hex(body.value.rid));
    if (entry === undefined) return this.#drop("unknown-session", from);
    entry.session.end("cancelled");
  }

  async #invite(invite: Invite): Promise<void> {
    this.#joining += 1;
    try {
      if (this.#entries.size + this.#joining > this.#context.limits.sessionsMax)
        throw new CovaultError("party/busy", "This party runs as many sessions as it may.");
      const admission = await admit(this.#context, invite);
      if (admission.kind === "burned") {
        const { partners } = admission;
        const error = new CovaultError("party/pair-burned", `The pair with party ${partners.join(", ")} is burned in this epoch.`);
        sendDecline(this.#context, invite, error, partners);
      } else if (admission.kind === "admitted") await this.#join(invite, admission.attempt);
    } catch (error) {
      sendDecline(this.#context, invite, error);
    } finally {
      this.#joining -= 1;
    }
  }

  async #join(invite: Invite, attempt: Attempt): Promise<void> {
    if (this.#entries.has(hex(attempt.rid)))
      throw new CovaultError("party/intent-replayed", "The routing id is that of another attempt that runs here.");
    // The coordinator has given up the former attempt of this session.
    this.#ofSession(attempt.sessionId)?.end("cancelled");
    const run = this.#context.runner.open();
    try {
      const join = await makeJoin(this.#context, attempt, run);
      this.#entries.set(hex(attempt.rid), { session: new Session(this.#context, this.#owner, attempt, run), ownJoin: join.body });
      sendJoin(this.#context, invite, join);
    } catch (error) {
      run.end();
      throw error;
    }
  }

  async #start(from: Address, start: Start): Promise<void> {
    const rid = hex(start.rid);
    const entry = this.#entries.get(rid);
    if (entry !== undefined) return entry.session.start(start, entry.ownJoin);
    this.#drop("unknown-session", from);
    if (!this.#lingering.has(rid) && !(await isStored(this.#context.store, start))) sendForgotten(this.#context, start);
  }

  #round(from: Address, message: RoundMessage): void {
    const { header } = message;
    // The rid stands at the same place in every version of the header.
    const entry = header.length === headerBytes ? this.#entries.get(hex(header.subarray(7, 39))) : undefined;
    if (entry === undefined) this.#drop(header.length === headerBytes ? "unknown-session" : "malformed", from);
    else entry.session.receive(message);
  }

  async #roundRequest(from: Address, request: RoundRequest): Promise<void> {
    const rid = hex(request.rid);
    const session = (this.#entries.get(rid) ?? this.#lingering.get(rid))?.session;
    if (session !== undefined) return session.answer(request, from);
    // Before a restart I may have sent it: the stored bytes are sealed for the peer, whoever carries them.
    const bytes = await this.#context.store.outbox(request.rid, request.round, request.from);
    if (bytes === undefined) return this.#drop("unknown-session", from);
    post(this.#context, from, bytes, ttlMs.stored);
  }

  async #resumeSessions(): Promise<void> {
    for await (const { attempt, started, stored } of resumable(this.#context, (rid) => this.#entries.has(rid))) {
      const session = new Session(this.#context, this.#owner, attempt, this.#context.runner.open());
      this.#entries.set(hex(attempt.rid), { session, ownJoin: new Uint8Array(0) });
      session.resume(stored, started);
    }
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#context.clock.timer(this.#context.limits.leaseMs / 2, () => {
      if (this.#stopping.signal.aborted) return;
      void this.#context.store
        .prune(this.#context.clock.nowMs())
        .then(() => this.#resumeSessions())
        .then(() => this.#commits.resume())
        .catch((error: unknown) => this.#context.observe({ kind: "failed", error }));
      this.#sweepLater();
    });
  }

  #reconnected(): void {
    for (const { session } of this.#entries.values()) session.askAgain();
    this.#commits.reconnected();
  }

  async #staged(session: Session): Promise<void> {
    const share = await this.#context.store.shareOfSession(session.attempt.sessionId);
    if (share !== undefined) await this.#commits.staged(share);
  }

  #burned(epoch: Uint8Array, partners: readonly number[], except: Session): void {
    for (const { session } of [...this.#entries.values()]) {
      const mine = session.attempt.share?.epoch;
      if (
        session === except ||
        mine === undefined ||
        !same(mine, epoch) ||
        !partners.some((partner) => session.attempt.signers.includes(partner))
      )
        continue;
      session.fail(new CovaultError("party/pair-burned", `The pair with party ${partners.join(", ")} has just been burned.`));
    }
    if (this.#generation !== undefined)
      void bumpGeneration(this.#context, this.#generation).catch((error: unknown) => this.#context.observe({ kind: "failed", error }));
  }

  #ended(session: Session, lingers: boolean): void {
    const { rid, sessionId } = session.attempt;
    const name = hex(rid);
    this.#entries.delete(name);
    if (lingers && !this.#stopping.signal.aborted) this.#linger(name, session);
    if (!lingers) this.#commits.dropEarly(sessionId);
  }

  /** For a while; of a stored protocol until its share is committed or abandoned, or its intent is over. */
  #linger(name: string, session: Session): void {
    const { clock, limits } = this.#context;
    const { protocol, endsAtMs } = session.attempt;
    const forget = (): void => {
      cancel();
      this.#lingering.delete(name);
    };
    const cancel = clock.timer(protocol.stored ? Math.max(0, endsAtMs - clock.nowMs()) : limits.lingerMs, () => forget());
    this.#lingering.set(name, { session, forget });
  }

  #settle(sessionId: string): void {
    for (const { session, forget } of [...this.#lingering.values()]) if (session.attempt.sessionId === sessionId) forget();
  }

  #supersede(keyId: Uint8Array, epoch: Uint8Array): void {
    for (const { session } of [...this.#entries.values()]) {
      const { share } = session.attempt;
      if (share !== undefined && same(share.keyId, keyId) && !same(share.epoch, epoch)) session.end("cancelled");
    }
  }

  #ofSession(sessionId: string): Session | undefined {
    for (const { session } of this.#entries.values()) if (session.attempt.sessionId === sessionId) return session;
    return undefined;
  }

  #drop(reason: DropReason, from: Address): void {
    this.#context.observe({ kind: "dropped", reason, from: from.partyId });
  }
}
