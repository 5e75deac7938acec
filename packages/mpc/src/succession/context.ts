// A succession passes a key on to a new generation of shares. It is section 2 with prescribed
// constant terms λ_j s_j (dkls23-spec section 7). Refresh, reshare and recovery differ in which
// parties deal and which receive. A dealer is pinned to its true share by λ_j X_j, so the key stays
// and a liar is named.
import { CovaultError } from "@covault/errors";
import {
  type DkgContext,
  dkgContext,
  type Family,
  holdersOf,
  type KeyRecord,
  type Member,
  openSecret,
  type Predecessor,
  readMembers,
  type Share,
} from "../dkg/index.ts";
import type { Element } from "../group/group.ts";
import { lagrange } from "../group/shamir.ts";
import { anObject, bytes, fields, index, list, type Read, u32 } from "../protocol/encoding/inputs.ts";
import { ascending, erase, type ShareIndex } from "../protocol/index.ts";
import { checkPredecessor, predecessorContext } from "./predecessor.ts";

/** A party without a share of the old generation. It is new, or its share is lost. */
export interface Newcomer<Record extends KeyRecord = KeyRecord> {
  readonly self: ShareIndex;
  readonly key: Predecessor<Record>;
}

/** This party's share, with or without pairs, or what it knows of the key. */
export type Mine<Made extends Share> = Made | Newcomer<Made["record"]>;

/** What every kind of succession is told. */
export interface Common {
  /**
   * All dealers and receivers, ascending. In a recovery the recovered party stands with its new
   * identity key.
   */
  readonly members: readonly Member[];
  /** `sessionNonce`, 32 bytes. */
  readonly nonce: Uint8Array;
  /**
   * The number of the epoch to come, u32, from the intent. It is above that of every run that the
   * key ever had, also of those that failed.
   */
  readonly epochNumber: number;
}

export interface Succession<Made extends Share = Share> extends Common {
  readonly kind: "refresh" | "reshare" | "recovery";
  readonly mine: Mine<Made>;
  readonly dealers: readonly ShareIndex[];
  readonly receivers: readonly ShareIndex[];
  /** t'. */
  readonly threshold: number;
}

/** The fields of `Common`, and the dealers. */
export const common = { members: readMembers, dealers: list(index), nonce: bytes(32), epochNumber: u32 };

export const mineOf = <Made extends Share>({ readShare, readKey }: Family<Made>): Read<Mine<Made>> => {
  const readNewcomer = fields<Newcomer<Made["record"]>>({ self: index, key: readKey });
  return (value, field) =>
    "record" in anObject(value, field, ["record", "secret"]) ? readShare(value, field) : readNewcomer(value, field);
};

/** Gives this party's index, and the key as this party knows it. */
export const knownTo = <Made extends Share>(mine: Mine<Made>): Newcomer =>
  "record" in mine ? { self: mine.record.self, key: mine.record } : mine;

/** Makes the context of a succession that was read. Throws `mpc/bad-setup`. */
export function successionContext<Made extends Share>({ suiteOf }: Family<Made>, setup: Succession<Made>): DkgContext {
  const { kind, mine, members, nonce, threshold, epochNumber } = setup;
  const { self, key } = knownTo(mine);
  const suite = suiteOf(key);
  const { group } = suite;
  const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", message);
  const publicShares = checkPredecessor(suite, key);
  const old = holdersOf(key);
  const dealers = ascending(setup.dealers, "dealers");
  const receivers = ascending(setup.receivers, "receivers");
  const strangers = dealers.filter((j) => !old.includes(j));
  if (strangers.length > 0) throw bad(`dealers: party ${strangers.join(", ")} holds no share of this key`);
  if (dealers.length < key.threshold) throw bad(`dealers: expected at least ${key.threshold}, got ${dealers.length}`);
  if (kind !== "reshare" && (threshold !== key.threshold || receivers.join() !== old.join()))
    throw bad(`${kind}: the holders and the threshold stay the same`);
  const deal = dealers.includes(self);
  if (deal && !("record" in mine)) throw bad(`dealers: party ${self} has no share to deal`);

  const scaled = dealers.map((j) => group.combine(undefined, [[lagrange(group, j, dealers), publicShares.get(j) as Element]]));
  const constants = new Map(group.encode(scaled).map((constant, k) => [dealers[k] as ShareIndex, constant]));
  return dkgContext(suite, {
    ...{ kind, nonce, self, threshold, members, dealers, receivers },
    follows: predecessorContext(suite, key, epochNumber),
    prescribed: { publicKey: key.publicKey, chain: key.chain, constants },
    exposed: key.exposed,
  });
}

/**
 * Gives a_0 = λ_i s_i of a dealer, which is secret, or undefined when this party deals nothing.
 * Throws `mpc/bad-share-record`.
 */
export function dealtConstant<Made extends Share>({ suiteOf }: Family<Made>, { mine, dealers }: Succession<Made>): Uint8Array | undefined {
  if (!("record" in mine) || !dealers.includes(mine.record.self)) return undefined;
  const suite = suiteOf(mine.record);
  const share = openSecret(suite, mine);
  const constant = suite.group.mul(lagrange(suite.group, mine.record.self, dealers), share);
  erase(share);
  return constant;
}
