// A setup says what a signature or a batch of them is about, and is checked before round 1
// (dkls23-spec sections 6 and 6.4). Letters: tau is the tweak, pk' = pk + tau G, and m is the
// digest mod q.
import { CovaultError } from "@covault/errors";
import { holdersOf, openSecret } from "../../dkg/index.ts";
import { TH, u16 } from "../../kernel/hash.ts";
import type { Point } from "../../kernel/point.ts";
import * as point from "../../kernel/point.ts";
import type { Scalar } from "../../kernel/scalar.ts";
import * as scalar from "../../kernel/scalar.ts";
import { bytes, fields, index, list, optional } from "../../protocol/encoding/inputs.ts";
import { ascending, batchOf, erase, type ShareIndex } from "../../protocol/index.ts";
import { type KeyShare, readShare } from "../key-share.ts";
import { type NamedPairs, pairIdsOf, readNamedPairs } from "../pair-ids.ts";
import { copyPair, openPairs, type StoredPair } from "../pairs.ts";
import { suite } from "../suite.ts";
import { batchSid, type SignSession, signSid } from "./session-id.ts";

/** Who signs with what, in this session. */
export interface SessionSetup {
  readonly share: KeyShare;
  /** P: exactly t holders, ascending, this party included. */
  readonly signers: readonly ShareIndex[];
  /** `sessionNonce` of all signers' contributions, 32 bytes. */
  readonly nonce: Uint8Array;
  /** The burned partners of this party in this epoch. */
  readonly burned: readonly ShareIndex[];
  /**
   * The pair ids that the signers' joins name. Without them the pairs of two others are taken to be
   * the first ones of their epoch, and a signer that knows better has another session id.
   */
  readonly pairIds?: NamedPairs | undefined;
}

/** What one presignature is for. */
export interface PresignItem {
  /**
   * tau, be32, below q. Zeros stand for the root key. Every signer derives it itself from a path.
   */
  readonly tweak: Uint8Array;
}

/** What one signature is of. */
export interface SignItem extends PresignItem {
  /** The digest, 32 bytes, of a message that this party has approved. */
  readonly digest: Uint8Array;
}

export interface PresignSetup extends SessionSetup, PresignItem {}
export interface SignSetup extends SessionSetup, SignItem {}

export interface SignBatchSetup extends SessionSetup {
  /** The items, 1 to 64, in the order of the intent. A party approves all or joins none. */
  readonly items: readonly SignItem[];
}

export interface PresignBatchSetup extends SessionSetup {
  /** The items, 1 to 64, in the order of the intent. */
  readonly items: readonly PresignItem[];
}

const session = {
  ...{ share: readShare, signers: list(index), nonce: bytes(32), burned: list(index) },
  pairIds: optional(readNamedPairs),
};
const presigned = { tweak: bytes(32) };
const signed = { ...presigned, digest: bytes(32) };
export const readPresignSetup = fields<PresignSetup>({ ...session, ...presigned });
export const readSignSetup = fields<SignSetup>({ ...session, ...signed });
export const readPresignBatchSetup = fields<PresignBatchSetup>({ ...session, items: batchOf(fields<PresignItem>(presigned)) });
export const readSignBatchSetup = fields<SignBatchSetup>({ ...session, items: batchOf(fields<SignItem>(signed)) });

/** A checked setup, which is secret. */
export interface Quorum {
  /** The session id in every header: ssid of the only item, or bid of a batch. */
  readonly sid: Uint8Array;
  readonly epoch: Uint8Array;
  readonly self: ShareIndex;
  readonly signers: readonly ShareIndex[];
  /** P without this party. */
  readonly peers: readonly ShareIndex[];
  /** s_i. It is erased after round 2, and so are the pairs. */
  readonly share: Scalar;
  readonly pairs: ReadonlyMap<ShareIndex, StoredPair>;
  /** The ids of every pair of signers, ascending by (lo, hi). */
  readonly pairIds: readonly Uint8Array[];
  /** What is signed: one item, or those of a batch in their order. */
  readonly items: readonly Item[];
}

/** One item, which is public. */
export interface Item {
  readonly ssid: Uint8Array;
  readonly tweak: Scalar;
  /** The key pk'. */
  readonly publicKey: Point;
  /** m. It is undefined for a presignature, whose message is not known yet. */
  readonly message: Scalar | undefined;
}

/**
 * Checks a setup that was read. `digest` is 32 bytes, or undefined for a presignature. Throws
 * `mpc/bad-setup`, `mpc/pairs-missing` (for a share restored from a backup), `mpc/pairs-mismatch`,
 * `mpc/pair-burned`, and `mpc/context-mismatch` when the joins do not agree about a pair.
 */
