// A setup says what one signature is about, and is checked before round 1 (dkls23-spec section 6).
// Letters: tau is the tweak, pk' = pk + tau G, and m is the digest mod q.
import { CovaultError } from "@covault/errors";
import { holdersOf, openSecret } from "../../dkg/index.ts";
import { TH, u16 } from "../../kernel/hash.ts";
import type { Point } from "../../kernel/point.ts";
import * as point from "../../kernel/point.ts";
import type { Scalar } from "../../kernel/scalar.ts";
import * as scalar from "../../kernel/scalar.ts";
import { bytes, fields, index, list, optional } from "../../protocol/encoding/inputs.ts";
import { ascending, erase, type ShareIndex } from "../../protocol/index.ts";
import { type KeyShare, readShare } from "../key-share.ts";
import { type NamedPairs, pairIdsOf, readNamedPairs } from "../pair-ids.ts";
import { copyPair, openPairs, type StoredPair } from "../pairs.ts";
import { suite } from "../suite.ts";
import { signSid } from "./session-id.ts";

export interface QuorumSetup {
  readonly share: KeyShare;
  /** P: exactly t holders, ascending, this party included. */
  readonly signers: readonly ShareIndex[];
  /**
   * tau, be32, below q. Zeros stand for the root key. Every signer derives it itself from a path.
   */
  readonly tweak: Uint8Array;
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

export interface SignSetup extends QuorumSetup {
  /** The digest, 32 bytes, of a message that this party has approved. */
  readonly digest: Uint8Array;
}

const shape = {
  ...{ share: readShare, signers: list(index), tweak: bytes(32), nonce: bytes(32), burned: list(index) },
  pairIds: optional(readNamedPairs),
};
export const readPresignSetup = fields<QuorumSetup>(shape);
export const readSignSetup = fields<SignSetup>({ ...shape, digest: bytes(32) });

/** A checked setup, which is secret. */
export interface Quorum {
  readonly ssid: Uint8Array;
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
export function openQuorum(setup: QuorumSetup, digest: Uint8Array | undefined): Quorum {
  const { share, nonce, burned } = setup;
  const { record } = share;
  const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", message);
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

  const tweak = scalar.fromBytes(setup.tweak);
  if (tweak === undefined) throw bad("tweak: expected 32 bytes below the group order");
  const root = point.decode33(record.publicKey);
  if (root === undefined) throw new CovaultError("mpc/bad-share-record", "The key is not one of this curve.");
  const publicKey = point.add(root, point.mulBase(tweak));
  if (point.isIdentity(publicKey)) throw bad("tweak: the derived key is the identity");

  const message = digest && scalar.fromBytesMod(digest);
  if (message !== undefined && scalar.isZero(message)) throw bad("digest: it is zero mod the group order");

  // The secret is opened after every refusal, so that no copy of it is left behind.
  const opened = openSecret(suite, share);
  const secret = scalar.fromBytes(opened) as Scalar;
  erase(opened);
  const pairs = new Map([...stored].map(([j, pair]) => [j, copyPair(pair)]));
  const { epoch } = record;
  const signed = message === undefined ? new Uint8Array(0) : scalar.toBytes(message);
  const ssid = signSid({ epoch, nonce, signers, pairIds, tweak: setup.tweak, digest: signed });
  return { ssid, epoch, self, signers, peers, share: secret, pairs, pairIds, tweak, publicKey, message };
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
