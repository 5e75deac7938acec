// This is what one repair is about, checked before round 1 (dkls23-spec 7.2). The letters are those
// of the text: H are the helpers, z is the receiver, t = |H|, and the X_j are public shares.
import { CovaultError } from "@covault/errors";
import {
  type DkgSuite,
  type Family,
  holdersOf,
  type KeyRecord,
  type Member,
  memberIndices,
  openSecret,
  readMembers,
  runSid,
  type Share,
} from "../dkg/index.ts";
import type { Element, Scalar } from "../group/group.ts";
import { u16 } from "../kernel/bytes.ts";
import { constantTimeEqual } from "../kernel/equal.ts";
import { anObject, bytes, fields, index, list, type Read } from "../protocol/encoding/inputs.ts";
import { epochOf } from "../protocol/encoding/names.ts";
import { ascending, type ShareIndex } from "../protocol/index.ts";
import { checkPredecessor, epochContext } from "../succession/index.ts";

/** The receiver has its record of the present epoch, and no share. */
export interface Lost<Record extends KeyRecord = KeyRecord> {
  readonly record: Record;
}

export interface RepairSetup<Made extends Share = Share> {
  /**
   * A helper's share (with or without pairs), or the receiver's record. The receiver has it from
   * all helpers: `recordFor` makes its own of each of theirs, and its driver compares all of them
   * (identical but for `exposed`, where the strongest word counts) and verifies the epoch's
   * certificate.
   */
  readonly mine: Made | Lost<Made["record"]>;
  /** H is exactly t holders, ascending. */
  readonly helpers: readonly ShareIndex[];
  /** z is a holder that lost its share, and none of the helpers. */
  readonly receiver: ShareIndex;
  /**
   * The helpers and the receiver, ascending, the receiver with the identity key that it has now.
   */
  readonly members: readonly Member[];
  /** `sessionNonce` of everybody's contributions, 32 bytes. */
  readonly nonce: Uint8Array;
}

/** This is a checked setup, without the share. */
export interface RepairContext<Record extends KeyRecord = KeyRecord> {
  readonly suite: DkgSuite;
  /** 32 bytes. */
  readonly sid: Uint8Array;
  readonly self: ShareIndex;
  readonly helpers: readonly ShareIndex[];
  readonly receiver: ShareIndex;
  /** The helpers and the receiver without me, ascending. */
  readonly peers: readonly ShareIndex[];
  readonly record: Record;
  /** The X_j of every holder. */
  readonly publicShares: ReadonlyMap<ShareIndex, Element>;
}

export interface OpenedRepair<Record extends KeyRecord = KeyRecord> {
  readonly context: RepairContext<Record>;
  /** s_i of a helper, which is secret. */
  readonly share: Scalar | undefined;
}

const readMine = <Made extends Share>({ readShare, readRecord }: Family<Made>): Read<RepairSetup<Made>["mine"]> => {
  const readLost = fields<Lost<Made["record"]>>({ record: readRecord });
  return (value, field) => ("secret" in anObject(value, field, ["record", "secret"]) ? readShare(value, field) : readLost(value, field));
};

const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", message);

/** Throws `mpc/bad-setup`, and `mpc/bad-share-record` for a share that is damaged. */
export function openRepair<Made extends Share>(family: Family<Made>, given: RepairSetup<Made>): OpenedRepair<Made["record"]> {
  const shape = { mine: readMine(family), helpers: list(index), receiver: index, members: readMembers, nonce: bytes(32) };
  const { mine, receiver, members, nonce, ...setup } = fields<RepairSetup<Made>>(shape)(given, "");
  const record: Made["record"] = mine.record;
  const { self, threshold } = record;
  const suite = family.suiteOf(record);
  const publicShares = checkEpoch(suite, record);

  const helpers = ascending(setup.helpers, "helpers");
  const strangers = [...helpers, receiver].filter((j) => !publicShares.has(j));
  if (strangers.length > 0) throw bad(`helpers, receiver: party ${strangers.join(", ")} holds no share of this key`);
  if (helpers.length !== threshold) throw bad(`helpers: expected exactly ${threshold}, got ${helpers.length}`);
  if (helpers.includes(receiver)) throw bad(`receiver: party ${receiver} is one of the helpers`);
  const all = [...helpers, receiver].sort((a, b) => a - b);
  if (memberIndices(members).join() !== all.join()) throw bad(`members: expected exactly the helpers and the receiver, ${all.join(", ")}`);
  const helps = "secret" in mine;
  if (helps && !helpers.includes(self)) throw bad(`mine: party ${self} has its share and is none of the helpers`);
  if (!helps && self !== receiver) throw bad(`mine: party ${self} has no share and is not the receiver`);

  const roles = { threshold, members, dealers: helpers, receivers: [receiver] };
  const sid = runSid(suite, { kind: "repair", nonce, ...roles, follows: [...epochContext(suite, record), u16(receiver)] });
  const peers = all.filter((j) => j !== self);
  // After everything that is refused, so that no copy of the share is left behind.
  const share = helps ? openSecret(suite, mine) : undefined;
  return { context: { suite, sid, self, helpers, receiver, peers, record, publicShares }, share };
}

/**
 * Makes the record of a holder that lost its own of a helper's record. It is public, and as true as
 * that helper. The driver compares the records of all helpers and verifies the epoch's certificate.
 * Throws `mpc/bad-setup` for a record that contradicts itself, and for a receiver that holds no
 * share of the key.
 */
export function recordFor<Made extends Share>(family: Family<Made>, given: Made["record"], receiver: ShareIndex): Made["record"] {
  const record = family.readRecord(given, "record");
  const self = index(receiver, "receiver");
  checkEpoch(family.suiteOf(record), record);
  if (!holdersOf(record).includes(self)) throw bad(`receiver: party ${self} holds no share of this key`);
  return { ...record, self };
}

/**
 * Gives the X_j of a record that fits together. Its epoch is that of h2, and all X_j lie on one
 * polynomial of degree t - 1 through the key.
 */
function checkEpoch(suite: DkgSuite, record: KeyRecord): ReadonlyMap<ShareIndex, Element> {
  if (!constantTimeEqual(record.epoch, epochOf(record.keyId, record.h2))) throw bad("record: the epoch is that of another h2");
  return checkPredecessor(suite, record);
}
