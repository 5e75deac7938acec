// What a run makes for every two receivers (dkls23-spec 2, 2.5): oblivious transfers in both directions and a zero seed. Only a family whose signatures
// multiply has it. The rounds carry the states of the pairs along, and look into none.
import type { Tape } from "../kernel/random.ts";
import type { Reader, Writer } from "../protocol/encoding/bytes.ts";
import type { Fields } from "../protocol/encoding/layout.ts";
import type { Erasable, Keep, ShareIndex } from "../protocol/index.ts";
import { type DkgContext, receives } from "./context.ts";
import type { KeyRecord } from "./key-share.ts";

/** Me in one pair of a run. */
export interface Seat {
  readonly sid: Uint8Array;
  readonly self: ShareIndex;
  readonly partner: ShareIndex;
}

/** What the reversal of a pair is salted with: `zs` is the half of the zero seed that its receiver drew (4.5). */
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

/** The state of a pair between two rounds: plain data. */
export interface AtRest<State> {
  write(out: Writer, state: State): void;
  read(from: Reader): State;
  /** What an abort overwrites, and what is overwritten when the next round has used it. */
  secrets(state: State): readonly Erasable[];
}

export interface Pairing<Start = unknown, Cross = unknown, Closed = unknown, Made = unknown> {
  readonly started: AtRest<Start>;
  readonly crossed: AtRest<Cross>;
  readonly made: AtRest<Made>;

  /** Round 1, step 3: base OT, and what goes into my message. */
  start(seat: Seat, tape: Tape): Start;
  opening(start: Start): Fields<"a" | "list">;
  /** What of the partner's message answers my own. */
  received(start: Start, message: Fields<"a" | "list">): Uint8Array;
  /** Round 2, step 5: the end of base OT, and the reversal. `undefined`: a point that was received is none. */
  cross(at: Salted, start: Start, received: Uint8Array, tape: Tape): Cross | undefined;
  reversal(cross: Cross): Fields<"U" | "x" | "t">;
  /** Round 3, check 7. `undefined`: the reversal is not what it should be. */
  close(at: Salted, cross: Cross, message: Fields<"U" | "x" | "t">, keep: Keep): Closed | undefined;
  /** The end of round 3: what is kept of the pair, what I send to confirm it, and what the partner has to send. */
  confirm(at: Confirming, closed: Closed, keep: Keep): { readonly pair: Made; readonly kc: Uint8Array; readonly expected: Uint8Array };
  /** What a key share has of its pairs. */
  share(record: KeyRecord, made: ReadonlyMap<ShareIndex, Made>): object;
}

/** Do these two get a pair? */
export const paired = (context: DkgContext, i: ShareIndex, j: ShareIndex): boolean =>
  context.suite.pairing !== undefined && i !== j && receives(context, i) && receives(context, j);

/** Who of a pair is the base-OT sender: balances the load. */
export const isSender = (i: ShareIndex, j: ShareIndex): boolean => ((i + j) % 2 === 1 ? i < j : i > j);

/** For each of my partners, ascending. */
export function forPartners<T>(context: DkgContext, make: (pairing: Pairing, seat: Seat) => T): ReadonlyMap<ShareIndex, T> {
  const { sid, self, members, suite } = context;
  const partners = members.filter((j) => paired(context, self, j));
  return new Map(partners.map((partner) => [partner, make(suite.pairing as Pairing, { sid, self, partner })]));
}
