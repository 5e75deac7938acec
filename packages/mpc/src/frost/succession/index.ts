// A key passes on to a new generation of shares: the DKG with prescribed constant terms λ_j s_j (dkls23-spec section 7). Refresh, reshare and
// recovery differ in who deals and who receives. A dealer is pinned to its true share by λ_j X_j, so the key stays and a liar is named.
import { CovaultError } from "@covault/errors";
import { checkContext } from "../../protocol/dkg/context.ts";
import { type Member, memberIndices, readMembers } from "../../protocol/dkg/members.ts";
import { bytes, index, list, u32 } from "../../protocol/encoding/inputs.ts";
import { ascending, erase, type ShareIndex } from "../../protocol/index.ts";
import { readFrostMine } from "../encoding/inputs.ts";
import { type FrostKeyShare, holdersOf, openFrostSecret } from "../encoding/key-share.ts";
import { type FrostDkgContext, frostDkgSid } from "../keygen/context.ts";
import { lagrange } from "../shamir.ts";
import { type Element, suiteOf } from "../suite/index.ts";
import { checkPredecessor, type FrostPredecessor, predecessorContext } from "./predecessor.ts";

/** A party without a share of the old generation: new, or its share is lost. */
export interface FrostNewcomer {
  readonly self: ShareIndex;
  readonly key: FrostPredecessor;
}

export interface Succession {
  readonly kind: "refresh" | "reshare" | "recovery";
  /** My share, or what I know of the key. */
  readonly mine: FrostKeyShare | FrostNewcomer;
  /** U ascending: all dealers and receivers. */
  readonly members: readonly Member[];
  readonly dealers: readonly ShareIndex[];
  readonly receivers: readonly ShareIndex[];
  /** t'. */
  readonly threshold: number;
  /** `sessionNonce`, 32 bytes. */
  readonly nonce: Uint8Array;
  /** Of the epoch to come, from the intent: above that of every run that the key ever had, also of those that failed. u32. */
  readonly epochNumber: number;
}

const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", message);

/** The fields that every kind of succession has. */
export const common = { mine: readFrostMine, members: readMembers, dealers: list(index), nonce: bytes(32), epochNumber: u32 };

/** `setup` as it was read. Throws `mpc/bad-setup`. */
export function successionContext(setup: Succession): FrostDkgContext {
  const { kind, mine, members, nonce, threshold, epochNumber } = setup;
  const [self, key] = "record" in mine ? [mine.record.self, mine.record] : [mine.self, mine.key];
  const suite = suiteOf(key.scheme);
  const { group } = suite;
  const publicShares = checkPredecessor(key);
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
  const sid = frostDkgSid(suite, { kind, nonce, threshold, members, dealers, receivers, context: predecessorContext(key, epochNumber) });
  const context: FrostDkgContext = {
    suite,
    exposed: key.exposed,
    kind,
    sid,
    self,
    threshold,
    members: memberIndices(members),
    dealers,
    receivers,
    prescribed: { publicKey: key.publicKey, chain: key.chain, constants },
  };
  checkContext(context);
  return context;
}

/** a_0 = λ_i s_i of a dealer, secret; `undefined`: this party deals nothing. Throws `mpc/bad-share-record`. */
export function dealtConstant({ mine, dealers }: Succession): Uint8Array | undefined {
  if (!("record" in mine) || !dealers.includes(mine.record.self)) return undefined;
  const { scheme, self } = mine.record;
  const { group } = suiteOf(scheme);
  const share = openFrostSecret(mine);
  const constant = group.mul(lagrange(group, self, dealers), share);
  erase(share);
  return constant;
}
