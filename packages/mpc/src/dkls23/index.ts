// DKLs23 is threshold ECDSA on secp256k1 (dkls23-spec). A driver needs the machines, the key share
// with its codecs, and the session nonce. Every machine says what it throws, and `combine`,
// `finish` and the keygen rounds say in which order.

export { CovaultError, type ErrorCode } from "@covault/errors";
export type { Exposure } from "../protocol/encoding/exposure.ts";
export { epochOf, keyIdOf, type SchemeName, sessionNonce } from "../protocol/encoding/names.ts";
export {
  decodeRecord,
  decodeSecret,
  encodeRecord,
  encodeSecret,
  type Holder,
  holdersOf,
  type KeyRecord,
  type KeyShare,
} from "./key-share.ts";
export * from "./machines.ts";
export type { PairState } from "./ot/index.ts";
export type { NamedPairs } from "./pair-ids.ts";
export { decodePairs, encodePairs, firstPairId, LAST_GENERATION, type Pairs, type StoredPair } from "./pairs.ts";
