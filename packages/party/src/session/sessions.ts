// The attempts of this party: those that run, by routing id, and those that are over and whose peers may still ask for what was sent.
import { hex, same } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import type { Signed } from "@covault/wire";
import type { PartyContext } from "../context.ts";
import { storesRounds } from "../protocols/protocol.ts";
import type { Session } from "./session.ts";

interface Entry {
  readonly session: Session;
  /** The join that this party signed; undefined after a restart. */
  readonly ownJoin: Signed | undefined;
}

export class Sessions {
  readonly #context: PartyContext;
  readonly #running = new Map<string, Entry>();
  readonly #lingering = new Map<string, { readonly session: Session; readonly forget: () => void }>();
  /** What was said of attempts that were aborted, to be said again as it was, by routing id. */
  readonly #lastWords = new Map<string, { readonly bytes: Uint8Array; readonly forget: () => void }>();

  constructor(context: PartyContext) {
    this.#context = context;
  }

  /** Those that run: this party's load. */
  get size(): number {
    return this.#running.size;
  }
  /** Those that run. */
  all(): Session[] {
    return [...this.#running.values()].map(({ session }) => session);
  }
  get(rid: Uint8Array): Entry | undefined {
    return this.#running.get(hex(rid));
  }
  isLingering(rid: Uint8Array): boolean {
    return this.#lingering.has(hex(rid));
  }
  /** Who answers for an attempt, also one that is over. */
  answering(rid: Uint8Array): Session | undefined {
    return (this.#running.get(hex(rid)) ?? this.#lingering.get(hex(rid)))?.session;
  }
  /** Whether somebody takes part in what runs. */
  hasMember(partyId: string): boolean {
    return this.all().some(({ attempt }) => [...attempt.members.values()].some((member) => member.partyId === partyId));
  }
  /** The attempts of a session that run. */
  ofSession(sessionId: string): Session[] {
    return this.all().filter(({ attempt }) => attempt.sessionId === sessionId);
  }
  /** The attempts of an intent that run: another one may have the same session id. */
  ofIntent(intentId: Uint8Array): Session[] {
    return this.all().filter(({ attempt }) => same(attempt.intentId, intentId));
  }
  /** The report of an attempt that this party has aborted. */
  lastWord(rid: Uint8Array): Uint8Array | undefined {
    return this.#lastWords.get(hex(rid))?.bytes;
  }

  add(session: Session, ownJoin: Signed | undefined): void {
    this.#running.set(hex(session.attempt.rid), { session, ownJoin });
  }

  /** `lingers`: for a while; of a stored protocol until its share is committed or abandoned, or its intent is over. */
  ended(session: Session, lingers: boolean): void {
    const { clock, limits, stopping } = this.#context;
    const { rid, protocol, endsAtMs } = session.attempt;
    const name = hex(rid);
    this.#running.delete(name);
    const { lastWord } = session;
    if (stopping.aborted || (!lingers && lastWord === undefined)) return;
    const forget = (): void => {
      cancel();
      this.#lingering.delete(name);
      this.#lastWords.delete(name);
    };
    const cancel = clock.timer(storesRounds(protocol) ? Math.max(0, endsAtMs - clock.nowMs()) : limits.lingerMs, () => forget());
    if (lingers) this.#lingering.set(name, { session, forget });
    else if (lastWord !== undefined) this.#lastWords.set(name, { bytes: lastWord, forget });
  }

  /** This attempt has started, by the word of all its members: whatever else runs of its session ends. */
  started(session: Session): void {
    for (const other of this.ofSession(session.attempt.sessionId)) if (other !== session) other.end("cancelled");
  }

  /** What the attempts of this intent have sent is needed no more. */
  settle(intentId: Uint8Array): void {
    for (const { session, forget } of [...this.#lingering.values()]) if (same(session.attempt.intentId, intentId)) forget();
  }

  /** Another epoch of the key is committed: what runs on the old one ends. */
  supersede(keyId: Uint8Array, epoch: Uint8Array): void {
    for (const session of this.all()) {
      const { share } = session.attempt;
      if (share !== undefined && same(share.keyId, keyId) && !same(share.epoch, epoch)) session.end("cancelled");
    }
  }

  /** Pairs are burned: what runs with one of these partners in this epoch ends. */
  burned(epoch: Uint8Array, partners: readonly number[], except: Session): void {
    for (const session of this.all()) {
      const { share, signers } = session.attempt;
      if (session === except || share === undefined || !same(share.epoch, epoch)) continue;
      const burned = partners.filter((partner) => signers.includes(partner));
      if (burned.length > 0)
        session.fail(new CovaultError("party/pair-burned", `The pair with party ${burned.join(", ")} has just been burned.`));
    }
  }

  /** This instance was taken for gone: another one may run its stored sessions by now, and its checks may have been counted as strikes. */
  lost(error: CovaultError): void {
    for (const session of this.all()) {
      if (storesRounds(session.attempt.protocol)) session.end("lost");
      else session.fail(error);
    }
  }

  /** Ends everything; resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    const sessions = this.all();
    for (const session of sessions) session.end("stopped");
    for (const { forget } of [...this.#lingering.values(), ...this.#lastWords.values()]) forget();
    await Promise.all(sessions.map((session) => session.done));
  }
}
