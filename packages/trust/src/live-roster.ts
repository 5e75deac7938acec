// This is the roster that a process goes by now. A new one takes its place while the process runs,
// when the root signed it and its serial is higher. Code that decides asks `current` at the moment
// of deciding. It gets none while the memory has a higher one (docs/decisions/0057).
import { hex, isBytes, same, sha256 } from "@covault/crypto";
import { asCovaultError, CovaultError } from "@covault/errors";
import type { Roster } from "@covault/wire";
import { verifyRoster } from "./roster.ts";
import { readSigned } from "./signature.ts";

/**
 * What is remembered of a roster. It is enough to tell an older one, and another one with the same
 * serial.
 */
export interface RosterMark {
  readonly serial: bigint;
  /** SHA-256 of the roster's bytes, 32 bytes. */
  readonly digest: Uint8Array;
}

/** Remembers the highest roster, over restarts and for all replicas of a service or a party. */
export interface RosterMemory {
  /**
   * Keeps the mark if its serial is higher than the one that is kept, in one step. Gives the mark
   * that is kept afterwards.
   */
  raise(mark: RosterMark): Promise<RosterMark>;
}

export type OnRosterChange = (now: Roster, before: Roster) => void;

export class LiveRoster {
  readonly #rootKey: Uint8Array;
  readonly #listeners = new Set<OnRosterChange>();
  #roster: Roster;
  #digest: Uint8Array;
  readonly #memories: RosterMemory[] = [];
  #refusal: CovaultError | undefined;
  #behind: CovaultError | undefined;
  /** What was begun last: one change after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * Opens a live roster. `signed` is an encoded `Signed`, and `rootKey` has 32 bytes. Throws
   * trust/bad-roster.
   */
  constructor(signed: Uint8Array, rootKey: Uint8Array) {
    this.#rootKey = rootKey;
    this.#roster = verifyRoster(signed, rootKey);
    this.#digest = digestOf(signed);
  }

