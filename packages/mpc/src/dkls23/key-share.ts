// A party's part of a DKLs23 key (dkls23-spec 2.5) has a record and a share, as in every protocol,
// and the OT state of its pairs. What callers give is read once at every entry: records into memory
// of their own, secrets where they lie. A secret of another length was damaged in the store, so it
// throws `mpc/bad-share-record`, as every damaged secret does.
import * as dkg from "../dkg/index.ts";
import { borrowed, fields, optional, type Read } from "../protocol/encoding/inputs.ts";
import { keyOf } from "../protocol/key-share.ts";
import type { Newcomer as AnyNewcomer } from "../succession/index.ts";
import { type Pairs, readPairs } from "./pairs.ts";
import { suite } from "./suite.ts";

export type { Holder, KeyRecord } from "../dkg/index.ts";
export { holdersOf } from "../dkg/index.ts";

export interface KeyShare extends dkg.Share {
  /**
   * The OT state of the pairs. It is undefined when the share was restored from a backup. Such a
   * share takes part in refresh, reshare, recovery, pair renewal and export only.
   */
  readonly pairs: Pairs | undefined;
}

/** What every member learns, also a member that receives no share. */
export type Generation = dkg.GenerationOf<dkg.KeyRecord>;
/**
 * What is public about a key whose shares are dealt anew. A `KeyRecord` is one. A party that is
 * told of no exposure knows of none.
 */
export type Predecessor = dkg.Predecessor;
/** A party without a share of the old generation. It is new, or its share is lost. */
export type Newcomer = AnyNewcomer;
export type DkgOutput = dkg.DkgOutput<KeyShare>;
export type KeygenOutput = dkg.KeygenOutput<KeyShare>;

const key = dkg.keyFields(33);
const readKey: Read<Predecessor> = keyOf([suite.scheme], fields<Predecessor>(key));
const readRecord: Read<dkg.KeyRecord> = keyOf([suite.scheme], fields<dkg.KeyRecord>({ ...dkg.recordFields, ...key }));
export const readShare: Read<KeyShare> = fields<KeyShare>({ record: readRecord, secret: borrowed(), pairs: optional(readPairs) });

export const dkls23: dkg.Family<KeyShare> = {
  // The code of the one suite is the format of a record.
  formats: { record: [], secret: 1, round: 1, roundNamesSuite: false, roundRepeatsRoles: true },
  suites: [suite],
  suiteOf: () => suite,
  readKey,
  readRecord,
  readShare,
};

/** Encodes a record. Throws `mpc/bad-setup`. */
export const encodeRecord = (record: dkg.KeyRecord): Uint8Array => dkg.encodeRecord(dkls23, record);

/**
 * Decodes a stored record. Throws `mpc/bad-setup` for anything but bytes, and
 * `mpc/bad-share-record` for bytes that are no record, also when the record contradicts itself.
 */
export const decodeRecord = (bytes: Uint8Array): dkg.KeyRecord => dkg.decodeRecord(dkls23, bytes);

/** Encodes a secret share. Throws `mpc/bad-setup`. */
export const encodeSecret = (secret: Uint8Array): Uint8Array => dkg.encodeSecret(dkls23, secret);

/**
 * Decodes a stored secret share. Throws `mpc/bad-setup` for anything but bytes, and
 * `mpc/bad-share-record` for bytes that are none.
 */
export const decodeSecret = (bytes: Uint8Array): Uint8Array => dkg.decodeSecret(dkls23, bytes);
