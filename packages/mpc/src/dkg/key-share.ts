// A key share is a party's part of a key (dkls23-spec 2.5). The party stores it in blobs apart from
// each other: the public record, and the share itself. DKLs23 adds a third one, for its pairs. A
// backup holds the first two. That is a whole share of FROST. Of DKLs23 it is a share that can be
// refreshed but cannot sign.
import { CovaultError } from "@covault/errors";
import type { Scalar } from "../group/group.ts";
import { constantTimeEqual } from "../kernel/equal.ts";
import { Reader, Writer } from "../protocol/encoding/bytes.ts";
import { type Exposure, exposedByte, exposure, readExposedByte } from "../protocol/encoding/exposure.ts";
import { borrowed, bytes, fields, index, integer, list, oneOf } from "../protocol/encoding/inputs.ts";
import { epochOf, keyIdOf } from "../protocol/encoding/names.ts";
import { ascending, erase, type ShareIndex } from "../protocol/index.ts";
import { type Family, type Stored, suiteOfCode } from "./family.ts";
import type { DkgSuite } from "./suite.ts";

/** The public part of a key share, which is everything but the share. */
export interface KeyRecord {
  readonly version: 1;
  /** The key's id, 32 bytes. It is stable over refresh. */
  readonly keyId: Uint8Array;
  /** The id of this generation of shares, 32 bytes. */
  readonly epoch: Uint8Array;
  /** The digest of the run that made this generation, 32 bytes. The holders acknowledge it. */
  readonly h2: Uint8Array;
  readonly self: ShareIndex;
  /** t, the number of shares that sign. */
  readonly threshold: number;
  /** N, ascending. */
  readonly holders: readonly Holder[];
  /** The joint public key: 33 bytes, compressed (of BIP-340 with even y), or 32 (Ed25519). */
  readonly publicKey: Uint8Array;
  /** The chain code (BIP-32), 32 bytes. */
  readonly chain: Uint8Array;
  /**
   * How the whole key came to be in one place. It is undefined when that happened in no run that
   * this party knows of.
   */
  readonly exposed: Exposure | undefined;
}

export interface Holder {
  readonly index: ShareIndex;
  /** X_j = s_j B, encoded as the public key is. */
  readonly publicShare: Uint8Array;
}

/** What every member learns, also a member that receives no share. */
export type GenerationOf<Record extends KeyRecord> = Omit<Record, "version" | "self">;

/**
 * What others know of a key whose shares are dealt anew. A record is one. A party that is told of
 * no exposure knows of none.
 */
export type Predecessor<Record extends KeyRecord = KeyRecord> = Omit<Record, "version" | "self" | "h2" | "exposed"> &
  Partial<Pick<Record, "exposed">>;

/** The part of a key share that all families have. */
export interface Share<Record extends KeyRecord = KeyRecord> {
  readonly record: Record;
  /** s_i, secret: 32 bytes, as the group encodes scalars. */
  readonly secret: Uint8Array;
}

export interface DkgOutput<Made extends Share = Share> {
  readonly generation: GenerationOf<Made["record"]>;
  /**
   * A receiver's new share. It has to be staged, and is used only under a commit certificate
   * (dkls23-spec section 7). It is undefined for a member that receives none.
   */
  readonly share: Made | undefined;
}

/**
 * The fields of a key whose elements have one of these lengths. A record has some fields beyond
 * them.
 */
export const keyFields = (...elementBytes: readonly number[]) => ({
  keyId: bytes(32),
  epoch: bytes(32),
  threshold: integer(2, 65_535),
  holders: list(fields<Holder>({ index, publicShare: bytes(...elementBytes) })),
  publicKey: bytes(...elementBytes),
  chain: bytes(32),
  exposed: exposure,
});
export const recordFields = { version: oneOf(1), h2: bytes(32), self: index };

const readHolders = fields<{ readonly holders: readonly Pick<Holder, "index">[] }>({
  holders: list(fields<Pick<Holder, "index">>({ index })),
});

/** Gives N, ascending. Throws `mpc/bad-setup`. */
export const holdersOf = (record: Pick<KeyRecord, "holders">): readonly ShareIndex[] =>
  readHolders(record, "record").holders.map((holder) => holder.index);

/**
 * Gives s_i if it belongs to its public share. A share that was damaged in the store is found here,
 * before it deals or leaves. Throws `mpc/bad-share-record`.
 */
