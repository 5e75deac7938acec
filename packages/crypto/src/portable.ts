// The code that is the same on every platform.
export { base32, concat, lengthPrefixed, same, utf8 } from "./bytes.ts";
export { isEd25519Key } from "./ed25519-key.ts";
export { isBytes, typedArrayName } from "./is-bytes.ts";
export { randomBytes } from "./random.ts";
export type { Ed25519Signer } from "./signer.ts";
