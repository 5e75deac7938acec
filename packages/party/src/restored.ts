// Whether this store is the one that this party last wrote, or was restored from a backup
// (dkls23-spec section 8).
//
// There are two counters: I in the store, and O in the record outside (ports/generation.ts). With O
// stands the identity of the store that it counts. A move has three steps, and every replica may
// begin one at any time:
//  1. level: the record is raised to I.
//  2. move: the store's counter goes from exactly I to I + 1.
//  3. follow: the record is raised to I + 1.
//
// No crash looks like a restore. While nobody restores anything, O <= I <= O + 1 at every moment:
//  - O <= I: a raise writes a value that the store's counter had when it was read or set, and I
//    only rises.
//  - I <= O + 1: step 2 succeeds only while I still has the value that step 1 raised the record to,
//    and a raise never lowers O.
// Every step is one atomic write that keeps both lines. So replicas may be killed, or stand still
// for an hour, between any two steps of theirs. A look compares I with O at one moment: it reads O,
// then I and the identity, and then O once more. O only rises, so an unchanged O was O all the
// time.
//
// A restore is seen. A store that was brought back to an earlier moment has the counter I' of that
// moment:
//  - If a move has ended since, O > I', and the restore is seen. A move ends at least at every
//    second tick of the clock, after every share and burn, at every start and at every orderly
//    stop.
//  - If the record was lost or brought back further than the store, I' > O + 1, and the restore is
//    seen.
//  - If the identity of the record is not that of the store, the restore is seen, whatever the
//    counters say.
// Two restores are not seen: a copy of the whole database's files that is younger than the last
// move that ended, and a store and a record that were brought back to the same moment. For these an
// operator marks the store (`covault party restored`).
//
// No lease decides which replica moves, since the invariant holds whichever does. On the clock only
// one does, because a replica moves the counter only when the record has stood still since its own
// last tick.
import { CovaultError } from "@covault/errors";
import { skewMs } from "@covault/trust";
import type { PartyDeps } from "./deps.ts";
import type { Generation, StoreRecord } from "./ports/generation.ts";
import type { StoreIdentity, StoreStanding } from "./ports/store.ts";

/** What the rest of the party asks. */
export interface Restores {
  /**
   * The store's counter and identity as this process last saw them. A store that is behind them, or
   * has others, is another one.
   */
  readonly generation: number;
  readonly identity: StoreIdentity | undefined;
  /** A number that changes with every restore, and as soon as one is suspected. */
  readonly era: number;
  /**
   * Gives the era, once no look is owed. What is read of the store afterwards, and used in the same
   * era, is of the live store.
   */
  ready(): Promise<number>;
  /**
   * Notes that the store seems to be another one than before. A look is owed from this very moment
   * on.
   */
  suspect(): void;
}

/** The answers without a record outside. Nothing is compared then. */
export const neverRestored: Restores = { generation: 0, identity: undefined, era: 0, ready: () => Promise.resolve(0), suspect: () => {} };

export const wasRestored = (): CovaultError =>
  new CovaultError("party/restored", "The party's store was restored from a backup while this was under way.");

/** The most times in a row that a look gives way to other replicas. No ordinary day has so many. */
const triesMax = 100;

type Deps = Pick<PartyDeps, "store" | "clock">;
interface Look {
  readonly outside: StoreRecord | undefined;
  readonly inside: StoreStanding;
}

export class RestoreWatch implements Restores {
  readonly #deps: Deps;
  readonly #outside: Generation;
  readonly #restored: () => void;
  #seen: StoreStanding | undefined;
  #era = 0;
  #suspected = false;
  /** The record's generation as it was last read or written. -1 means that there was none. */
  #recorded = -1;
  #atLastTick = -2;
  #queue: Promise<unknown> = Promise.resolve();
  #failure: unknown;

  /**
   * `restored` is called when the store has been marked, by this replica or by something else.
   * Everything in memory is of another store then.
   */
  constructor(deps: Deps, outside: Generation, restored: () => void) {
    this.#deps = deps;
    this.#outside = outside;
    this.#restored = restored;
  }

  get generation(): number {
    return this.#seen?.generation ?? 0;
  }
  get identity(): StoreIdentity | undefined {
    return this.#seen?.identity;
  }
  get era(): number {
    return this.#era;
  }

  /**
   * The error for which the store could not be compared, or the counter not moved, the last time.
   * Undefined when it could.
   */
  get failure(): unknown {
    return this.#failure;
  }