export function openSecret({ group }: DkgSuite, { record, secret }: Share): Scalar {
  const share = group.scalar(secret);
  if (share === undefined || group.isZero(share))
    throw new CovaultError("mpc/bad-share-record", "The key share is no scalar of its suite.");
  const X = group.encode([group.mulBase(share)])[0] as Uint8Array;
  if (record.holders.some(({ index, publicShare }) => index === record.self && constantTimeEqual(publicShare, X))) return share;
  erase(share);
  throw new CovaultError("mpc/bad-share-record", "The key share is not that of its public share.");
}

/** Encodes a record that a caller gave. Throws `mpc/bad-setup`. */
export const encodeRecord = <Made extends Share>(family: Family<Made>, record: Made["record"]): Uint8Array =>
  recordBytes(family, family.readRecord(record, "record"));

/** Encodes a record that was read. */
export function recordBytes<Made extends Share>({ formats, suiteOf }: Family<Made>, record: Made["record"]): Uint8Array {
  const out = new Writer().bytes(Uint8Array.from(formats.record)).u8(exposedByte(suiteOf(record).code, record.exposed));
  out.bytes(record.keyId).bytes(record.epoch).bytes(record.h2).u16(record.self).u16(record.threshold);
  out.bytes(record.publicKey).bytes(record.chain).u16(record.holders.length);
  for (const { index, publicShare } of record.holders) out.u16(index).bytes(publicShare);
  return out.done();
}

/**
 * Decodes a stored record. Throws `mpc/bad-setup` for anything but bytes, and
 * `mpc/bad-share-record` for bytes that are no record, also when the record contradicts itself.
 */
export function decodeRecord<Made extends Share>(family: Family<Made>, stored: Uint8Array): Made["record"] {
  return decode("record", stored, (from) => {
    for (const format of family.formats.record) checkFormat(from, format);
    const { code, exposed } = readExposedByte(from.u8());
    const suite = suiteOfCode(family, code);
    const { elementBytes } = suite.group;
    const [keyId, epoch, h2] = [from.bytes(32), from.bytes(32), from.bytes(32)];
    const [self, threshold] = [from.index(), from.u16()];
    const [publicKey, chain] = [from.bytes(elementBytes), from.bytes(32)];
    const holders = Array.from({ length: from.u16() }, () => ({ index: from.index(), publicShare: from.bytes(elementBytes) }));
    const indices = ascending(
      holders.map(({ index }) => index),
      "holders",
    );
    if (!indices.includes(self) || threshold < 2 || threshold > indices.length) throw new RangeError("holders and threshold do not fit");
    if (suite.wantsOpposite(publicKey)) throw new RangeError("the public key is none of its scheme");
    if (!constantTimeEqual(keyId, keyIdOf(suite.scheme, publicKey, chain))) throw new RangeError("the key id is another key's");
    if (!constantTimeEqual(epoch, epochOf(keyId, h2))) throw new RangeError("the epoch is another generation's");
    return { version: 1, ...suite.named, keyId, epoch, h2, self, threshold, holders, publicKey, chain, exposed };
  });
}

/** Encodes a secret share. Throws `mpc/bad-setup`. */
export const encodeSecret = ({ formats }: Stored, secret: Uint8Array): Uint8Array =>
  new Writer().u8(formats.secret).bytes(borrowed(32)(secret, "secret")).done();

/**
 * Decodes a stored secret share. Throws `mpc/bad-setup` for anything but bytes, and
 * `mpc/bad-share-record` for bytes that are none.
 */
export const decodeSecret = ({ formats }: Stored, stored: Uint8Array): Uint8Array =>
  decode("secret", stored, (from) => {
    checkFormat(from, formats.secret);
    return from.bytes(32);
  });

export function checkFormat(from: Reader, format: number): void {
  const found = from.u8();
  if (found !== format) throw new RangeError(`format ${found} is unknown`);
}

/**
 * Decodes a stored blob with `read`. Throws `mpc/bad-setup` for anything but bytes, and
 * `mpc/bad-share-record` for bytes that `read` does not take.
 */
export function decode<T>(what: "record" | "secret" | "pairs", stored: Uint8Array, read: (from: Reader) => T): T {
  const given = borrowed()(stored, `stored ${what}`);
  try {
    const from = new Reader(given);
    const value = read(from);
    from.end();
    return value;
  } catch (cause) {
    throw new CovaultError("mpc/bad-share-record", `The stored ${what} of a key share cannot be read.`, { cause });
  }
}
