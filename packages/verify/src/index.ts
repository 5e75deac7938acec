// What anybody may check without a share: statements of trust, certificates, signatures, key ids and addresses.
export { type ExpectedCertificate, type VerifiedCertificate, verifyCertificate } from "./certificate.ts";
export { isEd25519Key, verifyEd25519 } from "./ed25519.ts";
export { type IntentKind, intentKinds, isPublicKey, type Scheme, schemes, skewMs } from "./fields.ts";
export { type InitiatorKeys, intentLifeMsMax, messageBytesMax, type OpenedIntent, openIntent } from "./intent.ts";
export { epochOf, intentIdOf, keyIdOf } from "./key-id.ts";
export { isEntitled, rosterInitiator, rosterParty, verifyRoster } from "./roster.ts";
export { evmAddress, isBip340Key, isEcdsaDigest, isSecp256k1Key, recoverEcdsa, verifyBip340, verifyEcdsa } from "./secp256k1.ts";
export { verifySignature } from "./signature.ts";
export {
  type ExpectedAbandonment,
  type ExpectedAccusation,
  type ExpectedAck,
  type ExpectedJoin,
  verifyAbandonment,
  verifyAccusation,
  verifyAck,
  verifyJoin,
} from "./statements.ts";