  /**
   * The verified roster that counts now. It is the same object until another one replaces it.
   * Throws trust/roster-behind while another process goes by a higher one.
   */
  readonly current = (): Roster => {
    if (this.#behind !== undefined) throw this.#behind;
    return this.#roster;
  };

  /**
   * The roster that is here, also while it is behind. It is for showing it, and for reading what
   * was decided in the past. Nothing new is decided by it.
   */
  readonly held = (): Roster => this.#roster;

  get serial(): bigint {
    return this.#roster.serial;
  }

  /**
   * Why nothing is decided here, or why the newest bytes that were offered are not in use. It is
   * undefined when they are.
   */
  get refusal(): CovaultError | undefined {
    return this.#behind ?? this.#refusal;
  }

  /** Whether another process goes by a higher roster, so that nothing is decided by this one. */
  get isBehind(): boolean {
    return this.#behind !== undefined;
  }

  /**
   * Remembers the roster in `memory`. From then on, every later roster is remembered there before
   * it counts. Throws trust/roster-not-newer when a higher roster was in use there, or another one
   * with its serial.
   */
  keepIn(memory: RosterMemory): Promise<void> {
    return this.#inTurn(async () => {
      this.#checkKept(checkedMark(await memory.raise(this.#mark)), this.#mark);
      this.#memories.push(memory);
    });
  }

  /**
   * Asks the memory again, since another process may have gone beyond this roster. Gives whether
   * it has. Throws what the memory throws, and nothing has changed then.
   */
  lookAgain(): Promise<boolean> {
    return this.#inTurn(async () => {
      const kept = await this.#raise(this.#mark);
      this.#behind = kept && this.#behindOf(kept);
      return this.isBehind;
    });
  }

  /**
   * Puts another roster in place. Gives false when it is the one that is in use. Throws
   * trust/bad-roster, trust/roster-not-newer, and what the memory throws. The former roster then
   * stays in use.
   */
  replace(signed: Uint8Array): Promise<boolean> {
    return this.#inTurn(() => this.#replace(signed));
  }

  /** Notes that what was offered cannot be used, because its bytes could not even be read. */
  refused(error: CovaultError): void {
    this.#refusal = error;
  }

  /** Calls `listener` after each change. The listener must not throw. Gives how to end that. */
  onChange(listener: OnRosterChange): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get #mark(): RosterMark {
    return { serial: this.#roster.serial, digest: this.#digest };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #replace(signed: Uint8Array): Promise<boolean> {
    try {
      const roster = verifyRoster(signed, this.#rootKey);
      const mark = { serial: roster.serial, digest: digestOf(signed) };
      this.#checkKept(this.#mark, mark);
      const isNew = mark.serial > this.serial;
      if (isNew) await this.#keep(mark);
      this.#refusal = undefined;
      if (isNew) this.#change(roster, mark.digest);
      return isNew;
    } catch (error) {
      this.#refusal = asCovaultError(error) ?? this.#refusal;
      throw error;
    }
  }

  /**
   * Throws trust/roster-not-newer when a higher roster, or another one with its serial, is kept.
   */
  async #keep(mark: RosterMark): Promise<void> {
    const kept = await this.#raise(mark);
    if (kept === undefined) return;
    this.#behind = this.#behindOf(kept);
    this.#checkKept(kept, mark);
  }

  /** Raises each memory. Gives the first mark that is kept in the place of the given one. */
  async #raise(mark: RosterMark): Promise<RosterMark | undefined> {
    for (const memory of this.#memories) {
      const kept = checkedMark(await memory.raise(mark));
      if (!follows(mark, kept)) return kept;
    }
    return undefined;
  }

  #behindOf({ serial, digest }: RosterMark): CovaultError {
    const facts = { serial: String(this.serial), serial_in_use: String(serial) };
    const newer = `one with serial ${serial} (digest ${hex(digest).slice(0, 16)}…) is in use by others`;
    const message = `The roster here has serial ${this.serial}, and ${newer}: nothing is decided by the older one.`;
    return new CovaultError("trust/roster-behind", message, { facts, retryAfterMs: 5_000 });
  }

  #change(roster: Roster, digest: Uint8Array): void {
    const before = this.#roster;
    this.#behind = undefined;
    this.#roster = roster;
    this.#digest = digest;
    for (const listener of this.#listeners) listener(roster, before);
  }

  /** Throws trust/roster-not-newer unless `given` may follow `kept`. */
  #checkKept(kept: RosterMark, given: RosterMark): void {
    if (follows(given, kept)) return;
    const what =
      given.serial === kept.serial
        ? `The roster has serial ${given.serial}, and another one with serial ${kept.serial} is in use here`
        : `The roster has serial ${given.serial}, and one with serial ${kept.serial} is in use here`;
    throw new CovaultError("trust/roster-not-newer", `${what} (digest ${hex(kept.digest).slice(0, 16)}…).`, {
      facts: { serial: String(given.serial), serial_in_use: String(kept.serial) },
    });
  }
}

/**
 * Gives what a memory keeps. Throws when that is no mark: nothing can be compared with it, and
 * every comparison would say that a higher roster is in use.
 */
function checkedMark(kept: RosterMark): RosterMark {
  if (typeof kept.serial !== "bigint" || kept.serial < 0n || kept.serial >= 2n ** 64n || !isBytes(kept.digest) || kept.digest.length !== 32)
    throw new TypeError(`The memory of the roster keeps no serial and digest of one, but ${String(kept.serial)}.`);
  return kept;
}

const follows = (given: RosterMark, kept: RosterMark): boolean =>
  given.serial > kept.serial || (given.serial === kept.serial && same(given.digest, kept.digest));

/** Gives the digest of the statement that was signed, whatever the signature over it. */
function digestOf(signed: Uint8Array): Uint8Array {
  return sha256(readSigned(signed)?.body ?? signed);
}
