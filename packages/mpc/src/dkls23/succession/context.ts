// A key passes on to a new generation of shares: section 2 with prescribed constant terms λ_j s_j (dkls23-spec section 7). Refresh, reshare
// and recovery differ in who deals and who receives.
import { CovaultError } from "@covault/errors";
import type { Point } from "../../kernel/point.ts";
import * as point from "../../kernel/point.ts";
import * as scalar from "../../kernel/scalar.ts";
import { checkContext, type DkgContext } from "../../protocol/dkg/context.ts";
import { type Member, memberIndices, readMembers } from "../../protocol/dkg/members.ts";
import { bytes, index, list, u32 } from "../../protocol/encoding/inputs.ts";
import { ascending, erase, type ShareIndex } from "../../protocol/index.ts";
import { readMine } from "../encoding/inputs.ts";
import { holdersOf, type KeyShare, openSecret } from "../encoding/key-share.ts";
import { dkgSid } from "../encoding/session-id.ts";
import { lagrange } from "../shamir.ts";
import { checkPredecessor, type Predecessor, predecessorContext } from "./predecessor.ts";

/** A party without a share of the old generation: new, or its share is lost. */
export interface Newcomer {
  readonly self: ShareIndex;
  readonly key: Predecessor;
}

export interface Succession {
  readonly kind: "refresh" | "reshare" | "recovery";
  /** My share (with or without pairs), or what I know of the key. */
  readonly mine: KeyShare | Newcomer;
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

/** The fields that every kind of succession has. */
export const common = { mine: readMine, members: readMembers, dealers: list(index), nonce: bytes(32), epochNumber: u32 };

/** `setup` as it was read. Throws `mpc/bad-setup`. */
export function successionContext(setup: Succession): DkgContext {
  const { kind, mine, members, nonce, threshold, epochNumber } = setup;
  const [self, key] = "record" in mine ? [mine.record.self, mine.record] : [mine.self, mine.key];
  const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", message);
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

  const constants = new Map(
    dealers.map((j) => [j, point.encode33(point.mulAddPublic(scalar.fromInt(0), publicShares.get(j) as Point, lagrange(j, dealers)))]),
  );
  const context: DkgContext = {
    kind,
    sid: dkgSid({ kind, nonce, threshold, members, dealers, receivers, context: predecessorContext(key, epochNumber) }),
    self,
    threshold,
    members: memberIndices(members),
    dealers,
    receivers,
    prescribed: { publicKey: key.publicKey, chain: key.chain, constants },
    exposed: key.exposed,
  };
  checkContext(context);
  return context;
}

/** a_0 = λ_i s_i of a dealer, be32, secret; `undefined`: this party deals nothing. Throws `mpc/bad-share-record`. */
export function dealtConstant({ mine, dealers }: Succession): Uint8Array | undefined {
  if (!("record" in mine) || !dealers.includes(mine.record.self)) return undefined;
  const share = openSecret(mine);
  const constant = scalar.mul(lagrange(mine.record.self, dealers), share);
  const bytes = scalar.toBytes(constant);
  erase(share, constant);
  return bytes;
}
