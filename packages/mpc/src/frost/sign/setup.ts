// A setup says what one signature is about, and is checked before round 1.
import { CovaultError } from "@covault/errors";
import { ascii, u8, u16 } from "../../kernel/bytes.ts";
import { bytes, fields, index, list, optional, type Read } from "../../protocol/encoding/inputs.ts";
import { ascending, type ShareIndex } from "../../protocol/index.ts";
import { type FrostKeyRecord, type FrostKeyShare, holdersOf, readShare } from "../key-share.ts";
import { messageBytesMax, type Scalar, type Suite, suiteOf } from "../suite/index.ts";
import { TH } from "../tags.ts";
import { type EffectiveKey, effectiveKey } from "./key.ts";

export interface FrostSignSetup {
  readonly share: FrostKeyShare;
  /** P: exactly t holders, ascending, this party included. */
  readonly signers: readonly ShareIndex[];
  /**
   * What this party has approved: the message itself (Ed25519), or the 32-byte hash that BIP-340
   * signs.
   */
  readonly message: Uint8Array;
  /**
   * tau, 32 bytes as the group writes scalars. Default: the joint key itself signs. Every signer
   * derives it itself from a path.
   */
  readonly tweak?: Uint8Array;
  /**
   * The Merkle root for a BIP-341 key path, or empty for an output without scripts. Default: the
   * key itself signs, by BIP-340 alone.
   */
  readonly merkleRoot?: Uint8Array;
  /** `sessionNonce` of all signers' contributions, 32 bytes. */
  readonly nonce: Uint8Array;
}

/** A checked setup, which is secret. */
export interface Quorum {
  readonly suite: Suite;
  readonly ssid: Uint8Array;
  readonly self: ShareIndex;
  readonly signers: readonly ShareIndex[];
  /** P without this party. */
  readonly peers: readonly ShareIndex[];
  readonly record: FrostKeyRecord;
  /** s_i of the joint key. */
  readonly share: Scalar;
  readonly key: EffectiveKey;
  readonly message: Uint8Array;
}

export const readSignSetup = fields<FrostSignSetup>({
  share: readShare,
  signers: list(index),
  message: bytes(),
  tweak: optional(bytes(32)) as Read<Uint8Array>,
  merkleRoot: optional(bytes(0, 32)) as Read<Uint8Array>,
  nonce: bytes(32),
});

/** Checks a setup that was read. Throws `mpc/bad-setup` and `mpc/bad-share-record`. */
export function openQuorum(setup: FrostSignSetup): Quorum {
  const { nonce, message, merkleRoot } = setup;
  const { record, secret } = setup.share;
  const tweak = setup.tweak ?? new Uint8Array(32);
  const bad = (reason: string): CovaultError => new CovaultError("mpc/bad-setup", reason);
  const suite = suiteOf(record.scheme);
  const { self } = record;
  const signers = ascending(setup.signers, "signers");
  const holders = holdersOf(record);
  const strangers = signers.filter((j) => !holders.includes(j));
  if (strangers.length > 0) throw bad(`signers: party ${strangers.join(", ")} holds no share of this key`);
  if (!signers.includes(self)) throw bad(`signers: expected me, party ${self}, among ${signers.join(", ")}`);
  if (signers.length !== record.threshold) throw bad(`signers: expected exactly ${record.threshold}, got ${signers.length}`);
  if (suite.messageBytes !== undefined && message.length !== suite.messageBytes)
    throw bad(`message: expected the ${suite.messageBytes}-byte hash to sign, got ${message.length} bytes`);
  if (message.length > messageBytesMax) throw bad(`message: at most ${messageBytesMax} bytes, got ${message.length}`);

  const key = effectiveKey(suite, record.publicKey, { tweak, merkleRoot });
  // The share is opened after every refusal, so that no copy of it is left behind.
  const share = suite.group.scalar(secret);
  if (share === undefined || suite.group.isZero(share))
    throw new CovaultError("mpc/bad-share-record", "The key share is no scalar of its suite.");
  const ssid = TH(
    "sign/sid",
    ascii(suite.name),
    record.epoch,
    nonce,
    // The number k says which item of a batch this is. It is 0 outside batches, which are not
    // built.
    u16(0),
    u16(signers.length),
    ...signers.map((j) => u16(j)),
    tweak,
    u8(merkleRoot === undefined ? 0 : 1),
    merkleRoot ?? new Uint8Array(0),
    message,
  );
  const peers = signers.filter((j) => j !== self);
  return { suite, ssid, self, signers, peers, record, share, key, message };
}