export const openQuorum = (setup: PresignSetup, digest: Uint8Array | undefined): Quorum =>
  openSession(setup, (about) => {
    const item = openItem({ ...about, item: 0, field: "" }, { tweak: setup.tweak, digest });
    return { sid: item.ssid, items: [item] };
  });

/** Checks the setup of a batch, as `openQuorum` does. Presignatures have no digests. */
export const openBatch = (setup: SignBatchSetup | PresignBatchSetup): Quorum =>
  openSession(setup, (about) => {
    const given: readonly GivenItem[] = setup.items;
    const items = given.map((each, k) => openItem({ ...about, item: k + 1, field: `items[${k}].` }, each));
    const ssids = items.map(({ ssid }) => ssid);
    return { sid: batchSid(about.epoch, about.nonce, ssids), items };
  });

const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", message);

type About = Omit<SignSession, "item" | "tweak" | "digest"> & {
  /** The root key. */
  readonly root: Point;
};

function openSession(setup: SessionSetup, openItems: (about: About) => Pick<Quorum, "sid" | "items">): Quorum {
  const { share, nonce, burned } = setup;
  const { record } = share;
  const signers = ascending(setup.signers, "signers");
  const self = record.self;
  const holders = holdersOf(record);
  const strangers = signers.filter((j) => !holders.includes(j));
  if (strangers.length > 0) throw bad(`signers: party ${strangers.join(", ")} holds no share of this key`);
  if (!signers.includes(self)) throw bad(`signers: expected me, party ${self}, among ${signers.join(", ")}`);
  if (signers.length !== record.threshold) throw bad(`signers: expected exactly ${record.threshold}, got ${signers.length}`);

  const peers = signers.filter((j) => j !== self);
  const stored = openPairs(record, share.pairs, peers);
  const refused = peers.filter((j) => burned.includes(j));
  if (refused.length > 0)
    throw new CovaultError("mpc/pair-burned", `The pair with party ${refused.join(", ")} is burned in this epoch.`, {
      facts: { burned: refused.join(", ") },
    });
  const pairIds = pairIdsOf(record, stored, signers, setup.pairIds);

  const root = point.decode33(record.publicKey);
  if (root === undefined) throw new CovaultError("mpc/bad-share-record", "The key is not one of this curve.");
  const { epoch } = record;
  const opened = openItems({ epoch, nonce, signers, pairIds, root });

  // The secret is opened after every refusal, so that no copy of it is left behind.
  const plain = openSecret(suite, share);
  const secret = scalar.fromBytes(plain) as Scalar;
  erase(plain);
  const pairs = new Map([...stored].map(([j, pair]) => [j, copyPair(pair)]));
  return { ...opened, epoch, self, signers, peers, share: secret, pairs, pairIds };
}

interface GivenItem {
  readonly tweak: Uint8Array;
  readonly digest?: Uint8Array | undefined;
}

function openItem(
  { root, field, ...about }: About & { readonly item: number; readonly field: string },
  { tweak: given, digest }: GivenItem,
): Item {
  const tweak = scalar.fromBytes(given);
  if (tweak === undefined) throw bad(`${field}tweak: expected 32 bytes below the group order`);
  const publicKey = point.add(root, point.mulBase(tweak));
  if (point.isIdentity(publicKey)) throw bad(`${field}tweak: the derived key is the identity`);
  const message = digest && scalar.fromBytesMod(digest);
  if (message !== undefined && scalar.isZero(message)) throw bad(`${field}digest: it is zero mod the group order`);
  const signed = message === undefined ? new Uint8Array(0) : scalar.toBytes(message);
  return { ssid: signSid({ ...about, tweak: given, digest: signed }), tweak, publicKey, message };
}

/** Gives the salt of the OT extension. It is bound to what Bob chose fresh in round 1 (0.4). */
export function extensionSalt(ssid: Uint8Array, bob: ShareIndex, alice: ShareIndex, comBob: Uint8Array): Uint8Array {
  return TH("sign/ote", ssid, u16(bob), u16(alice), comBob);
}

/** Gives the id of the multiplication. It is bound to what every signer chose fresh in round 1. */
export function multiplicationId(ssid: Uint8Array, bob: ShareIndex, alice: ShareIndex, h1: Uint8Array): Uint8Array {
  return TH("sign/rvole", ssid, u16(bob), u16(alice), h1);
}

/** Gives com_j. `R` is enc64. */
export function nonceCommitment(ssid: Uint8Array, j: ShareIndex, R: Uint8Array, rho: Uint8Array): Uint8Array {
  return TH("sign/com", ssid, u16(j), R, rho);
}
