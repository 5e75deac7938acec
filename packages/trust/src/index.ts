// This package says who may ask for what, and what anybody may check without a share: statements of
// trust, keys and their certificates, signatures, addresses.

export { sealedKeyBytes } from "./actions/import.ts";
export type { Custody } from "./actions/keygen.ts";
export { payloadBytesMax } from "./actions/sign.ts";
export { type CanonicalValue, canonicalJson } from "./audit/canonical-json.ts";
export { type Checkpoint, openCheckpoint, signCheckpoint } from "./audit/checkpoint.ts";
export { type AuditAct, emptyHead, entryHash, entryParts, placeOf } from "./audit/entry.ts";
export { type AuditExpectation, type AuditFault, type AuditReport, verifyAudit } from "./audit/verify-audit.ts";
export { type ExpectedBackup, recipientsMax, verifyBackup } from "./backup.ts";
export { type ExpectedCertificate, type VerifiedCertificate, verifyCertificate } from "./certificate.ts";
export { type Charter, checkContinues, compareEpochs, continueKey, type ExpectedKey, openKey, type VerifiedKey } from "./charter.ts";
export { type Bip32Child, bip32Child, extendedKeyText, parseExtendedKey } from "./derive/bip32.ts";
export type { Child } from "./derive/child.ts";
export { ed25519Child } from "./derive/ed25519.ts";
export { parsePath, pathStepsMax, pathText } from "./derive/path.ts";
export { noScripts, type TaprootOutput, taprootOutput } from "./derive/taproot.ts";
export { deviceIdOf, isDeviceId } from "./device-id.ts";
export { parseExact, skewMs } from "./fields.ts";
export { foundingOf } from "./founding.ts";
export { agreedPublicShares, type ExpectedHolding, verifyHolding } from "./holding.ts";
export { type ExpectedRecipient, verifyImportRecipient } from "./import-recipient.ts";
export { intentLifeMsMax, type OpenedIntent, openIntent } from "./intent.ts";
export { type ChainVerdict, judgeChain, type Present } from "./judge-chain.ts";
export { epochOf, intentIdOf, keyIdOf } from "./key-id.ts";
export { type Kind, kindNames, kindOf, kinds } from "./kinds.ts";
export { LiveRoster, type OnRosterChange, type RosterMark, type RosterMemory } from "./live-roster.ts";
export { checkMayAsk, isInitiatorOf } from "./may-ask.ts";
export {
  compareGenerations,
  type ExpectedPairAck,
  type ExpectedPairCertificate,
  type VerifiedPairCertificate,
  verifyPairAck,
  verifyPairCertificate,
} from "./pair-certificate.ts";
export { payloadKindNames, payloadKindOf } from "./payloads/index.ts";
export { type ExpectedRelease, verifyRelease } from "./release.ts";
export {
  type Asking,
  asOfNow,
  checkHolders,
  checkSigners,
  type HolderKeys,
  holderKeysOf,
  type InitiatorKeys,
  isStillHolder,
  keysOf,
  mayAsk,
  mayHaveRoot,
  rosterInitiator,
  rosterParty,
  speakerOf,
  speakingKeysOf,
  verifyRoster,
} from "./roster.ts";
export {
  defaultScheme,
  messageBytesMax,
  type Scheme,
  type SchemeName,
  type SignatureView,
  schemeNames,
  schemeOf,
} from "./schemes/index.ts";
export { isBip340Key, isEcdsaDigest, isSecp256k1Key, recoverEcdsa, verifyBip340, verifyEcdsa } from "./secp256k1.ts";
export { verifySignature } from "./signature.ts";
export { type KeyToSign, refuseTransaction, type SigningTerms, signedMessage, signingTerms } from "./signing-terms.ts";
export {
  type ExpectedAbandonment,
  type ExpectedAccusation,
  type ExpectedAck,
  type ExpectedJoin,
  type JoinedKey,
  pairFaults,
  verifyAbandonment,
  verifyAccusation,
  verifyAck,
  verifyJoin,
} from "./statements.ts";
export { checkExports, checkRenews, checkRepairs, type Ends } from "./within-epoch.ts";
