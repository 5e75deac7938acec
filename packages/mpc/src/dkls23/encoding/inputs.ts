// The key shares of callers, read once at every entry: records into memory of their own, secrets where they lie. A secret of
// another length is one that was damaged in the store, and `mpc/bad-share-record` like every such.
import { exposure } from "../../protocol/encoding/exposure.ts";
import {
  anObject,
  borrowed,
  bytes,
  fields,
  index,
  integer,
  list,
  mapOf,
  oneOf,
  optional,
  type Read,
  u32,
} from "../../protocol/encoding/inputs.ts";
import type { SchemeName } from "../../protocol/encoding/names.ts";
import { keyOf } from "../../protocol/key-share.ts";
import type { PairState } from "../ot/index.ts";
import type { Newcomer } from "../succession/context.ts";
import type { Predecessor } from "../succession/predecessor.ts";
import type { Holder, KeyRecord, KeyShare } from "./key-share.ts";
import type { Pairs, StoredPair } from "./pairs.ts";

/** What key ids and intents call DKLs23's scheme. */
export const scheme: SchemeName = "ecdsa-secp256k1";

const key = {
  keyId: bytes(32),
  epoch: bytes(32),
  threshold: integer(2, 65_535),
  holders: list(fields<Holder>({ index, publicShare: bytes(33) })),
  publicKey: bytes(33),
  chain: bytes(32),
  exposed: exposure,
};

export const readKey: Read<Predecessor> = keyOf([scheme], fields<Predecessor>(key));
export const readRecord: Read<KeyRecord> = keyOf([scheme], fields<KeyRecord>({ version: oneOf(1), h2: bytes(32), self: index, ...key }));

export const readPairs: Read<Pairs> = fields<Pairs>({
  keyId: bytes(32),
  epoch: bytes(32),
  self: index,
  partners: mapOf(
    fields<StoredPair>({
      generation: u32,
      id: bytes(32),
      send: fields<PairState["send"]>({ delta: borrowed(16), seeds: borrowed(2048) }),
      recv: fields<PairState["recv"]>({ pairs: borrowed(4096) }),
      zeroSeed: borrowed(32),
    }),
  ),
});

export const readShare: Read<KeyShare> = fields<KeyShare>({ record: readRecord, secret: borrowed(), pairs: optional(readPairs) });

const readNewcomer = fields<Newcomer>({ self: index, key: readKey });
export const readMine: Read<KeyShare | Newcomer> = (value, field) =>
  "record" in anObject(value, field, ["record", "secret"]) ? readShare(value, field) : readNewcomer(value, field);
