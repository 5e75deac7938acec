// A party's part of a FROST key, as two blobs that a party stores apart: the public record and the share. A backup holds both and is
// complete: unlike a DKLs23 share it has no pairs that a restore would spoil.
import { CovaultError } from "@covault/errors";
import { constantTimeEqual } from "../../kernel/equal.ts";
import { Reader, Writer } from "../../protocol/encoding/bytes.ts";
import { type Exposure, exposedByte, readExposedByte } from "../../protocol/encoding/exposure.ts";
import { borrowed } from "../../protocol/encoding/inputs.ts";
import { epochOf, keyIdOf } from "../../protocol/encoding/names.ts";
import { ascending, erase, type ShareIndex } from "../../protocol/index.ts";
import { type Scalar, type Scheme, suiteOf, suiteOfCode } from "../suite/index.ts";
import { readFrostRecord } from "./inputs.ts";

/** Public: everything but the share. */
export interface FrostKeyRecord {
  readonly version: 1;
  readonly scheme: Scheme;
  /** Stable over refresh, 32 bytes. */
  readonly keyId: Uint8Array;
  /** This generation of shares, 32 bytes. */
  readonly epoch: Uint8Array;
  /** Digest of the run that made this generation, 32 bytes: what the holders acknowledge. */
  readonly h2: Uint8Array;
  readonly self: ShareIndex;
  /** t: this many shares sign. */
  readonly threshold: number;
  /** N ascending. `publicShare`: X_j = s_j B, encoded as the public key. */
  readonly holders: readonly FrostHolder[];
  /** 32 bytes (Ed25519), or 33 compressed with even y (BIP-340). */
  readonly publicKey: Uint8Array;
  /** Chain code, 32 bytes. */
  readonly chain: Uint8Array;
  /** The whole key has been in one place. `undefined`: in no run that this party knows of. */
  readonly exposed: Exposure | undefined;
}

/** What every member learns, also one that receives no share. */
export type FrostGeneration = Omit<FrostKeyRecord, "version" | "self">;

export interface FrostHolder {
  readonly index: ShareIndex;
  readonly publicShare: Uint8Array;
}

export interface FrostKeyShare {
  readonly record: FrostKeyRecord;
  /** s_i: 32 bytes, in the byte order of the suite. Secret. */
  readonly secret: Uint8Array;
}

/** N, ascending. */
export const holdersOf = (record: Pick<FrostKeyRecord, "holders">): readonly ShareIndex[] => record.holders.map(({ index }) => index);

/** X_j of a holder. Throws `mpc/bad-setup`. */
export function publicShareOf(record: FrostKeyRecord, index: ShareIndex): Uint8Array {
  const holder = record.holders.find((each) => each.index === index);
  if (holder === undefined) throw new CovaultError("mpc/bad-setup", `Party ${index} holds no share of this key.`);
  return holder.publicShare;
}

/**
 * s_i, if it is the one of its public share. Succession and export ask; signing does not, since it would cost 8 % of a signature: there a share
 * that was damaged in the store shows when the signature fails. Throws `mpc/bad-share-record`.
 */
export function openFrostSecret({ record, secret }: FrostKeyShare): Scalar {
  const { group } = suiteOf(record.scheme);
  const share = group.scalar(secret);
  if (share === undefined || group.isZero(share))
    throw new CovaultError("mpc/bad-share-record", "The key share is no scalar of its suite.");
  const X = group.encode([group.mulBase(share)])[0] as Uint8Array;
  if (constantTimeEqual(publicShareOf(record, record.self), X)) return share;
  erase(share);
  throw new CovaultError("mpc/bad-share-record", "The key share is not that of its public share.");
}

// Apart from the formats of DKLs23 shares, so that neither is ever taken for the other.
const formats = { record: 0x41, secret: 0x42 } as const;

/** Throws `mpc/bad-setup`. */
export const encodeFrostRecord = (record: FrostKeyRecord): Uint8Array => recordBytes(readFrostRecord(record, "record"));

/** `record` as it was read. */
export function recordBytes(record: FrostKeyRecord): Uint8Array {
  const out = new Writer().u8(formats.record).u8(exposedByte(suiteOf(record.scheme).code, record.exposed));
  out.bytes(record.keyId).bytes(record.epoch).bytes(record.h2).u16(record.self).u16(record.threshold);
  out.bytes(record.publicKey).bytes(record.chain).u16(record.holders.length);
  for (const { index, publicShare } of record.holders) out.u16(index).bytes(publicShare);
  return out.done();
}

/** Throws `mpc/bad-setup` for anything but bytes, and `mpc/bad-share-record`; also when the record contradicts itself. */
export function decodeFrostRecord(bytes: Uint8Array): FrostKeyRecord {
  return decode("record", bytes, (from) => {
    const { code, exposed } = readExposedByte(from.u8());
    const suite = suiteOfCode(code);
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
    return { version: 1, scheme: suite.scheme, keyId, epoch, h2, self, threshold, holders, publicKey, chain, exposed };
  });
}

/** Throws `mpc/bad-setup`. */
export const encodeFrostSecret = (secret: Uint8Array): Uint8Array =>
  new Writer().u8(formats.secret).bytes(borrowed(32)(secret, "secret")).done();

/** Throws `mpc/bad-setup` for anything but bytes, and `mpc/bad-share-record`. */
export const decodeFrostSecret = (bytes: Uint8Array): Uint8Array => decode("secret", bytes, (from) => from.bytes(32));

function decode<T>(what: keyof typeof formats, bytes: Uint8Array, read: (from: Reader) => T): T {
  const stored = borrowed()(bytes, `stored ${what}`);
  try {
    const from = new Reader(stored);
    const format = from.u8();
    if (format !== formats[what]) throw new RangeError(`format ${format} is unknown`);
    const value = read(from);
    from.end();
    return value;
  } catch (cause) {
    throw new CovaultError("mpc/bad-share-record", `The stored ${what} of a FROST key share cannot be read.`, { cause });
  }
}
