// DKLs23: threshold ECDSA on secp256k1 (dkls23-spec). A driver needs the machines, the key share with its codecs, and the session nonce.
export {
  decodePairs,
  decodeRecord,
  decodeSecret,
  encodePairs,
  encodeRecord,
  encodeSecret,
  type Holder,
  type KeyRecord,
  type KeyShare,
  type Pairs,
} from "./encoding/key-share.ts";
export { epochOf, keyIdOf, sessionNonce } from "./encoding/session-id.ts";
export {
  type KeygenOutput,
  type KeygenSetup,
  keygenMachine,
  type Member,
  restoreKeygen,
  type SignOutput,
  type SignSetup,
  signMachine,
} from "./machines.ts";
export type { PairState } from "./ot/index.ts";
