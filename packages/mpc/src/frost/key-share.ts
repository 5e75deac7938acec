// A party's part of a FROST key: a record, which names its scheme, and a share. Those of callers are read once at every entry: records into memory of
// their own, secrets where they lie. A secret of another length is one that was damaged in the store, and `mpc/bad-share-record` like every such.
import { CovaultError } from "@covault/errors";
import * as dkg from "../dkg/index.ts";
import { borrowed, fields, oneOf, type Read } from "../protocol/encoding/inputs.ts";
import type { ShareIndex } from "../protocol/index.ts";
import { keyOf } from "../protocol/key-share.ts";
import type { Newcomer } from "../succession/index.ts";
import { type Scheme, schemes, suiteOf, suites } from "./suite/index.ts";

export { type Holder as FrostHolder, holdersOf } from "../dkg/index.ts";

/** Public: everything but the share. */
export interface FrostKeyRecord extends dkg.KeyRecord {
  readonly scheme: Scheme;
}

/** What every member learns, also one that receives no share. */
export type FrostGeneration = dkg.GenerationOf<FrostKeyRecord>;
/** Public. A `FrostKeyRecord` is one. Who is told of no exposure knows of none. */
export type FrostPredecessor = dkg.Predecessor<FrostKeyRecord>;
export type FrostKeyShare = dkg.Share<FrostKeyRecord>;
/** A party without a share of the old generation: new, or its share is lost. */
export type FrostNewcomer = Newcomer<FrostKeyRecord>;
export type FrostDkgOutput = dkg.DkgOutput<FrostKeyShare>;
export type FrostKeygenOutput = dkg.KeygenOutput<FrostKeyShare>;

const key = { scheme: oneOf(...schemes), ...dkg.keyFields(32, 33) };
const readKey: Read<FrostPredecessor> = keyOf(schemes, fields<FrostPredecessor>(key));
const readRecord: Read<FrostKeyRecord> = keyOf(schemes, fields<FrostKeyRecord>({ ...dkg.recordFields, ...key }));
export const readShare: Read<FrostKeyShare> = fields<FrostKeyShare>({ record: readRecord, secret: borrowed() });

export const frost: dkg.Family<FrostKeyShare> = {
  // Apart from the formats of DKLs23 shares, so that neither is ever taken for the other.
  formats: { record: [0x41], secret: 0x42, round: 0x51, roundNamesSuite: true, roundRepeatsRoles: false },
  suites: Object.values(suites),
  suiteOf: ({ scheme }: FrostPredecessor) => suiteOf(scheme),
  readKey,
  readRecord,
  readShare,
};

/** X_j of a holder. Throws `mpc/bad-setup`. */
export function publicShareOf(record: FrostKeyRecord, index: ShareIndex): Uint8Array {
  const holder = record.holders.find((each) => each.index === index);
  if (holder === undefined) throw new CovaultError("mpc/bad-setup", `Party ${index} holds no share of this key.`);
  return holder.publicShare;
}

/** Throws `mpc/bad-setup`. */
export const encodeFrostRecord = (record: FrostKeyRecord): Uint8Array => dkg.encodeRecord(frost, record);

/** Throws `mpc/bad-setup` for anything but bytes, and `mpc/bad-share-record`; also when the record contradicts itself. */
export const decodeFrostRecord = (bytes: Uint8Array): FrostKeyRecord => dkg.decodeRecord(frost, bytes);

/** Throws `mpc/bad-setup`. */
export const encodeFrostSecret = (secret: Uint8Array): Uint8Array => dkg.encodeSecret(frost, secret);

/** Throws `mpc/bad-setup` for anything but bytes, and `mpc/bad-share-record`. */
export const decodeFrostSecret = (bytes: Uint8Array): Uint8Array => dkg.decodeSecret(frost, bytes);
