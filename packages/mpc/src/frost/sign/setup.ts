// A setup says what a signature or a batch of them is about, and is checked before round 1
// (dkls23-spec 6.4).
import { CovaultError } from "@covault/errors";
import { ascii, u8, u16 } from "../../kernel/bytes.ts";
import { bytes, fields, index, list, optional, type Read } from "../../protocol/encoding/inputs.ts";
import { ascending, batchOf, type ShareIndex } from "../../protocol/index.ts";
import { type FrostKeyRecord, type FrostKeyShare, holdersOf, readShare } from "../key-share.ts";
import { messageBytesMax, type Scalar, type Suite, suiteOf } from "../suite/index.ts";
import { TH } from "../tags.ts";
import { type EffectiveKey, effectiveKey } from "./key.ts";

/** Who signs with what, in this session. */
export interface FrostSessionSetup {
  readonly share: FrostKeyShare;
  /** P: exactly t holders, ascending, this party included. */
  readonly signers: readonly ShareIndex[];
  /** `sessionNonce` of all signers' contributions, 32 bytes. */
  readonly nonce: Uint8Array;
}

/** What one signature is of. */
export interface FrostSignItem {
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
}

export interface FrostSignSetup extends FrostSessionSetup, FrostSignItem {}

export interface FrostSignBatchSetup extends FrostSessionSetup {
  /** The items, 1 to 64, in the order of the intent. A party approves all or joins none. */
  readonly items: readonly FrostSignItem[];
}

/** The parties of a session, with this party's share, which is secret. */
export interface Signers {
  readonly suite: Suite;
  readonly self: ShareIndex;
  readonly signers: readonly ShareIndex[];
  /** P without this party. */
  readonly peers: readonly ShareIndex[];
  readonly record: FrostKeyRecord;
  /** s_i of the joint key. */
  readonly share: Scalar;
}

/** A checked setup, which is secret. */
export interface Quorum extends Signers {
  /** The session id in every header: ssid of the only item, or bid of a batch. */
  readonly sid: Uint8Array;
  /** What is signed: one item, or those of a batch in their order. */
  readonly items: readonly Item[];
}

/** One item, which is public. */
export interface Item {
  readonly ssid: Uint8Array;
  readonly key: EffectiveKey;
  readonly message: Uint8Array;
}

export const sessionFields = { share: readShare, signers: list(index), nonce: bytes(32) };
export const itemFields = {
  message: bytes(),
  tweak: optional(bytes(32)) as Read<Uint8Array>,
  merkleRoot: optional(bytes(0, 32)) as Read<Uint8Array>,
};
export const readSignSetup = fields<FrostSignSetup>({ ...sessionFields, ...itemFields });
export const readSignBatchSetup = fields<FrostSignBatchSetup>({ ...sessionFields, items: batchOf(fields<FrostSignItem>(itemFields)) });

const bad = (reason: string): CovaultError => new CovaultError("mpc/bad-setup", reason);

/** Checks a setup that was read. Throws `mpc/bad-setup` and `mpc/bad-share-record`. */
export const openQuorum = (setup: FrostSignSetup): Quorum =>
  openSigners(setup, (about) => {
    const item = openItem(about, setup, 0, "");
    return { sid: item.ssid, items: [item] };
  });

/** Checks the setup of a batch, as `openQuorum` does. */
export const openBatch = (setup: FrostSignBatchSetup): Quorum =>
  openSigners(setup, (about) => {
    const items = setup.items.map((item, k) => openItem(about, item, k + 1, `items[${k}].`));
    const { epoch } = about.record;
    return { sid: TH("sign/batch", epoch, about.nonce, u16(items.length), ...items.map(({ ssid }) => ssid)), items };
  });

type About = Omit<Signers, "share"> & { readonly nonce: Uint8Array };

/**
 * Checks who signs, and lets `opened` check what. The share is opened after every refusal, so that
 * no copy of it is left behind.
 */
export function openSigners<Opened>(setup: FrostSessionSetup, opened: (about: About) => Opened): Signers & Opened {
  const { record, secret } = setup.share;
  const suite = suiteOf(record.scheme);
  const { self } = record;
  const signers = ascending(setup.signers, "signers");
  const holders = holdersOf(record);
  const strangers = signers.filter((j) => !holders.includes(j));
  if (strangers.length > 0) throw bad(`signers: party ${strangers.join(", ")} holds no share of this key`);
  if (!signers.includes(self)) throw bad(`signers: expected me, party ${self}, among ${signers.join(", ")}`);
  if (signers.length !== record.threshold) throw bad(`signers: expected exactly ${record.threshold}, got ${signers.length}`);
  const peers = signers.filter((j) => j !== self);
  const more = opened({ suite, self, signers, peers, record, nonce: setup.nonce });
  const share = suite.group.scalar(secret);
  if (share === undefined || suite.group.isZero(share))
    throw new CovaultError("mpc/bad-share-record", "The key share is no scalar of its suite.");
  return { ...more, suite, self, signers, peers, record, share };
}

/** Checks one item. `k` is its number in a batch, from 1, or 0 outside batches. */
function openItem({ suite, signers, record, nonce }: About, item: FrostSignItem, k: number, field: string): Item {
  const { message, merkleRoot } = item;
  const tweak = item.tweak ?? new Uint8Array(32);
  if (suite.messageBytes !== undefined && message.length !== suite.messageBytes)
    throw bad(`${field}message: expected the ${suite.messageBytes}-byte hash to sign, got ${message.length} bytes`);
  if (message.length > messageBytesMax) throw bad(`${field}message: at most ${messageBytesMax} bytes, got ${message.length}`);
  const key = effectiveKey(suite, record.publicKey, { tweak, merkleRoot });
  const ssid = TH(
    "sign/sid",
    ascii(suite.name),
    record.epoch,
    nonce,
    u16(k),
    u16(signers.length),
    ...signers.map((j) => u16(j)),
    tweak,
    u8(merkleRoot === undefined ? 0 : 1),
    merkleRoot ?? new Uint8Array(0),
    message,
  );
  return { ssid, key, message };
}
