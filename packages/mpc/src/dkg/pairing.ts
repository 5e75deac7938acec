// A pairing says what a run makes for every two receivers (dkls23-spec 2, 2.5): oblivious transfers
// in both directions and a zero seed. Only a family whose signatures multiply has one. The rounds
// carry the states of the pairs along, and look into none.
import type { Tape } from "../kernel/random.ts";
import type { Reader, Writer } from "../protocol/encoding/bytes.ts";
import type { Fields } from "../protocol/encoding/layout.ts";
import type { Erasable, Keep, ShareIndex } from "../protocol/index.ts";
import { type DkgContext, receives } from "./context.ts";
import type { KeyRecord } from "./key-share.ts";

/** This party's place in one pair of a run. */
export interface Seat {
  readonly sid: Uint8Array;
  readonly self: ShareIndex;
  readonly partner: ShareIndex;
}

/**
 * What the reversal of a pair is salted with. `zs` is the half of the zero seed that the receiver
 * of the reversal drew (4.5).
 */
export interface Salted extends Seat {
  readonly h1: Uint8Array;
  readonly zs: Uint8Array;
}

/** The digests of the run, and both halves of the zero seed. */
export interface Confirming extends Seat {
  readonly h1: Uint8Array;
  readonly h2: Uint8Array;
  readonly mine: Uint8Array;
  readonly theirs: Uint8Array;
}

/** The state of a pair between two rounds, as plain data. */
export interface AtRest<State> {
  write(out: Writer, state: State): void;
  read(from: Reader): State;
  /**
   * The arrays that an abort overwrites. They are overwritten as well once the next round has used
   * them.
   */
  secrets(state: State): readonly Erasable[];
}

export interface Pairing<Start = unknown, Cross = unknown, Closed = unknown, Made = unknown> {
  readonly started: AtRest<Start>;
  readonly crossed: AtRest<Cross>;
  readonly made: AtRest<Made>;

  /** Round 1, step 3: starts the base OT. */
  start(seat: Seat, tape: Tape): Start;
  /** Gives what goes into this party's message of round 1. */
  opening(start: Start): Fields<"a" | "list">;
  /** Gives the part of the partner's message that answers this party's own. */
  received(start: Start, message: Fields<"a" | "list">): Uint8Array;
  /**
   * Round 2, step 5: ends the base OT, and starts the reversal. Gives undefined when a point that
   * was received is none.
   */
  cross(at: Salted, start: Start, received: Uint8Array, tape: Tape): Cross | undefined;
  /** Gives what goes into this party's message of round 2. */
  reversal(cross: Cross): Fields<"U" | "x" | "t">;
  /** Round 3, check 7. Gives undefined when the reversal is not what it should be. */
  close(at: Salted, cross: Cross, message: Fields<"U" | "x" | "t">, keep: Keep): Closed | undefined;
  /**
   * The end of round 3. Gives what is kept of the pair, what this party sends to confirm it, and
   * what the partner has to send.
   */
  confirm(at: Confirming, closed: Closed, keep: Keep): { readonly pair: Made; readonly kc: Uint8Array; readonly expected: Uint8Array };
  /** Gives the part of a key share that its pairs make up. */
  share(record: KeyRecord, made: ReadonlyMap<ShareIndex, Made>): object;
}

/** Tells whether these two get a pair. */
export const paired = (context: DkgContext, i: ShareIndex, j: ShareIndex): boolean =>
  context.suite.pairing !== undefined && i !== j && receives(context, i) && receives(context, j);

/** Tells whether i is the base-OT sender of the pair. The rule balances the load. */
export const isSender = (i: ShareIndex, j: ShareIndex): boolean => ((i + j) % 2 === 1 ? i < j : i > j);

/** Makes something for each partner of this party, ascending. */
export function forPartners<T>(context: DkgContext, make: (pairing: Pairing, seat: Seat) => T): ReadonlyMap<ShareIndex, T> {
  const { sid, self, members, suite } = context;
  const partners = members.filter((j) => paired(context, self, j));
  return new Map(partners.map((partner) => [partner, make(suite.pairing as Pairing, { sid, self, partner })]));
}
