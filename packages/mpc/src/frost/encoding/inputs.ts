// The key shares of callers, read once at every entry: records into memory of their own, secrets where they lie. A secret of
// another length is one that was damaged in the store, and `mpc/bad-share-record` like every such.
import { exposure } from "../../protocol/encoding/exposure.ts";
import { anObject, borrowed, bytes, fields, index, integer, list, oneOf, type Read } from "../../protocol/encoding/inputs.ts";
import { keyOf } from "../../protocol/key-share.ts";
import type { FrostNewcomer } from "../succession/index.ts";
import type { FrostPredecessor } from "../succession/predecessor.ts";
import { schemes } from "../suite/index.ts";
import type { FrostHolder, FrostKeyRecord, FrostKeyShare } from "./key-share.ts";

const key = {
  scheme: oneOf(...schemes),
  keyId: bytes(32),
  epoch: bytes(32),
  threshold: integer(2, 65_535),
  holders: list(fields<FrostHolder>({ index, publicShare: bytes(32, 33) })),
  publicKey: bytes(32, 33),
  chain: bytes(32),
  exposed: exposure,
};

export const readFrostKey: Read<FrostPredecessor> = keyOf(schemes, fields<FrostPredecessor>(key));
export const readFrostRecord: Read<FrostKeyRecord> = keyOf(
  schemes,
  fields<FrostKeyRecord>({ version: oneOf(1), h2: bytes(32), self: index, ...key }),
);
export const readFrostShare: Read<FrostKeyShare> = fields<FrostKeyShare>({ record: readFrostRecord, secret: borrowed() });

const readNewcomer = fields<FrostNewcomer>({ self: index, key: readFrostKey });
export const readFrostMine: Read<FrostKeyShare | FrostNewcomer> = (value, field) =>
  "record" in anObject(value, field, ["record", "secret"]) ? readFrostShare(value, field) : readNewcomer(value, field);