  async ready(): Promise<number> {
    while (this.#suspected) await this.look();
    return this.#era;
  }

  /** Marks the store when it is a restored one. */
  look(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#reconcile();
    });
  }

  /** Moves the counter. A backup that was made before this moment is recognised from now on. */
  move(): Promise<void> {
    return this.#inTurn(async () => {
      const { generation, identity } = await this.#reconcile();
      await this.#raise({ generation, identity });
      const moved = await this.#deps.store.moveGeneration(generation);
      // Where another replica was faster, its move serves as well once the record has followed.
      const reached = moved ? { generation: generation + 1, identity } : await this.#reconcile();
      await this.#raise({ generation: reached.generation, identity: reached.identity });
    });
  }

  /** Looks, by the clock, and moves unless the record has risen since the tick before. */
  async tick(): Promise<void> {
    await this.look();
    if (this.#recorded === this.#atLastTick) await this.move();
    this.#atLastTick = this.#recorded;
  }

  /**
   * Compares the store before and after a reading on a new connection, which may lead to another
   * store than the connections before.
   */
  async check(read: () => Promise<StoreStanding>): Promise<void> {
    // The store as it was seen before the reading. A counter that moves meanwhile is not one that
    // is behind.
    const before = this.#seen;
    const now = await read().catch(() => undefined);
    if (before !== undefined && (now === undefined || !follows(now, before))) this.suspect();
  }

  suspect(): void {
    if (this.#suspected) return;
    this.#suspected = true;
    this.#era += 1;
    // Where this look fails, the next question looks again.
    this.look().catch(() => {});
  }

  /** Brings the store and the record together. Gives the store as it stands, live or marked. */
  async #reconcile(): Promise<StoreStanding> {
    for (let tries = 0; tries < triesMax; tries++) {
      const { outside, inside } = await this.#read();
      this.#recorded = outside?.generation ?? -1;
      // The store was marked by another replica, which has raised the record too, or by an
      // operator.
      const marked = this.#seen !== undefined && inside.marks > this.#seen.marks;
      if (isLive(inside, outside) && (marked || this.#seen === undefined || follows(inside, this.#seen))) {
        this.#seen = inside;
        this.#suspected = false;
        if (marked) this.#tell();
        return inside;
      }
      const generation = Math.max(inside.generation, outside?.generation ?? 0, this.generation) + 1;
      const refuseUpToMs = this.#deps.clock.nowMs() + skewMs;
      // Only the store that was looked at is marked. If its counter stands elsewhere by now, this
      // look says nothing of it.
      if (!(await this.#deps.store.markRestored({ seen: inside.generation, generation, refuseUpToMs }))) continue;
      this.#seen = undefined;
      this.#tell();
      // When the process is killed before this line, the next look marks the store once more. It
      // then holds nothing that could be lost by that.
      await this.#raise({ generation, identity: inside.identity });
      // This move keeps a replica that looked before the record was raised from marking the store
      // once it is in use again.
      await this.#deps.store.moveGeneration(generation);
    }
    throw tooMany();
  }

  async #raise(record: StoreRecord): Promise<void> {
    // A record that has been there stays.
    if (record.generation <= this.#recorded) return;
    await this.#outside.raise(record);
    this.#recorded = record.generation;
  }

  async #read(): Promise<Look> {
    for (let tries = 0; tries < triesMax; tries++) {
      const before = await this.#outside.read();
      const inside = await this.#deps.store.standing();
      const outside = await this.#outside.read();
      if (before?.generation === outside?.generation) return { outside, inside };
    }
    throw tooMany();
  }

  #tell(): void {
    this.#era += 1;
    this.#restored();
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(act);
    this.#queue = turn.then(
      () => {
        this.#failure = undefined;
      },
      (error: unknown) => {
        this.#failure = error;
      },
    );
    return turn;
  }
}

function isLive({ generation, identity }: StoreStanding, outside: StoreRecord | undefined): boolean {
  // This is the first start of all. Neither has ever counted.
  if (outside === undefined) return generation === 0;
  const ahead = generation - outside.generation;
  return (ahead === 0 || ahead === 1) && holds(identity, outside.identity);
}

const follows = (now: StoreStanding, before: StoreStanding): boolean =>
  now.generation >= before.generation && now.marks >= before.marks && holds(now.identity, before.identity);

/**
 * Tells whether an identity has every fact of an earlier one. A later release may know more facts.
 * One that is missing, or other than before, means another store.
 */
const holds = (now: StoreIdentity, before: StoreIdentity): boolean => Object.entries(before).every(([name, value]) => now[name] === value);

const tooMany = (): CovaultError =>
  new CovaultError("party/generation-unavailable", `The party's counter has moved ${triesMax} times while it was looked at.`);
