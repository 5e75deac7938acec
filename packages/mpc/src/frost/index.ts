// FROST makes threshold Schnorr signatures: Ed25519 (RFC 9591) and BIP-340 for Taproot. A driver
// needs the machines, the key share with its codecs, and the session nonce.
export { CovaultError, type ErrorCode } from "@covault/errors";
export type { Exposure } from "../protocol/encoding/exposure.ts";
export { epochOf, keyIdOf, sessionNonce } from "../protocol/encoding/names.ts";
export {
  decodeFrostRecord,
  decodeFrostSecret,
  encodeFrostRecord,
  encodeFrostSecret,
  type FrostHolder,
  type FrostKeyRecord,
  type FrostKeyShare,
} from "./key-share.ts";
export * from "./machines.ts";
export { messageBytesMax, type Scheme } from "./suite/index.ts";
