// A party's part of a key (dkls23-spec 2.5), as three blobs that a party stores apart: the public record, the share itself, and
// the OT state of its pairs. A backup holds the first two; a share without pairs can be refreshed but cannot sign.
import { CovaultError } from "@covault/errors";
import { constantTimeEqual } from "../../kernel/equal.ts";
import * as point from "../../kernel/point.ts";
import type { Scalar } from "../../kernel/scalar.ts";
import * as scalar from "../../kernel/scalar.ts";
import { Reader, Writer } from "../../protocol/encoding/bytes.ts";
import { type Exposure, exposedByte, readExposedByte } from "../../protocol/encoding/exposure.ts";
import { borrowed, fields, index, list } from "../../protocol/encoding/inputs.ts";
import { epochOf, keyIdOf } from "../../protocol/encoding/names.ts";
import { ascending, erase, type ShareIndex } from "../../protocol/index.ts";
import { readRecord, scheme } from "./inputs.ts";
import type { Pairs } from "./pairs.ts";

/** Public: everything but the share. */
export interface KeyRecord {
  readonly version: 1;
  /** Stable over refresh, 32 bytes. */
  readonly keyId: Uint8Array;
  /** This generation of shares, 32 bytes. */
  readonly epoch: Uint8Array;
  /** Digest of the run that made this generation, 32 bytes: what the holders acknowledge. */
  readonly h2: Uint8Array;
  readonly self: ShareIndex;
  /** t: this many shares sign. */
  readonly threshold: number;
  /** N ascending. `publicShare`: X_j = s_j G compressed, 33 bytes. */
  readonly holders: readonly Holder[];
  /** Compressed, 33 bytes. */
  readonly publicKey: Uint8Array;
  /** BIP-32 chain code, 32 bytes. */
  readonly chain: Uint8Array;
  /** The whole key has been in one place. `undefined`: in no run that this party knows of. */
  readonly exposed: Exposure | undefined;
}

/** What every member learns, also one that receives no share. */
export type Generation = Omit<KeyRecord, "version" | "self">;

export interface Holder {
  readonly index: ShareIndex;
  readonly publicShare: Uint8Array;
}

export interface KeyShare {
  readonly record: KeyRecord;
  /** s_i, be32. Secret. */
  readonly secret: Uint8Array;
  /** `undefined`: restored from a backup; takes part in refresh, reshare, recovery and export only. */
  readonly pairs: Pairs | undefined;
}

/**
 * s_i, if it is the one of its public share: a share that was damaged in the store is found before it signs or deals. Throws
 * `mpc/bad-share-record`.
 */
export function openSecret({ record, secret }: KeyShare): Scalar {
  const share = scalar.fromBytes(secret);
  if (share === undefined || scalar.isZero(share))
    throw new CovaultError("mpc/bad-share-record", "The key share is not one of this curve.");
  const X = point.encode33(point.mulBase(share));
  if (record.holders.some(({ index, publicShare }) => index === record.self && constantTimeEqual(publicShare, X))) return share;
  erase(share);
  throw new CovaultError("mpc/bad-share-record", "The key share is not that of its public share.");
}

const readHolders = fields<{ readonly holders: readonly Pick<Holder, "index">[] }>({
  holders: list(fields<Pick<Holder, "index">>({ index })),
});

/** N, ascending. Throws `mpc/bad-setup`. */
export const holdersOf = (record: Pick<KeyRecord, "holders">): readonly ShareIndex[] =>
  readHolders(record, "record").holders.map((holder) => holder.index);

const formats = { record: 1, secret: 1 } as const;

/** Throws `mpc/bad-setup`. */
export const encodeRecord = (record: KeyRecord): Uint8Array => recordBytes(readRecord(record, "record"));

/** `record` as it was read. */
export function recordBytes(record: KeyRecord): Uint8Array {
  const out = new Writer().u8(exposedByte(formats.record, record.exposed));
  out.bytes(record.keyId).bytes(record.epoch).bytes(record.h2).u16(record.self).u16(record.threshold);
  out.bytes(record.publicKey).bytes(record.chain).u16(record.holders.length);
  for (const { index, publicShare } of record.holders) out.u16(index).bytes(publicShare);
  return out.done();
}

/** Throws `mpc/bad-setup` for anything but bytes, and `mpc/bad-share-record`; also when the record contradicts itself. */
export function decodeRecord(bytes: Uint8Array): KeyRecord {
  return decode("record", bytes, (from) => {
    const { code, exposed } = readExposedByte(from.u8());
    checkFormat("record", code);
    const [keyId, epoch, h2] = [from.bytes(32), from.bytes(32), from.bytes(32)];
    const [self, threshold] = [from.index(), from.u16()];
    const [publicKey, chain] = [from.bytes(33), from.bytes(32)];
    const holders = Array.from({ length: from.u16() }, () => ({ index: from.index(), publicShare: from.bytes(33) }));
    const indices = ascending(
      holders.map(({ index }) => index),
      "holders",
    );
    if (!indices.includes(self) || threshold < 2 || threshold > indices.length) throw new RangeError("holders and threshold do not fit");
    if (!constantTimeEqual(keyId, keyIdOf(scheme, publicKey, chain))) throw new RangeError("the key id is another key's");
    if (!constantTimeEqual(epoch, epochOf(keyId, h2))) throw new RangeError("the epoch is another generation's");
    return { version: 1, keyId, epoch, h2, self, threshold, holders, publicKey, chain, exposed };
  });
}

/** Throws `mpc/bad-setup`. */
export const encodeSecret = (secret: Uint8Array): Uint8Array =>
  new Writer().u8(formats.secret).bytes(borrowed(32)(secret, "secret")).done();

/** Throws `mpc/bad-setup` for anything but bytes, and `mpc/bad-share-record`. */
export const decodeSecret = (bytes: Uint8Array): Uint8Array =>
  decode("secret", bytes, (from) => {
    checkFormat("secret", from.u8());
    return from.bytes(32);
  });

function checkFormat(what: keyof typeof formats, format: number): void {
  if (format !== formats[what]) throw new RangeError(`format ${format} is unknown`);
}

function decode<T>(what: keyof typeof formats, bytes: Uint8Array, read: (from: Reader) => T): T {
  const stored = borrowed()(bytes, `stored ${what}`);
  try {
    const from = new Reader(stored);
    const value = read(from);
    from.end();
    return value;
  } catch (cause) {
    throw new CovaultError("mpc/bad-share-record", `The stored ${what} of a key share cannot be read.`, { cause });
  }
}
