// Children of a joint key, from public values alone: a path becomes a tweak that signers add (dkls23-spec 6.3).
export { CovaultError, type ErrorCode } from "@covault/errors";
export { type Derived, derivePath, extendedKeyBytes, extendedKeyVersions, fingerprint } from "./bip32.ts";
export { type DerivedEd25519, derivePathEd25519 } from "./ed25519.ts";
export { parsePath } from "./path.ts";
export { type TaprootOutput, taprootOutput, tapTweak } from "./taproot.ts";
