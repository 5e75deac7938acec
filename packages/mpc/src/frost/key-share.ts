// A party's part of a FROST key has a record, which names its scheme, and a share. What callers
// give is read once at every entry: records into memory of their own, secrets where they lie. A
// secret of another length was damaged in the store, so it throws `mpc/bad-share-record`, as every
// damaged secret does.
import { CovaultError } from "@covault/errors";
import * as dkg from "../dkg/index.ts";
import { borrowed, fields, oneOf, type Read } from "../protocol/encoding/inputs.ts";
import type { ShareIndex } from "../protocol/index.ts";
import { keyOf } from "../protocol/key-share.ts";
import type { Newcomer } from "../succession/index.ts";
import { type Scheme, schemes, suiteOf, suites } from "./suite/index.ts";

export { type Holder as FrostHolder, holdersOf } from "../dkg/index.ts";

/** The public part of a key share, which is everything but the share. */
export interface FrostKeyRecord extends dkg.KeyRecord {
  readonly scheme: Scheme;
}

/** What every member learns, also a member that receives no share. */
export type FrostGeneration = dkg.GenerationOf<FrostKeyRecord>;
/**
 * What is public about a key whose shares are dealt anew. A `FrostKeyRecord` is one. A party that
 * is told of no exposure knows of none.
 */
export type FrostPredecessor = dkg.Predecessor<FrostKeyRecord>;
export type FrostKeyShare = dkg.Share<FrostKeyRecord>;
/** A party without a share of the old generation. It is new, or its share is lost. */
export type FrostNewcomer = Newcomer<FrostKeyRecord>;
export type FrostDkgOutput = dkg.DkgOutput<FrostKeyShare>;
export type FrostKeygenOutput = dkg.KeygenOutput<FrostKeyShare>;

const key = { scheme: oneOf(...schemes), ...dkg.keyFields(32, 33) };
const readKey: Read<FrostPredecessor> = keyOf(schemes, fields<FrostPredecessor>(key));
const readRecord: Read<FrostKeyRecord> = keyOf(schemes, fields<FrostKeyRecord>({ ...dkg.recordFields, ...key }));
export const readShare: Read<FrostKeyShare> = fields<FrostKeyShare>({ record: readRecord, secret: borrowed() });

export const frost: dkg.Family<FrostKeyShare> = {
  // These formats differ from those of DKLs23 shares, so that neither is ever taken for the other.
  formats: { record: [0x41], secret: 0x42, round: 0x51, roundNamesSuite: true, roundRepeatsRoles: false },
  suites: Object.values(suites),
  suiteOf: ({ scheme }: FrostPredecessor) => suiteOf(scheme),
  readKey,
  readRecord,
  readShare,
};

/** Gives X_j of a holder. Throws `mpc/bad-setup`. */
export function publicShareOf(record: FrostKeyRecord, index: ShareIndex): Uint8Array {
  const holder = record.holders.find((each) => each.index === index);
  if (holder === undefined) throw new CovaultError("mpc/bad-setup", `Party ${index} holds no share of this key.`);
  return holder.publicShare;
}

/** Encodes a record. Throws `mpc/bad-setup`. */
export const encodeFrostRecord = (record: FrostKeyRecord): Uint8Array => dkg.encodeRecord(frost, record);

/**
 * Decodes a stored record. Throws `mpc/bad-setup` for anything but bytes, and
 * `mpc/bad-share-record` for bytes that are no record, also when the record contradicts itself.
 */
export const decodeFrostRecord = (bytes: Uint8Array): FrostKeyRecord => dkg.decodeRecord(frost, bytes);

/** Encodes a secret share. Throws `mpc/bad-setup`. */
export const encodeFrostSecret = (secret: Uint8Array): Uint8Array => dkg.encodeSecret(frost, secret);

/**
 * Decodes a stored secret share. Throws `mpc/bad-setup` for anything but bytes, and
 * `mpc/bad-share-record` for bytes that are none.
 */
export const decodeFrostSecret = (bytes: Uint8Array): Uint8Array => dkg.decodeSecret(frost, bytes);
